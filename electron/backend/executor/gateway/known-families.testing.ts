/** Ids of the formats in the list, for tests with an example of each: a test of the list says that none is missing. */
export type KnownFamily = 'openai.chat' | 'openai.responses' | 'anthropic.messages' | 'gemini.generate';

import { describeAgent, jsAgent } from './agent-suite.ts';

describeAgent(jsAgent('anthropic-agent', undefined, true, 'anthropic.messages'));
// Google's SDK asks once, unless it is told otherwise.
describeAgent({ ...jsAgent('gemini-agent', undefined, true, 'gemini.generate'), retriesAfter: undefined });

import type { Client } from './client.ts';

/** Groq's SDKs; Mastra reads the same name, and takes the address with or without the provider's path. */
export const groqSdk: Client = {
  id: 'groq-sdk',
  name: 'Groq SDK',
  baseUrls: [{ variable: 'GROQ_BASE_URL', prefix: 'groq', path: '' }],
};

/** The OpenAI SDKs for Azure: where the variable is not set, they refuse to start, and must go on doing so. */
export const azureOpenAi: Client = {
  id: 'azure-openai',
  name: 'Azure OpenAI',
  baseUrls: [{ variable: 'AZURE_OPENAI_ENDPOINT', prefix: 'azure', path: '', onlyWhereSet: true }],
};

import type { Client } from './client.ts';

/** Reads `<PROVIDER>_BASE_URL` for the providers of its list, and Groq's and OpenAI's as others do; Anthropic's and Google's by none. */
export const mastra: Client = {
  id: 'mastra',
  name: 'Mastra',
  baseUrls: [
    { variable: 'DEEPSEEK_BASE_URL', prefix: 'deepseek', path: '' },
    { variable: 'MISTRAL_BASE_URL', prefix: 'mistral', path: '/v1' },
    { variable: 'OPENROUTER_BASE_URL', prefix: 'openrouter', path: '/v1' },
  ],
};

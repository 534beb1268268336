import type { Client } from './client.ts';

/** Speaks to each provider by an address of its own; Ollama's wire format is not spoken here (FACTS.md, Client addresses). */
export const liteLlm: Client = {
  id: 'litellm',
  name: 'LiteLLM',
  baseUrls: [
    { variable: 'GEMINI_API_BASE', prefix: 'gemini', path: '/v1beta' },
    { variable: 'OPENROUTER_API_BASE', prefix: 'openrouter', path: '/v1' },
    { variable: 'GROQ_API_BASE', prefix: 'groq', path: '/v1' },
    { variable: 'MISTRAL_AZURE_API_BASE', prefix: 'mistral', path: '/v1' },
    { variable: 'XAI_API_BASE', prefix: 'xai', path: '/v1' },
    // Its own default; it answers what the address without it does, and more.
    { variable: 'DEEPSEEK_API_BASE', prefix: 'deepseek', path: '/beta' },
    { variable: 'AZURE_API_BASE', prefix: 'azure', path: '', onlyWhereSet: true },
  ],
};

import type { ByHand } from '../by-hand.ts';

/** What both of OpenAI's formats have of the provider and its packages; `call` is the function of the client. */
export const openaiByHand = (
  call: string,
): Pick<ByHand, 'home' | 'headers' | 'python' | 'typescript' | 'typescriptArgument'> => ({
  home: 'openai',
  headers: (key) => [['authorization', `Bearer ${key}`]],
  python: {
    imports: 'from openai import OpenAI',
    client: 'OpenAI',
    options: { address: 'base_url', key: 'api_key' },
    call,
  },
  typescript: {
    imports: "import OpenAI from 'openai';",
    client: 'OpenAI',
    options: { address: 'baseURL', key: 'apiKey' },
    call,
  },
  typescriptArgument: (_model, body) => body,
});

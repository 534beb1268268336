import { fileURLToPath } from 'node:url';

/** What users copy beside their graph or application, by the name under which `retake adapter` prints it. */
const files = {
  'langgraph-javascript': 'langgraph.mjs',
  'langgraph-python': 'langgraph.py',
  'dbos-javascript': 'dbos.mjs',
  'dbos-python': 'dbos.py',
  example: 'example.mjs',
} as const;

export type AdapterName = keyof typeof files;

export function adapterFile(name: AdapterName): string {
  return fileURLToPath(new URL(`./adapters/${files[name]}`, import.meta.url));
}

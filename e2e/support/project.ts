import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** A file of e2e/fixtures, e.g. `vercel-ai/normal/traces.jsonl`. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

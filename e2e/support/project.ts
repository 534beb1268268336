import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Where a spec puts a picture to look at: RETAKE_SCREENSHOTS where the user who runs the tests may not write into the checkout. */
export function screenshotPath(name: string): string {
  return join(process.env['RETAKE_SCREENSHOTS'] ?? join(projectRoot, 'test-results/screenshots'), name);
}

/** A file of e2e/fixtures, e.g. `vercel-ai/normal/traces.jsonl`. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

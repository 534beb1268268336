import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createPrivateValues } from '../support/backend-internals.ts';

/**
 * False hits of the redaction. The corpus holds real traces that were made without keys: whatever is taken for a key, a token or
 * something random in it is a false hit, or a dummy, and counts as one. Mail addresses, home folders and hosts in it are real ones.
 */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const texts = new Set(['.json', '.jsonl', '.traj']);
/** Files beyond are more of the same, and take minutes. */
const largestFile = 8_000_000;
const charactersPerHit = 100_000;

function textFiles(): readonly string[] {
  return readdirSync(corpus, { recursive: true, encoding: 'utf8' })
    .map((name) => join(corpus, name))
    .filter((path) => texts.has(extname(path)) && statSync(path).isFile() && statSync(path).size <= largestFile);
}

test.skipIf(!existsSync(corpus))('at most one false hit per 100 kB of the corpus', () => {
  let characters = 0;
  const hits: string[] = [];
  for (const path of textFiles()) {
    const text = readFileSync(path, 'utf8');
    characters += text.length;
    const lines = text.split('\n');
    const values = createPrivateValues({ rules: [], patterns: [] });
    for (const line of lines) values.learn(line);
    const redactor = values.redactor({ off: [], kept: [] });
    for (const line of lines)
      for (const { kind, value } of redactor.pieces(line).flatMap((piece) => piece.hits.flatMap((hit) => hit.values)))
        if (kind === 'key' || kind === 'token' || kind === 'entropy')
          hits.push(`${kind} ${value.slice(0, 60)} in ${path.slice(corpus.length + 1)}`);
  }
  expect(characters).toBeGreaterThan(1_000_000);
  console.log(`${hits.length} in ${(characters / 1e6).toFixed(1)} MB`);
  for (const hit of new Set(hits)) console.log(hit);
  expect(hits.length / (characters / charactersPerHit)).toBeLessThanOrEqual(1);
});

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/project.ts';

/** Agents of the corpus, recorded, replayed and edited by the built command line: its runner judges what reached the model. */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const runner = join(corpus, 'rerun/check.mjs');

describe.skipIf(!existsSync(runner))('re-run cases of the corpus', () => {
  it('are right, every one', { timeout: 1_500_000 }, async () => {
    const said = await new Promise<string>((done) =>
      execFile(process.execPath, [runner, projectRoot], { timeout: 1_400_000 }, (error, stdout, stderr) =>
        done(`${stdout}${stderr}${error === null ? '' : `ended with ${String(error.code)}`}`),
      ),
    );
    expect(said.trim()).toMatch(/^(\d+)\/\1 cases right$/);
  });
});

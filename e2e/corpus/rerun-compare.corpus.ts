import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/project.ts';

/** Takes of an agent of the corpus, compared at their forks: its runner judges what the built command line says. */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const runner = join(corpus, 'rerun/compare-fork.mjs');

describe.skipIf(!existsSync(runner))('takes of the corpus', () => {
  it('compare at their fork, a take of a take too', async () => {
    const said = await new Promise<string>((done) =>
      execFile(process.execPath, [runner, projectRoot], { timeout: 500_000 }, (error, stdout, stderr) =>
        done(`${stdout}${stderr}${error === null ? '' : `ended with ${String(error.code)}`}`),
      ),
    );
    expect(said.trim()).toBe('1/1 cases right');
  });
});

import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../support/project.ts';

/** Traces in the shapes of public reports, each with what must be read from it: the corpus's own runner judges what the command line prints. */
const corpus = process.env['RETAKE_CORPUS'] ?? new URL('../../../shared/corpus', import.meta.url).pathname;
const runner = join(corpus, 'reports/check.mjs');
const isThere = existsSync(runner);

const caseIds = (): readonly string[] => {
  const cases = JSON.parse(readFileSync(join(corpus, 'reports/expected.json'), 'utf8')) as readonly {
    readonly id: string;
  }[];
  return cases.map(({ id }) => id);
};

describe.skipIf(!isThere)('trace reading cases of the corpus', () => {
  it.each(isThere ? caseIds() : [])('%s', async (id) => {
    const said = await new Promise<string>((done) =>
      execFile(process.execPath, [runner, projectRoot, '--only', id], (error, stdout, stderr) =>
        done(`${stdout}${stderr}${error === null ? '' : `ended with ${String(error.code)}`}`),
      ),
    );
    expect(said.trim()).toBe('1/1 cases right');
  });
});

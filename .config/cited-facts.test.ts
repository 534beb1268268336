import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from './check-imports.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = ['ARCHITECTURE.md', 'FACTS.md'] as const;
/** Pages of other projects that comments name: OTLP's. */
const foreign: ReadonlySet<string> = new Set(['specification.md']);

/** Comments of any code: TypeScript and the plain files beside it. */
const files = sourceFiles(root).filter(({ path }) => path !== '.config/cited-facts.test.ts');

function headingsOf(page: string): ReadonlySet<string> {
  const text = readFileSync(`${root}/.github/${page}`, 'utf8');
  return new Set(Array.from(text.matchAll(/^#{1,4} (.+)$/gm), ([, heading = '']) => heading));
}

interface Citation {
  readonly file: string;
  readonly page: string;
  readonly heading: string;
}

/** `FACTS.md, Matching`: what stands behind the comma up to the next sign is the heading. */
function citationsIn(path: string, text: string): readonly Citation[] {
  return Array.from(text.matchAll(/\b(ARCHITECTURE|FACTS)\.md, ([\w -]*\w)/g), ([, page = '', heading = '']) => ({
    file: path,
    page: `${page}.md`,
    heading,
  }));
}

/** Names of Markdown files in a text: those of paths with a placeholder or a wildcard are none. */
function notesIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/(?<![\w*>}/.-])[\w/.-]*[\w-]\.md\b/g), ([name]) => name);
}

describe('what comments cite', () => {
  const citations = files.flatMap(({ path, text }) => citationsIn(path, text));

  test('is cited at all', () => {
    expect(citations.length).toBeGreaterThan(80);
  });

  test.each(pages)('is a heading of %s', (page) => {
    const headings = headingsOf(page);
    expect(citations.filter((citation) => citation.page === page && !headings.has(citation.heading))).toEqual([]);
  });

  test('is in the repository', () => {
    const comments = files.flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => /^\s*(\/\/|\/?\*)|\/\*|\s\/\/ /.test(line))
        .flatMap((line) => notesIn(line).map((note) => ({ path, note }))),
    );
    const missing = comments.filter(
      ({ note }) => !existsSync(`${root}/${note}`) && !existsSync(`${root}/.github/${note}`) && !foreign.has(note),
    );
    expect(missing).toEqual([]);
  });

  test('no heading of FACTS.md stands there for nobody', () => {
    const cited = new Set(citations.filter(({ page }) => page === 'FACTS.md').map(({ heading }) => heading));
    expect([...headingsOf('FACTS.md')].filter((heading) => heading !== 'Facts' && !cited.has(heading))).toEqual([]);
  });
});

test('a wrong heading, and a note that is not here, are seen', () => {
  expect(citationsIn('x.ts', '/** As it says (FACTS.md, No such thing): so. */')).toEqual([
    { file: 'x.ts', page: 'FACTS.md', heading: 'No such thing' },
  ]);
  expect(notesIn('// Measured (notes/speed.md 3), see ARCHITECTURE.md.')).toEqual([
    'notes/speed.md',
    'ARCHITECTURE.md',
  ]);
});

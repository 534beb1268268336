import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { exceptions, styleFaults } from './styles.ts';
import type { StyleFault } from './styles.ts';

const source = join(import.meta.dirname, '../renderer/src');

function allFaults(): readonly StyleFault[] {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll(sep, '/'))
    .filter((path) => path.endsWith('.css'))
    .flatMap((path) => styleFaults(path, readFileSync(join(source, path), 'utf8')));
}

const keyOf = ({ path, declaration }: StyleFault): string => `${path} ${declaration}`;

test('what style sheets repeat stands once, and lengths have names', () => {
  const told = allFaults()
    .filter((fault) => !exceptions.has(keyOf(fault)))
    .map(
      (fault) =>
        `renderer/src/${fault.path}: "${fault.declaration}": use ${fault.use}. One of a kind? List it in .config/styles.ts.`,
    );
  expect(told).toEqual([]);
});

test('no exception is listed that is not there', () => {
  const found = new Set(allFaults().map(keyOf));
  expect([...exceptions.keys()].filter((key) => !found.has(key))).toEqual([]);
});

test.each([
  ['text-overflow: ellipsis', 'truncate'],
  ['padding: 7px var(--space-4)', '--space-1'],
  ['margin-top: -3px', '--space-1'],
  ['column-gap: 12px', '--space-1'],
  ['border-bottom: 1px solid var(--line)', '--border'],
  ['border-radius: 7px', '--radius'],
  ['border-bottom-left-radius: 3px', '--radius'],
  ['outline: 2px solid var(--accent)', '--focus-ring'],
  ['font-family: var(--font-mono)', 'mono'],
  ['text-underline-offset: 2px', 'LinkButton'],
])('%s is caught', (declaration, use) => {
  const faults = styleFaults('screens/x.module.css', `.a { color: red; ${declaration}; }`);
  expect(faults).toMatchObject([{ path: 'screens/x.module.css', declaration }]);
  expect(faults[0]?.use).toContain(use);
  expect(styleFaults('screens/x.module.css', `.a:hover{${declaration}}`)).toHaveLength(1);
  expect(styleFaults('screens/x.module.css', `/* .a { ${declaration}; } */`)).toEqual([]);
});

test('tokens, lengths of other things and custom properties pass', () => {
  expect(
    styleFaults(
      'screens/x.module.css',
      '.a { --pad: 7px; padding: 0 var(--space-4); width: 112px; border: 1px solid var(--err); border-radius: 50%; }',
    ),
  ).toEqual([]);
});

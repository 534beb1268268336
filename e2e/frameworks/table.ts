import { versionOf } from './environments.ts';
import type { Framework } from './framework-list.ts';
import { editKinds } from './trial.ts';
import type { Finding, Trial } from './trial.ts';

export interface Row {
  readonly framework: Framework;
  /** A text: why it could not be installed. */
  readonly outcome: Trial | string;
}

/** As Markdown, without a line break at the end. */
export function tableOf(rows: readonly Row[]): string {
  const columns = ['framework', 'version', 'record', 'replay', ...editKinds, 'resume', 'set-up'];
  const lines = rows.map(({ framework, outcome }) => [
    framework.name,
    versionOf(framework),
    ...(typeof outcome === 'string'
      ? [`not installed: ${outcome}`, ...Array.from({ length: editKinds.length + 2 }, () => '')]
      : [
          cell(outcome.record),
          cell(outcome.replay),
          ...editKinds.map((kind) => cell(outcome.edits[kind])),
          cell(outcome.resume),
        ]),
    framework.setUp,
  ]);
  return [columns, columns.map(() => '---'), ...lines]
    .map((cells) => `| ${cells.map((one) => one.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

const marks = { right: '✓', said: 'said', wrong: '✗', untried: '–' } as const;

function cell(finding: Finding | undefined): string {
  return finding === undefined ? marks.untried : [marks[finding.state], finding.note].filter(Boolean).join(' ');
}

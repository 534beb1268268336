import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { importFile, isOfFile, readFacts, viewSpan } from '../support/backend-internals.ts';
import { printTable } from './print-table.ts';

/**
 * Imports every file of a corpus and prints file, format, spans, logs and what was skipped with its reason.
 * Fails when a span that a plain JSON.parse finds in an OTLP JSON file is neither imported nor skipped with a reason, or
 * when a captured run's decoded files do not hold the spans and logs of its truth.json.
 * `node e2e/corpus/public-files.corpus.ts [FOLDER]`; without the folder beside the checkout there is nothing to do.
 */
const corpus = process.argv[2] ?? new URL('../../../shared/corpus', import.meta.url).pathname;

interface Outcome {
  readonly format: string;
  readonly spans: number;
  readonly logs: number;
  readonly dataPoints: number;
  readonly skipped: readonly string[];
  readonly warnings: readonly string[];
  /** Spans that are calls of a model; of them those with messages, and those with tokens. */
  readonly calls: number;
  readonly withMessages: number;
  readonly withUsage: number;
  /** Spans at a time that nothing of theirs has and that do not say so. */
  readonly madeUpTimes: number;
}

/** No run is older: what a reader of files puts before it has a made-up time, and must say so. */
const firstTraceNs = 1_262_304_000_000_000_000n;

async function readOutcome(path: string): Promise<Outcome> {
  let spans = 0;
  let logs = 0;
  let dataPoints = 0;
  let [calls, withMessages, withUsage, madeUpTimes] = [0, 0, 0, 0];
  const skipped: string[] = [];
  const warnings: string[] = [];
  const { format } = await importFile(path, {
    span: (span) => {
      spans++;
      const facts = readFacts(viewSpan(span, []));
      const isMade = isOfFile(span.scope.name) && span.startNs < firstTraceNs;
      if (isMade && facts.knownTimes === undefined) madeUpTimes++;
      if (facts.kind !== 'llm' || facts.hidden) return;
      calls++;
      if (facts.contentState !== 'none') withMessages++;
      if (facts.usage !== undefined) withUsage++;
    },
    log: () => {
      logs++;
    },
    metrics: (_request, points) => {
      dataPoints += points;
    },
    skip: ({ line, reason }) => {
      skipped.push(line === undefined ? reason : `line ${line}: ${reason}`);
    },
    warn: (message) => void warnings.push(message),
  });
  return { format, spans, logs, dataPoints, skipped, warnings, calls, withMessages, withUsage, madeUpTimes };
}

function* filesOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((left, right) =>
    left.name.localeCompare(right.name),
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else yield path;
  }
}

/** Objects in lists named `spans` or `logRecords`, counted without any of Retake's code; undefined when it is not JSON. */
function countPlainly(path: string): number | undefined {
  let content = readFileSync(path);
  if (path.endsWith('.gz')) content = gunzipSync(content);
  else if (path.endsWith('.zst')) content = zstdDecompressSync(content);
  const text = content.toString('utf8');
  let found = 0;
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if ((key === 'spans' || key === 'logRecords' || key === 'log_records') && Array.isArray(item))
          found += item.length;
        else walk(item);
      }
    }
  };
  try {
    walk(JSON.parse(text));
    return found;
  } catch {
    try {
      for (const line of text.split('\n')) if (line.trim() !== '') walk(JSON.parse(line));
      return found;
    } catch {
      return undefined;
    }
  }
}

const problems: string[] = [];
const rows: string[][] = [
  ['file', 'format', 'spans', 'logs', 'points', 'calls', 'messages', 'usage', 'times honest', 'skipped'],
];

/** Steps of a file: its calls, those with messages and with tokens, and whether every time is the file's or said to be none. */
function conformance(name: string, outcomes: readonly Outcome[]): readonly string[] {
  const sum = (count: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const calls = sum((outcome) => outcome.calls);
  const madeUp = sum((outcome) => outcome.madeUpTimes);
  if (madeUp > 0) problems.push(`${name}: ${madeUp} spans stand at a time that nothing has, and do not say so`);
  const of = (count: number): string => (calls === 0 ? '' : `${count} of ${calls}`);
  return [
    String(calls),
    of(sum((outcome) => outcome.withMessages)),
    of(sum((outcome) => outcome.withUsage)),
    madeUp === 0 ? 'yes' : 'NO',
  ];
}

async function publicFiles(): Promise<void> {
  const folder = join(corpus, 'public');
  if (!existsSync(folder)) return;
  for (const path of filesOf(folder)) {
    const name = relative(folder, path);
    if (name.startsWith('LICENSES') || name === 'manifest.json' || name.startsWith('_wire')) continue;
    const outcome = await readOutcome(path);
    rows.push([
      name,
      outcome.format,
      String(outcome.spans),
      String(outcome.logs),
      String(outcome.dataPoints),
      ...conformance(name, [outcome]),
      shorten(outcome.skipped),
    ]);
    if (!outcome.format.startsWith('otlp')) {
      if (outcome.spans === 0 && outcome.skipped.length + outcome.warnings.length === 0 && outcome.format !== 'empty')
        problems.push(`${name}: nothing imported and no reason given`);
      continue;
    }
    const expected = countPlainly(path);
    if (expected !== undefined && expected !== outcome.spans + outcome.logs + outcome.skipped.length) {
      problems.push(
        `${name}: JSON.parse finds ${expected} spans and log records, imported ${outcome.spans + outcome.logs}, skipped ${outcome.skipped.length}`,
      );
    }
  }
}

async function capturedRuns(): Promise<void> {
  const folder = join(corpus, 'captured');
  if (!existsSync(folder)) return;
  for (const client of readdirSync(folder)) {
    if (!statSync(join(folder, client)).isDirectory()) continue;
    for (const run of readdirSync(join(folder, client))) {
      const files = readdirSync(join(folder, client, run)).filter((name) => /^(traces|logs|metrics)\.jsonl/.test(name));
      if (files.length === 0) continue;
      const outcomes = await Promise.all(files.map((name) => readOutcome(join(folder, client, run, name))));
      const sum = (count: (outcome: Outcome) => number): number =>
        outcomes.reduce((total, outcome) => total + count(outcome), 0);
      const [spans, logs, skipped] = [
        sum((outcome) => outcome.spans),
        sum((outcome) => outcome.logs),
        outcomes.flatMap((outcome) => outcome.skipped),
      ];
      rows.push([
        `${client}/${run}`,
        [...new Set(outcomes.map((outcome) => outcome.format))].join(' '),
        String(spans),
        String(logs),
        String(sum((outcome) => outcome.dataPoints)),
        ...conformance(`${client}/${run}`, outcomes),
        shorten(skipped),
      ]);
      const expected = indexRow(client, run);
      if (expected !== undefined && (expected.spans !== spans || expected.logs !== logs)) {
        problems.push(
          `${client}/${run}: INDEX.md says ${expected.spans} spans and ${expected.logs} logs, imported ${spans} and ${logs}`,
        );
      }
    }
  }
}

let indexTable: ReadonlyMap<string, { readonly spans: number; readonly logs: number }> | undefined;

/** The row of a run in the corpus's own table. */
function indexRow(client: string, run: string): { readonly spans: number; readonly logs: number } | undefined {
  indexTable ??= new Map(
    readFileSync(join(corpus, 'captured', 'INDEX.md'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => {
        const cells = line.split('|').map((cell) => cell.trim());
        return [`${cells[1]}/${cells[2]}`, { spans: Number(cells[6]), logs: Number(cells[10]) }] as const;
      }),
  );
  return indexTable.get(`${client}/${run}`);
}

function shorten(skipped: readonly string[]): string {
  const [first] = skipped;
  if (first === undefined) return '';
  const text = first.length > 110 ? `${first.slice(0, 110)}…` : first;
  return skipped.length === 1 ? text : `${skipped.length}, first: ${text}`;
}

if (!existsSync(corpus)) console.log(`No corpus at ${basename(corpus)}: nothing to import.`);
else {
  await publicFiles();
  await capturedRuns();
  printTable(rows);
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  console.log(`${rows.length - 1} files and runs, ${problems.length} problems`);
  if (problems.length > 0) process.exitCode = 1;
}

import { textFinder } from '../../../../shared/model/find-text.ts';
import type { TextFinder, TextRange, TextToFind } from '../../../../shared/model/find-text.ts';
import type { StepKind } from '../../../../shared/model/step.ts';
import { textsToFind, wordsOfQuery } from '../../../../shared/query/query.ts';
import type { PatternTerm, Query } from '../../../../shared/query/query.ts';
import { likePattern } from '../like-pattern.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, joinSql, sql } from '../sql.ts';
import { EchoCounter, noEchoes } from './echoes.ts';
import type { Echoes } from './echoes.ts';
import { excerptOf } from './excerpt.ts';
import type { Excerpt } from './excerpt.ts';
import { textsOfRun } from './run-texts.ts';
import type { RunText } from './run-texts.ts';
import { ftsQuery } from './search-query.ts';

/** A step where something stands for the first time in its run. */
export interface StepHit {
  readonly step: number;
  readonly name: string;
  readonly kind: StepKind;
  readonly startedAtMs: number;
  readonly excerpt: string;
  /** Where the words stand in the excerpt. */
  readonly ranges: readonly TextRange[];
  /** Prompts that hold the same text again, in any run. */
  readonly echoes: number;
  /** Of how many runs they are. */
  readonly echoRuns: number;
  readonly echoesAtLeast: boolean;
}

export interface RunHits {
  /** In the order of the run. */
  readonly hits: readonly StepHit[];
  /** Steps with the words beyond those; echoes are among them where they were not read. */
  readonly more: number;
  readonly moreAtLeast: boolean;
  /** Internal numbers of the runs that sent all of it first; none where this run sent some of it first. */
  readonly echoOf: readonly number[];
}

export const noHits: RunHits = { hits: [], more: 0, moreAtLeast: false, echoOf: [] };

/** What a query asks of steps, made ready once for many runs. */
export interface HitFinder {
  /** `most`: hits; a few more texts are read to tell echoes. */
  inRun(run: number, runId: string, most: number): RunHits;
}

interface StepRow {
  readonly step: number;
  readonly span_seq: number | null;
  readonly origin: string;
  readonly name: string;
  readonly kind: StepKind;
  readonly hidden: number;
  readonly start_us: number;
  readonly preview: string | null;
}

/** Texts that are read for one hit, at most: its echoes stand close behind it. */
const readPerHit = 4;
/** Texts of a run that are counted: a few for each hit that is shown. */
const countedPerHit = 4;
const leastCounted = 60;

/** Undefined where a query asks for no step: its hits are runs. */
export function hitFinder(reader: LibraryReader, query: Query): HitFinder | undefined {
  const tools = query.terms.filter(
    (term): term is PatternTerm => term.kind === 'pattern' && !term.isNegated && isOfTool(term),
  );
  const texts = textsToFind(wordsOfQuery(query));
  if (texts.length === 0 && tools.length === 0) return undefined;
  const index = reader.contentSearch.index();
  const echoes = index && new EchoCounter(reader.database, index);
  const given = textsToFind(
    tools
      .filter(({ key }) => key === 'args')
      .flatMap(({ values }) =>
        values.map((text) => ({ kind: 'text', text, isPhrase: true, isNegated: false }) as const),
      ),
  );
  return {
    inRun(run, runId, most) {
      const ofTools = tools.length === 0 ? undefined : toolSteps(reader, run, runId, tools);
      if (texts.length === 0) return toolHits(reader, runId, ofTools ?? [], given, most);
      const found = textHits(reader, run, texts, most, echoes, ofTools);
      return found.hits.length > 0 || ofTools === undefined
        ? found
        : textHits(reader, run, texts, most, echoes, undefined);
    },
  };
}

const isOfTool = ({ key }: PatternTerm): boolean => key === 'tool' || key === 'args';

const stepColumns = sql`step.step, step.span_seq, origin.text AS origin, name.text AS name, kind.text AS kind, step.hidden, step.start_us, step.preview
  FROM step JOIN dict AS name ON name.id = step.name JOIN dict AS kind ON kind.id = step.kind JOIN dict AS origin ON origin.id = step.origin`;

/** Tool steps that are called so and were given that. */
function toolSteps(
  reader: LibraryReader,
  run: number,
  runId: string,
  terms: readonly PatternTerm[],
): readonly StepRow[] {
  const names = terms
    .filter(({ key }) => key === 'tool')
    .map(
      ({ values }) =>
        sql`(${joinSql(
          values.map((value) => sql`name.text LIKE ${likePattern(value)} ESCAPE '\\'`),
          ' OR ',
        )})`,
    );
  const rows = allRows<StepRow>(
    reader.database,
    sql`SELECT ${stepColumns} WHERE step.run = ${run} AND kind.text = 'tool' ${names.length > 0 ? sql`AND ${joinSql(names, ' AND ')}` : sql``} ORDER BY step.step`,
  );
  const finders = terms
    .filter(({ key }) => key === 'args')
    .map(({ values }) => textFinder(values.map((text) => ({ text, isBeginning: false }))));
  return rows.filter((row) =>
    finders.every(
      (find) =>
        find !== undefined &&
        (find(row.preview ?? '', 1).length > 0 || find(reader.argumentsOf?.(runId, row.step) ?? '', 1).length > 0),
    ),
  );
}

function toolHits(
  reader: LibraryReader,
  runId: string,
  rows: readonly StepRow[],
  given: readonly TextToFind[],
  most: number,
): RunHits {
  const find: TextFinder = textFinder(given) ?? (() => []);
  const hits = rows.slice(0, most).map((row) => {
    const preview = row.preview ?? row.name;
    const isShort = given.length > 0 && find(preview, 1).length === 0;
    const excerpt = excerptOf(isShort ? (reader.argumentsOf?.(runId, row.step) ?? preview) : preview, find);
    return hitOf(row, excerpt, noEchoes);
  });
  return { hits, more: rows.length - hits.length, moreAtLeast: false, echoOf: [] };
}

interface PlacedText {
  readonly text: RunText;
  readonly row: StepRow;
}

function textHits(
  reader: LibraryReader,
  run: number,
  texts: readonly TextToFind[],
  most: number,
  echoes: EchoCounter | undefined,
  within: readonly StepRow[] | undefined,
): RunHits {
  const index = reader.contentSearch.index();
  const match = ftsQuery(texts);
  const find = textFinder(texts);
  if (!index || match === undefined || !find) return noHits;
  const { texts: found, isAll } = textsOfRun(reader, index, run, match, Math.max(leastCounted, most * countedPerHit));
  const placed = placesOf(reader, run, found, within);
  const named = within === undefined && placed.length === 0 ? stepsCalled(reader, run, find) : [];

  const groups = new EchoGroups();
  const steps = new Set(placed.map(({ row }) => row.step));
  let read = 0;
  for (const one of placed) {
    if (groups.all.length > most * 2 || (groups.all.length >= most && read >= most * readPerHit)) break;
    groups.add(one, excerptOf(one.text.read(), find));
    read++;
  }
  const byStep = new Map<number, StepHit>();
  const told = new Set<number>();
  for (const { first, excerpt, all } of groups.all) {
    if (byStep.has(first.row.step) || byStep.size >= most) continue;
    for (const { row } of all) told.add(row.step);
    const contents = all.flatMap(({ text }) => (text.content === undefined ? [] : [text.content]));
    const also = all.map(({ row }) => row.step);
    const counted = echoes?.count(run, contents, first.row.step, also) ?? noEchoes;
    byStep.set(first.row.step, hitOf(first.row, excerpt, counted));
  }
  for (const row of named) byStep.set(row.step, hitOf(row, excerptOf(row.name, find), noEchoes));
  const hits = [...byStep.values()].toSorted((left, right) => left.step - right.step).slice(0, most);
  for (const { step } of hits) told.add(step);
  const firsts = new Set(placed.map(({ text }) => text.echoOf));
  return {
    hits,
    more: [...steps].filter((step) => !told.has(step)).length,
    moreAtLeast: !isAll,
    echoOf: [...firsts].some((run) => run === undefined) ? [] : [...firsts].flatMap((run) => run ?? []),
  };
}

interface EchoGroup {
  first: PlacedText;
  readonly excerpt: Excerpt;
  readonly all: PlacedText[];
}

/** Characters of a key that echoes are looked for by. */
const keyHead = 12;

/** Texts in the order of the run, each with its echoes: the same words in a later prompt, or in what wraps a call. */
class EchoGroups {
  readonly all: EchoGroup[] = [];
  private readonly byHead = new Map<string, EchoGroup[]>();

  add(one: PlacedText, excerpt: Excerpt): void {
    const head = excerpt.key.slice(0, keyHead);
    const near = this.byHead.get(head);
    const group = near?.find(
      ({ excerpt: { key }, first }) =>
        (key.startsWith(excerpt.key) || excerpt.key.startsWith(key)) && (isEcho(one.row) || first.row.hidden === 1),
    );
    if (group) {
      group.all.push(one);
      // What wraps a call says the same before it; the call is what is shown.
      if (group.first.row.hidden === 1 && one.row.hidden === 0) group.first = one;
      return;
    }
    const added = { first: one, excerpt, all: [one] };
    this.all.push(added);
    if (near) near.push(added);
    else this.byHead.set(head, [added]);
  }
}

/** A tool that gives the same again is no echo: it was asked again. */
const isEcho = ({ kind, hidden }: StepRow): boolean =>
  hidden === 1 || kind === 'llm' || kind === 'agent' || kind === 'chain' || kind === 'other';

/** Each text with its step, in the order of the run. */
function placesOf(
  { database }: LibraryReader,
  run: number,
  texts: readonly RunText[],
  within: readonly StepRow[] | undefined,
): readonly PlacedText[] {
  const seqs = [...new Set(texts.flatMap(({ seq }) => (seq === undefined ? [] : [seq])))];
  const rows =
    within ??
    allRows<StepRow>(
      database,
      sql`SELECT ${stepColumns} WHERE step.run = ${run} AND step.span_seq IN (SELECT value FROM json_each(${JSON.stringify(seqs)}))`,
    );
  const bySeq = new Map<number, StepRow>();
  for (const row of rows) {
    const known = row.span_seq === null ? undefined : bySeq.get(row.span_seq);
    // Steps rebuilt from messages have the span that asked for them: its own step holds the text.
    if (row.span_seq !== null && (known === undefined || (isOwn(row) && !isOwn(known)))) bySeq.set(row.span_seq, row);
  }
  return texts
    .flatMap((text) => {
      const row = text.seq === undefined ? undefined : bySeq.get(text.seq);
      return row === undefined || (text.isAgain && isEcho(row)) ? [] : [{ text, row }];
    })
    .toSorted((left, right) => left.row.step - right.row.step);
}

const isOwn = ({ origin }: StepRow): boolean => origin === 'span' || origin === 'logs';

/** Names are indexed with their run: the first step of each name that holds one of the words. */
function stepsCalled({ database }: LibraryReader, run: number, find: TextFinder): readonly StepRow[] {
  return allRows<StepRow>(
    database,
    sql`SELECT ${stepColumns} WHERE step.run = ${run} AND step.step IN (SELECT min(step) FROM step WHERE run = ${run} GROUP BY name) ORDER BY step.step LIMIT 2000`,
  ).filter(({ name }) => find(name, 1).length > 0);
}

function hitOf(row: StepRow, excerpt: Excerpt, echoes: Echoes): StepHit {
  return {
    step: row.step,
    name: row.name,
    kind: row.kind,
    startedAtMs: row.start_us / 1_000,
    excerpt: excerpt.text,
    ranges: excerpt.ranges,
    echoes: echoes.prompts,
    echoRuns: echoes.runs,
    echoesAtLeast: echoes.isAtLeast,
  };
}

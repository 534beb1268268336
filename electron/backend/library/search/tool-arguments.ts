import { textFinder } from '../../../../shared/model/find-text.ts';
import { Refused } from '../../base/faults.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, sql } from '../sql.ts';
import type { HeldPlace } from './search-runs.ts';

/** Texts looked at, and tool calls read, before it is too much: a list may not wait for longer. */
const mostTexts = 5_000;
const mostRead = 400;

interface ToolRow {
  readonly run: number;
  readonly run_id: string;
  readonly step: number;
  readonly preview: string | null;
}

/** Runs in which a tool was given these words. Throws Refused where too many texts hold them. */
export function runsWithArguments(reader: LibraryReader, words: string): readonly number[] {
  const texts = [{ text: words.replaceAll('\0', ' '), isBeginning: false }];
  const found = reader.contentSearch.places(texts, mostTexts);
  if (found === undefined) return [];
  if (found === 'too many') throw tooMany(words);
  const isThere = textFinder(texts);
  if (!isThere) return [];
  const runs = new Set<number>();
  let read = 0;
  for (const row of toolSteps(reader, found)) {
    if (runs.has(row.run)) continue;
    if (row.preview !== null && isThere(row.preview, 1).length > 0) {
      runs.add(row.run);
      continue;
    }
    if (++read > mostRead) throw tooMany(words);
    if (isThere(reader.argumentsOf?.(row.run_id, row.step) ?? '', 1).length > 0) runs.add(row.run);
  }
  return [...runs];
}

/** Tool steps that stand in these spans and logs, or were asked for by what stands there. */
function* toolSteps({ database }: LibraryReader, places: readonly HeldPlace[]): Iterable<ToolRow> {
  const placesByRun = Map.groupBy(places, ({ run }) => run);
  for (const [run, inRun] of placesByRun) {
    const held = JSON.stringify([...new Set(inRun.map(({ place }) => place))]);
    yield* allRows<ToolRow>(
      database,
      sql`WITH place AS MATERIALIZED (SELECT value AS seq FROM json_each(${held})),
        asking AS MATERIALIZED (SELECT step FROM step WHERE run = ${run} AND span_seq IN (SELECT seq FROM place))
      SELECT step.run, run.run_id, step.step, step.preview FROM step JOIN run ON run.id = step.run AND run.assembled = 1
      WHERE step.run = ${run} AND step.kind = (SELECT id FROM dict WHERE text = 'tool')
        AND (step.span_seq IN (SELECT seq FROM place) OR step.requested_by IN (SELECT step FROM asking)) ORDER BY step.step`,
    );
  }
}

const tooMany = (words: string): Refused =>
  new Refused(
    `Too many texts hold “${words}” to look through what tools were given. Add words to it, or ask for the tool: tool:name.`,
  );

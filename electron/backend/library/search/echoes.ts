import type { ReadableDatabase } from '../database.ts';
import { numbersToIds, unpackNumbers } from '../packed-numbers.ts';
import { allRows, firstRow, sql } from '../sql.ts';

/** Runs looked through for where a text came again. */
const mostRuns = 40;

export interface Echoes {
  /** Prompts that hold the text again. */
  readonly prompts: number;
  /** Of how many runs. */
  readonly runs: number;
  /** There are more. */
  readonly isAtLeast: boolean;
}

export const noEchoes: Echoes = { prompts: 0, runs: 0, isAtLeast: false };

/** Counts prompts that hold contents again; remembers the sequences that it read. */
export class EchoCounter {
  private readonly library: ReadableDatabase;
  private readonly index: ReadableDatabase;
  private readonly sequences = new Map<number, readonly { readonly id: number; readonly ids: readonly number[] }[]>();

  constructor(library: ReadableDatabase, index: ReadableDatabase) {
    this.library = library;
    this.index = index;
  }

  /** Llm steps, in all runs, that hold one of the contents; `hit` is the step of the run that is none, `also` are known to be some. */
  count(run: number, contents: readonly number[], hit: number, also: readonly number[]): Echoes {
    if (contents.length === 0 && also.length === 0) return noEchoes;
    const wanted = new Set(contents);
    const mentions = allRows<{ readonly run: number; readonly place: number }>(
      this.index,
      sql`SELECT run, place FROM mention WHERE content IN (SELECT value FROM json_each(${JSON.stringify(contents)}))`,
    );
    const runs = [...new Set([run, ...mentions.map((mention) => mention.run)])];
    const looked = runs.slice(0, mostRuns);
    let prompts = 0;
    let inRuns = 0;
    for (const one of looked) {
      const places = new Set(mentions.filter((mention) => mention.run === one).map(({ place }) => place));
      for (const { id, ids } of this.sequencesOf(one)) {
        ids.forEach((content, at) => {
          if (!wanted.has(content)) return;
          for (const { place } of allRows<{ readonly place: number }>(
            this.index,
            sql`SELECT place FROM held WHERE run = ${one} AND sequence = ${id} AND start <= ${at} AND stop > ${at}`,
          ))
            places.add(place);
        });
      }
      const here = this.prompts(one, places, one === run ? { hit, also } : { hit: -1, also: [] });
      prompts += here;
      if (here > 0) inRuns++;
    }
    return { prompts, runs: inRuns, isAtLeast: looked.length < runs.length };
  }

  private prompts(
    run: number,
    places: ReadonlySet<number>,
    { hit, also }: { readonly hit: number; readonly also: readonly number[] },
  ): number {
    if (places.size === 0 && also.length === 0) return 0;
    return (
      firstRow<{ readonly n: number }>(
        this.library,
        sql`SELECT count(*) AS n FROM step WHERE run = ${run} AND (SELECT assembled FROM run WHERE id = ${run}) = 1
          AND kind = (SELECT id FROM dict WHERE text = 'llm') AND hidden = 0
          AND (span_seq IN (SELECT value FROM json_each(${JSON.stringify([...places])})) OR step IN (SELECT value FROM json_each(${JSON.stringify(also)})))
          AND step <> ${hit}`,
      )?.n ?? 0
    );
  }

  private sequencesOf(run: number): readonly { readonly id: number; readonly ids: readonly number[] }[] {
    let sequences = this.sequences.get(run);
    if (!sequences) {
      const ids = allRows<{ readonly sequence: number }>(
        this.index,
        sql`SELECT DISTINCT sequence FROM held WHERE run = ${run}`,
      );
      sequences = ids.map(({ sequence }) => ({ id: sequence, ids: sequenceIds(this.library, sequence) }));
      this.sequences.set(run, sequences);
    }
    return sequences;
  }
}

function sequenceIds(library: ReadableDatabase, sequence: number): readonly number[] {
  return allRows<{ readonly ids: Buffer }>(
    library,
    sql`SELECT ids FROM sequence_chunk WHERE sequence = ${sequence} ORDER BY start`,
  ).flatMap(({ ids }) => numbersToIds(unpackNumbers(ids)));
}

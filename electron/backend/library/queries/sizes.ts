import { statSync } from 'node:fs';
import { sizeOfParts } from '../../../../shared/model/library-sizes.ts';
import type { LibrarySizes, SizeParts } from '../../../../shared/model/library-sizes.ts';
import type { BlockTable } from '../block-tables.ts';
import { databaseFiles, libraryFile } from '../library-files.ts';
import { unpackNumbers } from '../packed-numbers.ts';
import type { LibraryReader } from '../reader.ts';
import { allRows, eachRow, snapshot, sql, sqlName } from '../sql.ts';
import { runOfChunk } from '../step-chunks.ts';

/**
 * What takes the room, by agent and by what it is. A block holds things of several runs: each gets its share of what the block takes compressed.
 * One pass over the numbers of blocks, spans and logs, none over their bytes.
 */
export function librarySizes({ database, directory }: LibraryReader): LibrarySizes {
  const byRun = snapshot(database, () => new RunSizes(database).read());
  const agents = new Map<string | undefined, SizeParts & { readonly agent?: string; readonly runs: number }>();
  for (const [agent, runs, parts] of byRun) {
    const known = agents.get(agent) ?? { ...nothing, ...(agent === undefined ? {} : { agent }), runs: 0 };
    agents.set(agent, { ...known, ...sum(known, parts), runs: known.runs + runs });
  }
  const own = libraryFile(directory);
  let total = 0;
  let followers = 0;
  for (const file of databaseFiles(directory)) {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    total += size;
    if (file !== own && file !== `${own}-wal`) followers += size;
  }
  const sorted = [...agents.values()].toSorted((left, right) => sizeOfParts(right) - sizeOfParts(left));
  const counted = sorted.reduce((all, parts) => all + sizeOfParts(parts), 0);
  return { agents: sorted, followers, rest: Math.max(0, total - followers - counted), total };
}

const nothing: SizeParts = { spans: 0, contents: 0, steps: 0, recordings: 0 };

const sum = (left: SizeParts, right: SizeParts): SizeParts => ({
  spans: left.spans + right.spans,
  contents: left.contents + right.contents,
  steps: left.steps + right.steps,
  recordings: left.recordings + right.recordings,
});

type Parts = { -readonly [Part in keyof SizeParts]: number };

/** Of each run by its number; 0 stands for what belongs to none. */
class RunSizes {
  private readonly database: LibraryReader['database'];
  private readonly sizes = new Map<number, Parts>();

  constructor(database: LibraryReader['database']) {
    this.database = database;
  }

  /** Of each run: its agent, whether it is shown (1, else 0), its parts. */
  read(): readonly (readonly [agent: string | undefined, runs: number, parts: SizeParts])[] {
    this.spans();
    this.contents();
    for (const { run, bytes } of eachRow<Sized>(
      this.database,
      sql`SELECT ${runOfChunk} AS run, sum(length(packed) + length(digest)) AS bytes FROM step_chunk GROUP BY 1`,
    ))
      this.of(run).steps += bytes;
    this.recordings();
    const runs = new Map(
      allRows<{ readonly id: number; readonly agent: string | null; readonly assembled: number }>(
        this.database,
        sql`SELECT id, agent, assembled FROM run`,
      ).map((run) => [run.id, run]),
    );
    for (const id of runs.keys()) this.of(id);
    return [...this.sizes].map(([id, parts]) => [
      runs.get(id)?.agent ?? undefined,
      runs.get(id)?.assembled ?? 0,
      parts,
    ]);
  }

  private of(run: number): Parts {
    let parts = this.sizes.get(run);
    if (parts === undefined) this.sizes.set(run, (parts = { ...nothing }));
    return parts;
  }

  private spans(): void {
    const runOf = new Map<number, number>();
    const items = sql`SELECT payload AS item, run FROM span UNION ALL SELECT payload, coalesce(run, 0) FROM log`;
    for (const { item, run } of eachRow<{ readonly item: number; readonly run: number }>(this.database, items))
      runOf.set(item, run);
    this.blocks('payload_block', (item, bytes) => (this.of(runOf.get(item) ?? 0).spans += bytes));
  }

  /** A content belongs to the run that sent it first. */
  private contents(): void {
    const origins = allRows<{ readonly first: number; readonly run: number }>(
      this.database,
      sql`SELECT first, run FROM content_origin ORDER BY first`,
    );
    let at = -1;
    this.blocks('content_block', (item, bytes) => {
      while ((origins[at + 1]?.first ?? Number.POSITIVE_INFINITY) <= item) at += 1;
      this.of(origins[at]?.run ?? 0).contents += bytes;
    });
  }

  /** What several calls sent is kept once: it belongs to the run that was recorded first. */
  private recordings(): void {
    const pieces = new Map(
      allRows<{ readonly id: number; readonly bytes: number }>(
        this.database,
        sql`SELECT id, length(bytes) + length(hash) AS bytes FROM piece`,
      ).map(({ id, bytes }) => [id, bytes]),
    );
    const exchanges = sql`SELECT coalesce(run.id, 0) AS run, request, outgoing, response, length(path) + length(detail) AS bytes FROM exchange LEFT JOIN run ON run.run_id = exchange.run_id ORDER BY run, seq`;
    for (const { run, request, outgoing, response, bytes } of eachRow<ExchangeRow>(this.database, exchanges)) {
      const parts = this.of(run);
      parts.recordings += bytes;
      for (const list of [request, outgoing, response]) {
        if (list === null) continue;
        parts.recordings += list.length;
        for (const id of unpackNumbers(list)) {
          parts.recordings += pieces.get(id) ?? 0;
          pieces.delete(id);
        }
      }
    }
  }

  /** In the order of the items. */
  private blocks(table: BlockTable, add: (item: number, bytes: number) => void): void {
    for (const { first, lengths, packed } of eachRow<{
      readonly first: number;
      readonly lengths: Buffer;
      readonly packed: number;
    }>(this.database, sql`SELECT first, lengths, length(packed) AS packed FROM ${sqlName(table)} ORDER BY first`)) {
      const numbers = unpackNumbers(lengths);
      const whole = numbers.reduce((all, length) => all + length, 0);
      const share = whole === 0 ? 0 : (packed + lengths.length) / whole;
      for (const [index, length] of numbers.entries()) add(first + index, length * share);
    }
  }
}

interface ExchangeRow {
  readonly run: number;
  readonly request: Buffer;
  readonly outgoing: Buffer | null;
  readonly response: Buffer;
  readonly bytes: number;
}

interface Sized {
  readonly run: number;
  readonly bytes: number;
}

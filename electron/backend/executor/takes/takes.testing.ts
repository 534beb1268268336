import type { Hold, LiveTake } from '../../../../shared/model/take.ts';
import { eventually } from '../../backend.testing.ts';

/** For tests that start takes as a window does, over the router. */

interface TakesClient {
  readonly takes: { watch(): Promise<AsyncIterable<{ readonly takes: readonly LiveTake[] }>> };
}

export interface TakeReader {
  /** The take as it is now. Rejects where the backend has none of that id. */
  readonly take: (id: string) => Promise<LiveTake>;
  readonly ended: (id: string) => Promise<LiveTake>;
  /** What it waits for; of that kind, where one is given. */
  readonly held: (id: string, kind?: Hold['kind']) => Promise<Hold>;
}

const patienceMs = 120_000;

/** `client`: of the backend as it is when asked, as tests open others. */
export function takeReader(client: () => TakesClient): TakeReader {
  async function take(id: string): Promise<LiveTake> {
    for await (const { takes } of await client().takes.watch()) {
      const found = takes.find((one) => one.id === id);
      if (found) return found;
      break;
    }
    throw new Error(`There is no take ${id}.`);
  }
  return {
    take,
    ended: (id) =>
      eventually(
        async () => {
          const now = await take(id);
          return now.endedAt === undefined ? undefined : now;
        },
        'the end of the take',
        patienceMs,
      ),
    held: (id, kind) =>
      eventually(
        async () => (await take(id)).holds.find((hold) => kind === undefined || hold.kind === kind),
        `a hold${kind === undefined ? '' : ` for ${kind}`}`,
        patienceMs,
      ),
  };
}

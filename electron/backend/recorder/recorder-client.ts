import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import { wordsOf } from '../../../shared/words-of.ts';
import { LibraryUnavailable, Refused } from '../base/faults.ts';
import { writeExchange } from './recorder-contract.ts';
import type { recorderContract } from './recorder-contract.ts';
import { readEntry } from './recorder-entry.ts';
import type { RecorderEntry } from './recorder-entry.ts';
import type { LibraryHolder } from './recording-sink.ts';

/** The process that held the library is gone or does not answer. */
export class RecorderGone extends Error {
  override readonly name = 'RecorderGone';
}

/** Stores through the process that holds this library; undefined when none says that it does. */
export async function connectToRecorder(libraryDirectory: string): Promise<LibraryHolder | undefined> {
  const entry = await readEntry(libraryDirectory);
  if (!entry) return undefined;
  // Of an earlier process that was killed: nothing answers there, or something else without the token's door.
  const answer = await fetch(`${entry.url}/rpc/none`, {
    headers: { authorization: `Bearer ${entry.token}` },
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  return answer ? holderOf(entry) : undefined;
}

function holderOf({ url, token }: RecorderEntry): LibraryHolder {
  const client: ContractRouterClient<typeof recorderContract> = createORPCClient(
    new RPCLink({ url: `${url}/rpc`, headers: { authorization: `Bearer ${token}` } }),
  );
  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw faultOf(error);
    }
  }
  return {
    async ingest({ signal, encoding, body }) {
      const { rejected, message } = await ask(() => client.ingest({ signal, encoding, body: body.toString('base64') }));
      return { rejected, message };
    },
    putRecording: (runId, launch) => ask(() => client.putRecording({ runId, launch })).then(() => undefined),
    putExchange: (runId, exchange) =>
      ask(() => client.putExchange({ runId, exchange: writeExchange(exchange) })).then(() => undefined),
    keepRunning: (runId) => ask(() => client.keepRunning({ runId })).then(() => undefined),
    finishRun: (runId) => ask(() => client.finishRun({ runId })).then(() => undefined),
    budgets: {
      reserve: ({ names, ...call }) => ask(() => client.budgets.reserve({ ...call, names: [...names] })),
      settle: ({ names, ...end }) => ask(() => client.budgets.settle({ ...end, names: [...names] })),
      leave: (take) => ask(() => client.budgets.leave({ take })).then(() => undefined),
      changed: (version) => ask(() => client.budgets.changed({ version })).then(() => undefined),
      raise: (budgetId, usd) =>
        ask(() => client.budgets.raise({ budgetId, ...(usd === undefined ? {} : { usd }) })).then(() => undefined),
      today: () => ask(() => client.budgets.today()),
      put: (budget, isSure) => ask(() => client.budgets.put({ budget, isSure })),
      remove: (id) => ask(() => client.budgets.remove({ id })).then(({ wasThere }) => wasThere),
    },
    runs: {
      removeRuns: (runIds) => ask(() => client.runs.remove({ runIds: [...runIds] })).then(changedOf),
      restoreRuns: (runIds) => ask(() => client.runs.restore({ runIds: [...runIds] })).then(changedOf),
      pinRuns: (runIds, pinned) => ask(() => client.runs.pin({ runIds: [...runIds], pinned })).then(changedOf),
      labelRuns: (runIds, change) => ask(() => client.runs.label({ runIds: [...runIds], change })).then(changedOf),
    },
    async *importPaths(paths, signal) {
      try {
        yield* await client.importPaths({ paths: [...paths] }, signal === undefined ? {} : { signal });
      } catch (error) {
        if (signal?.aborted === true) throw error;
        throw faultOf(error);
      }
    },
  };
}

const changedOf = ({ runIds }: { readonly runIds: string[] }): string[] => runIds;

function faultOf(error: unknown): Error {
  if (!(error instanceof ORPCError))
    return new RecorderGone(`The Retake that holds the library does not answer any more: ${wordsOf(error)}.`);
  if (error.code === 'UNAVAILABLE') return new LibraryUnavailable(error.message);
  return error.code === 'NOT_FOUND'
    ? new RecorderGone('Another process, or an older Retake, answers in place of the one that held the library.')
    : new Refused(error.message);
}

import { createORPCClient, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import { wordsOf } from '../../../shared/words-of.ts';
import { LibraryUnavailable, Refused } from '../base/faults.ts';
import { writeExchange } from './recorder-contract.ts';
import type { recorderContract } from './recorder-contract.ts';
import { readEntry } from './recorder-entry.ts';
import type { RecorderEntry } from './recorder-entry.ts';
import type { RecordingSink } from './recording-sink.ts';

/** The process that held the library is gone or does not answer. */
export class RecorderGone extends Error {
  override readonly name = 'RecorderGone';
}

/** Stores through the process that holds this library; undefined when none says that it does. */
export async function connectToRecorder(libraryDirectory: string): Promise<RecordingSink | undefined> {
  const entry = await readEntry(libraryDirectory);
  if (!entry) return undefined;
  // Of an earlier process that was killed: nothing answers there, or something else without the token's door.
  const answer = await fetch(`${entry.url}/rpc/none`, {
    headers: { authorization: `Bearer ${entry.token}` },
    signal: AbortSignal.timeout(5_000),
  }).catch(() => undefined);
  return answer ? sinkOf(entry) : undefined;
}

function sinkOf({ url, token }: RecorderEntry): RecordingSink {
  const client: ContractRouterClient<typeof recorderContract> = createORPCClient(
    new RPCLink({ url: `${url}/rpc`, headers: { authorization: `Bearer ${token}` } }),
  );
  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ORPCError))
        throw new RecorderGone(`The Retake that holds the library does not answer any more: ${wordsOf(error)}.`);
      if (error.code === 'UNAVAILABLE') throw new LibraryUnavailable(error.message);
      if (error.code === 'NOT_FOUND')
        throw new RecorderGone('Another process answers in place of the Retake that held the library.');
      throw new Refused(error.message);
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
  };
}

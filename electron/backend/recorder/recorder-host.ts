import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/node';
import { contractError, withContractErrors } from '../base/contract-errors.ts';
import { listen } from '../base/listen.ts';
import { isOwnHost, isToken } from '../base/loopback.ts';
import { readExchange, recorderContract } from './recorder-contract.ts';
import type { Shown } from './recorder-contract.ts';
import { publishEntry, withdrawEntry } from './recorder-entry.ts';
import type { LibraryHolder } from './recording-sink.ts';

/**
 * Lets `retake run`, `rerun` and `import` work beside a window or `retake serve`: they run the agent in their own terminal, or name files,
 * and store through the process that holds the library. Part of the backend, so that every host has it. Loopback only; who knows the token
 * of the entry in the library's folder (readable by this user alone) may write recordings, import files, name, pin and remove runs, and keep the budgets, and nothing else.
 */
export interface RecorderHost {
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/** Imports and shows these, and says where. */
export type Show = (targets: { readonly paths: readonly string[]; readonly hash: string | undefined }) => Shown;

export async function startRecorderHost(
  libraryDirectory: string,
  holder: LibraryHolder,
  show: Show,
): Promise<RecorderHost> {
  const token = randomBytes(16).toString('hex');
  const handler = new RPCHandler(routesOf(holder, show));
  const open = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work = answer(request, response)
      .catch(() => void response.destroy())
      .finally(() => open.delete(work));
    open.add(work);
  });
  // A take may be silent for long between two calls.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization = '', origin, 'sec-fetch-site': site } = request.headers;
    if (
      !isOwnHost(request) ||
      origin !== undefined ||
      site !== undefined ||
      !isToken(authorization.replace(/^Bearer /, ''), token)
    ) {
      request.resume();
      response.writeHead(404, { 'content-length': 0, connection: 'close' }).end();
      return;
    }
    const { matched } = await handler.handle(request, response, { prefix: '/rpc' });
    if (!matched) response.writeHead(404, { 'content-length': 0 }).end();
  }

  const url = `http://127.0.0.1:${await listen(server)}`;
  try {
    await publishEntry(libraryDirectory, { version: 1, url, token, pid: process.pid });
  } catch (error) {
    // Nobody will find it, and it would keep the process from ending: on a full disk for good.
    server.close();
    server.closeAllConnections();
    throw error;
  }
  return {
    url,
    token,
    async close() {
      await withdrawEntry(libraryDirectory, token);
      server.close();
      await Promise.all(open);
      server.closeAllConnections();
    },
  };
}

function routesOf({ importPaths, runs, ...sink }: LibraryHolder, show: Show) {
  const os = implement(recorderContract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw contractError(error);
    }
  });
  return os.router({
    ingest: os.ingest.handler(async ({ input }) => {
      const { rejected, message } = await sink.ingest({ ...input, body: Buffer.from(input.body, 'base64') });
      return { rejected, ...(message === undefined ? {} : { message }) };
    }),
    putRecording: os.putRecording.handler(async ({ input }) => {
      await sink.putRecording(input.runId, input.launch);
      return {};
    }),
    putExchange: os.putExchange.handler(async ({ input }) => {
      await sink.putExchange(input.runId, readExchange(input.exchange));
      return {};
    }),
    keepRunning: os.keepRunning.handler(async ({ input }) => {
      await sink.keepRunning(input.runId);
      return {};
    }),
    runs: {
      remove: os.runs.remove.handler(async ({ input }) => ({ runIds: await runs.removeRuns(input.runIds) })),
      restore: os.runs.restore.handler(async ({ input }) => ({ runIds: await runs.restoreRuns(input.runIds) })),
      pin: os.runs.pin.handler(async ({ input }) => ({ runIds: await runs.pinRuns(input.runIds, input.pinned) })),
      label: os.runs.label.handler(async ({ input }) => ({ runIds: await runs.labelRuns(input.runIds, input.change) })),
    },
    show: os.show.handler(({ input }) => show({ paths: input.paths, hash: input.hash })),
    finishRun: os.finishRun.handler(async ({ input }) => {
      await sink.finishRun(input.runId);
      return {};
    }),
    budgets: {
      reserve: os.budgets.reserve.handler(async ({ input }) => {
        const answer = await sink.budgets.reserve({ ...input, mostNanoUsd: input.mostNanoUsd });
        return { ...answer, notices: [...answer.notices] };
      }),
      settle: os.budgets.settle.handler(async ({ input }) => [
        ...(await sink.budgets.settle({ ...input, nanoUsd: input.nanoUsd })),
      ]),
      leave: os.budgets.leave.handler(async ({ input }) => {
        await sink.budgets.leave(input.take);
        return {};
      }),
      changed: os.budgets.changed.handler(async ({ input }) => {
        await sink.budgets.changed(input.version);
        return {};
      }),
      raise: os.budgets.raise.handler(async ({ input }) => {
        await sink.budgets.raise(input.budgetId, input.usd);
        return {};
      }),
      today: os.budgets.today.handler(() => sink.budgets.today()),
      put: os.budgets.put.handler(({ input }) => sink.budgets.put(input.budget, input.isSure)),
      remove: os.budgets.remove.handler(async ({ input }) => ({ wasThere: await sink.budgets.remove(input.id) })),
    },
    importPaths: os.importPaths.handler(({ input, signal }) => withContractErrors(importPaths(input.paths, signal))),
  });
}

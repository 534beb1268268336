import { eventIterator, oc } from '@orpc/contract';
import { z } from 'zod';
import { importEventSchema } from '../../../shared/contract.ts';
import type { StoredExchange } from '../library/recordings.ts';
import { doors } from '../receiver/request.ts';

/**
 * What a `retake run`, `rerun` or `import` beside a window asks of the backend that holds the library: to write what it recorded, and to
 * import files that the user named. Not part of the window's contract, so that no window can write a recording. Bytes are base64.
 */
const runId = z.string().regex(/^[0-9a-f]{32}$/);
const bytes = z.base64();

const exchangeSchema = z.object({
  seq: z.int().nonnegative(),
  method: z.string().max(20),
  path: z.string(),
  status: z.int(),
  contentType: z.string().optional(),
  spanId: z.string().optional(),
  startedUs: z.number(),
  durationUs: z.number(),
  served: z.string().max(50),
  detail: z.string(),
  request: bytes,
  outgoing: bytes.optional(),
  response: bytes,
});

/** Who shows the library: nobody (a recording from the command line), a desktop window that came to the front, or a browser at this address. */
const shownSchema = z.discriminatedUnion('by', [
  z.object({ by: z.literal('nobody') }),
  z.object({ by: z.literal('window') }),
  z.object({
    by: z.literal('browser'),
    /** With the token: for the terminal of the user who asked. */
    url: z.url(),
    /** Leads there once: what a browser is started with. */
    openingUrl: z.url(),
  }),
]);
export type Shown = Readonly<z.infer<typeof shownSchema>>;

export const recorderContract = {
  ingest: oc
    .input(
      z.object({
        signal: z.enum(['traces', 'logs', 'metrics']),
        encoding: z.enum(['protobuf', 'json', ...doors]),
        body: bytes,
      }),
    )
    .output(z.object({ rejected: z.number(), message: z.string().optional() })),
  putRecording: oc.input(z.object({ runId, launch: z.string() })).output(z.object({})),
  putExchange: oc.input(z.object({ runId, exchange: exchangeSchema })).output(z.object({})),
  finishRun: oc.input(z.object({ runId })).output(z.object({})),
  keepRunning: oc.input(z.object({ runId })).output(z.object({})),
  show: oc
    .input(z.object({ paths: z.array(z.string().max(4_096)).max(10_000), hash: z.string().max(4_096).optional() }))
    .output(shownSchema),
  importPaths: oc
    .input(z.object({ paths: z.array(z.string().max(4_096)).min(1).max(10_000) }))
    .output(eventIterator(importEventSchema)),
};

type ExchangeMessage = z.infer<typeof exchangeSchema>;

const text = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
const read = (value: string): Buffer => Buffer.from(value, 'base64');

export function writeExchange({
  contentType,
  spanId,
  request,
  outgoing,
  response,
  ...rest
}: StoredExchange): ExchangeMessage {
  return {
    ...rest,
    request: text(request),
    response: text(response),
    ...(outgoing ? { outgoing: text(outgoing) } : {}),
    ...(contentType === undefined ? {} : { contentType }),
    ...(spanId === undefined ? {} : { spanId }),
  };
}

export function readExchange({
  request,
  outgoing,
  response,
  contentType,
  spanId,
  ...rest
}: ExchangeMessage): StoredExchange {
  return {
    ...rest,
    contentType,
    spanId,
    request: read(request),
    response: read(response),
    outgoing: outgoing === undefined ? undefined : read(outgoing),
  };
}

import { z } from 'zod';
import { parseJson } from '../../base/json-values.ts';
import type { StoredExchange } from '../../library/recordings.ts';
import { toolHands } from './tool-call.ts';
import type { ToolCall, ToolResult } from './tool-call.ts';

/** Results that hands report are kept with the recording of their run, as requests of their own kind. */
export const toolExchangePath = '/tools/record';

/** Places in the recording: after all model calls, which are numbered from 0. */
export const firstToolSeq = 1_000_000_000;

const callSchema = z.object({
  id: z.string().optional(),
  name: z.string(),
  arguments: z.string(),
  hand: z.enum(toolHands).optional(),
  after: z.number(),
});
const resultSchema = z.object({
  content: z.string(),
  isError: z.boolean(),
  native: z.object({ hand: z.enum(toolHands), json: z.string() }).optional(),
});

/** `after`: the last model call that had begun. */
export interface StoredTool {
  readonly call: ToolCall;
  readonly result: ToolResult;
  readonly after: number;
}

export function storeTool(
  { call, result, after }: StoredTool,
  place: {
    readonly seq: number;
    readonly atUs: number;
    readonly served: 'live' | 'recording';
    readonly clean: (bytes: Buffer) => Buffer;
  },
): StoredExchange {
  const { content, isError, native } = result;
  return {
    seq: place.seq,
    method: 'POST',
    path: toolExchangePath,
    status: 200,
    contentType: 'application/json',
    spanId: undefined,
    startedUs: place.atUs,
    durationUs: 0,
    served: place.served,
    detail: '{}',
    outgoing: undefined,
    request: place.clean(
      Buffer.from(JSON.stringify({ id: call.id, name: call.name, arguments: call.arguments, hand: call.hand, after })),
    ),
    response: place.clean(Buffer.from(JSON.stringify({ content, isError, native }))),
  };
}

/** Undefined for every other exchange, and where a key that was cut out has broken it. */
export function readTool(stored: Pick<StoredExchange, 'path' | 'request' | 'response'>): StoredTool | undefined {
  if (stored.path !== toolExchangePath) return undefined;
  const call = callSchema.safeParse(parseJson(Buffer.from(stored.request).toString('utf8')));
  const result = resultSchema.safeParse(parseJson(Buffer.from(stored.response).toString('utf8')));
  if (!call.success || !result.success) return undefined;
  const { after, ...rest } = call.data;
  return { call: rest, result: result.data, after };
}

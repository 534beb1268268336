import { z } from 'zod';
import type { ExecutorServices } from '../executor-services.ts';
import type { Exchange } from '../gateway/exchange.ts';

/** Kept with each exchange, for the next take and for the reader. */
export const exchangeDetailSchema = z.object({
  family: z.string().optional(),
  stream: z.boolean(),
  delivered: z.boolean(),
  /** `step`: the parent's step that it is. */
  match: z
    .object({ seq: z.number(), step: z.number().optional(), level: z.string(), ignored: z.array(z.string()) })
    .optional(),
  isFork: z.boolean().optional(),
  pinned: z.boolean().optional(),
  note: z.string().optional(),
  /** Whom a live call went to: what prices are looked up by. */
  serverAddress: z.string().optional(),
  sentPath: z.string().optional(),
});

/** A model call as the recording keeps it. `parentStep`: the parent's step whose answer it got. */
export function storedExchange(
  exchange: Exchange,
  spanId: string,
  parentStep: number | undefined,
): Parameters<ExecutorServices['putExchange']>[1] {
  const { match, note } = exchange;
  const detail: z.infer<typeof exchangeDetailSchema> = {
    stream: exchange.call?.stream ?? false,
    delivered: exchange.delivered,
    ...(exchange.format === undefined ? {} : { family: exchange.format.family }),
    ...(match
      ? {
          match: {
            seq: match.seq,
            ...(parentStep === undefined ? {} : { step: parentStep }),
            level: match.level,
            ignored: [...match.ignored],
          },
        }
      : {}),
    ...(exchange.isFork ? { isFork: true } : {}),
    ...(exchange.pinned ? { pinned: true } : {}),
    ...(note === undefined ? {} : { note }),
    ...(exchange.serverAddress === undefined ? {} : { serverAddress: exchange.serverAddress }),
    ...(exchange.sentPath === undefined ? {} : { sentPath: exchange.sentPath }),
  };
  return {
    seq: exchange.seq,
    method: exchange.method,
    path: exchange.path,
    status: exchange.status,
    contentType: exchange.contentType,
    spanId: exchange.call ? spanId : undefined,
    startedUs: Number(exchange.startNs / 1_000n),
    durationUs: Number((exchange.endNs - exchange.startNs) / 1_000n),
    served: exchange.served,
    detail: JSON.stringify(detail),
    request: exchange.request,
    outgoing: exchange.outgoing,
    response: exchange.response,
  };
}

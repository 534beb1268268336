import { z } from 'zod';
import { causeSchema } from '../../../../shared/model/cause.ts';
import { editStateSchema } from '../../../../shared/model/take.ts';
import { parseJson } from '../../base/json-values.ts';
import { keyShapesVersion } from '../../base/key-shapes.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { Exchange } from '../gateway/exchange.ts';
import { causeOfNote, keptCauseSchema } from './old-causes.ts';

/** Kept with each exchange, for the next take and for the reader. */
const exchangeDetailSchema = z.object({
  /** 2: a cause is a value. Absent: recordings before that say it in the note only. */
  version: z.literal(2).optional(),
  family: z.string().optional(),
  stream: z.boolean(),
  delivered: z.boolean(),
  /** `step`: the parent's step that it is. */
  match: z
    .object({ seq: z.number(), step: z.number().optional(), level: z.string(), ignored: z.array(keptCauseSchema) })
    .optional(),
  isFork: z.boolean().optional(),
  pinned: z.boolean().optional(),
  /** By what it left the recording. */
  cause: causeSchema.optional(),
  /** Of a live call of a take: why it is live, and what became of the edits in it. */
  reason: causeSchema.optional(),
  edits: z.array(z.object({ edit: z.number(), state: editStateSchema })).optional(),
  note: z.string().optional(),
  /** Whom a live call went to: what prices are looked up by. */
  serverAddress: z.string().optional(),
  sentPath: z.string().optional(),
  /** What was taken for a key when it was cleaned (`keyShapesVersion`). Absent: less than today. */
  keyShapes: z.int().optional(),
});

export type ExchangeDetail = Readonly<z.infer<typeof exchangeDetailSchema>>;

/** What is kept with an exchange, of this version or an older one; undefined where it cannot be read. */
export function readExchangeDetail(text: string): ExchangeDetail | undefined {
  const { data } = exchangeDetailSchema.safeParse(parseJson(text));
  if (!data || data.version !== undefined) return data;
  const cause = causeOfNote(data.note);
  return cause ? { ...data, cause } : data;
}

/** A model call as the recording keeps it. `parentStep`: the parent's step whose answer it got. */
export function storedExchange(
  exchange: Exchange,
  spanId: string,
  parentStep: number | undefined,
): Parameters<ExecutorServices['putExchange']>[1] {
  const { match, note } = exchange;
  const detail: ExchangeDetail = {
    version: 2,
    keyShapes: keyShapesVersion,
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
    ...(exchange.cause === undefined ? {} : { cause: exchange.cause }),
    ...(exchange.reason === undefined ? {} : { reason: exchange.reason }),
    ...(exchange.edits === undefined || exchange.edits.length === 0 ? {} : { edits: [...exchange.edits] }),
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

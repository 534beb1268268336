import { z } from 'zod';
import { assertNever } from './assert-never.ts';

/** What is damaged in a library, and what it belonged to. `words` are those of whoever found it. */
const damageSchema = z.discriminatedUnion('kind', [
  /** SQLite's own structure: a page, an index. */
  z.object({ kind: z.literal('structure'), table: z.string(), words: z.string() }),
  /**
   * Spans or logs that cannot be read, long values (messages, results) that are missing wherever they were sent, and steps, which were made
   * from spans. `runId`: whose they are, of values the run that was the first to send them; absent where that is not known.
   */
  z.object({
    kind: z.enum(['spans', 'logs', 'values', 'steps']),
    runId: z.string().optional(),
    count: z.number(),
    words: z.string(),
  }),
  /** Model calls of a recording: the run can be read, and not be re-run from them. */
  z.object({ kind: z.literal('exchanges'), runId: z.string(), count: z.number(), words: z.string() }),
  /** What the library says of a run as a whole: its name, figures, times. */
  z.object({ kind: z.literal('totals'), runId: z.string().optional(), count: z.number(), words: z.string() }),
  z.object({ kind: z.literal('metrics'), count: z.number(), words: z.string() }),
]);
export type Damage = Readonly<z.infer<typeof damageSchema>>;

export const checkReportSchema = z.object({
  checked: z.object({
    runs: z.number(),
    spans: z.number(),
    logs: z.number(),
    exchanges: z.number(),
    /** Compressed blocks of them. */
    blocks: z.number(),
  }),
  damage: z.array(damageSchema),
});
export type CheckReport = z.infer<typeof checkReportSchema>;

/** What a damaged library gave, and what it did not. */
export const salvageReportSchema = z.object({
  /** Where the damaged library lies now; nothing of it is deleted. */
  asideFolder: z.string(),
  kept: z.object({ runs: z.number(), spans: z.number(), logs: z.number(), exchanges: z.number() }),
  lost: z.object({
    /** Spans and logs whose row is there and cannot be read. */
    spans: z.number(),
    logs: z.number(),
    /** Values of spans that were kept without them: the span counts them as dropped. */
    values: z.number(),
    exchanges: z.number(),
    /** Stretches of rows that could not be looked at; how many rows they held is not known. */
    stretches: z.number(),
  }),
});
export type SalvageReport = z.infer<typeof salvageReportSchema>;

export const backupReportSchema = z.object({ directory: z.string(), bytes: z.number() });
export type BackupReport = z.infer<typeof backupReportSchema>;

/** One line for a person. */
export function wordsOfDamage(damage: Damage): string {
  switch (damage.kind) {
    case 'structure':
      return `The table ${damage.table}: ${damage.words}`;
    case 'spans':
    case 'logs':
    case 'steps':
      return `${counted(damage.count, damage.kind)} of ${runWords(damage.runId)} cannot be read.`;
    case 'values':
      return `${counted(damage.count, 'values')} that ${runWords(damage.runId)} sent first cannot be read, in it or in any run that sent them again.`;
    case 'exchanges':
      return `${counted(damage.count, 'exchanges')} of the recording of ${runWords(damage.runId)} cannot be read: it can be read as a run, and not be re-run from them.`;
    case 'totals':
      return `The name, the figures or the times of ${runWords(damage.runId)} are not what was written; they are made of its spans again.`;
    case 'metrics':
      return `${counted(damage.count, 'metrics')} cannot be read.`;
    default:
      return assertNever(damage);
  }
}

const runWords = (runId: string | undefined): string =>
  runId === undefined ? 'a run that is not known' : `run ${runId}`;

const singular = {
  totals: 'row',
  spans: 'span',
  logs: 'log',
  steps: 'part of the steps',
  values: 'value',
  exchanges: 'call',
  metrics: 'batch of metrics',
};
const plural = {
  ...singular,
  totals: 'rows',
  spans: 'spans',
  logs: 'logs',
  steps: 'parts of the steps',
  values: 'values',
  exchanges: 'calls',
  metrics: 'batches of metrics',
};

function counted(count: number, kind: keyof typeof singular): string {
  return `${count} ${count === 1 ? singular[kind] : plural[kind]}`;
}

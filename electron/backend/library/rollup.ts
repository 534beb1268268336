import type { AssembledRun, AssembledStep } from '../telemetry/step-facts.ts';
import type { WritableDatabase } from './database.ts';

const microsecondsPerDay = 86_400_000_000;

/** Spend of one run on one day (UTC) with one model by one agent. Money in whole nano-dollars: sums and differences stay exact. */
interface Share {
  readonly day: number;
  readonly model: string;
  readonly agent: string;
  /** Model calls tried, of these answered, failed, and without a price. */
  attempts: number;
  calls: number;
  failed: number;
  unpriced: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  costNanoUsd: number;
  durationUs: number;
}

/** What the run spent, in a stable order. Only usage that a step owns counts: a total restated by a parent does not. */
export function sharesOf(run: AssembledRun): readonly Share[] {
  const shares = new Map<string, Share>();
  for (const step of run.steps) {
    if (!countsInRollup(step)) continue;
    const day = Math.floor(Number(step.startNs / 1_000n) / microsecondsPerDay);
    const model = modelOf(step) ?? '';
    const agent = step.agent ?? '';
    const key = JSON.stringify([day, model, agent]);
    let share = shares.get(key);
    if (!share) {
      share = {
        day,
        model,
        agent,
        attempts: 0,
        calls: 0,
        failed: 0,
        unpriced: 0,
        input: 0,
        output: 0,
        cacheRead: 0,
        cacheWrite: 0,
        reasoning: 0,
        costNanoUsd: 0,
        durationUs: 0,
      };
      shares.set(key, share);
    }
    const { usage } = step.facts;
    share.attempts++;
    if (step.answered) share.calls++;
    if (step.facts.status === 'error') share.failed++;
    if (step.cost?.kind === 'none') share.unpriced++;
    share.input += usage?.input ?? 0;
    share.output += usage?.output ?? 0;
    share.cacheRead += usage?.cacheRead ?? 0;
    share.cacheWrite += usage?.cacheWrite ?? 0;
    share.reasoning += usage?.reasoning ?? 0;
    share.costNanoUsd += Math.round((costUsdOf(step) ?? 0) * 1e9);
    share.durationUs += step.endNs === undefined ? 0 : Number((step.endNs - step.startNs) / 1_000n);
  }
  return [...shares.entries()].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, share]) => share);
}

function countsInRollup(step: AssembledStep): boolean {
  return step.usageRole === 'own' || (step.usageRole === undefined && step.facts.kind === 'llm' && !step.facts.hidden);
}

export function modelOf(step: AssembledStep): string | undefined {
  return step.facts.responseModel ?? step.facts.requestModel;
}

export function costUsdOf(step: AssembledStep): number | undefined {
  return step.cost === undefined || step.cost.kind === 'none' ? undefined : step.cost.usd;
}

/** Keeps `rollup` equal to the sum over all runs by moving it by each run's difference. */
export class RollupWriter {
  private readonly read;
  private readonly write;
  private readonly add;
  private readonly removeEmpty;

  constructor(database: WritableDatabase) {
    this.read = database.prepare<[number], string>('SELECT shares FROM run_rollup WHERE run = ?').pluck();
    this.write = database.prepare<[number, string]>(
      'INSERT INTO run_rollup (run, shares) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET shares = excluded.shares',
    );
    this.add = database.prepare<(string | number)[]>(`
      INSERT INTO rollup (day, model, agent, attempts, calls, failed, unpriced, input, output, cache_read, cache_write, reasoning, cost_nano_usd, duration_us)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (day, model, agent) DO UPDATE SET
        attempts = attempts + excluded.attempts, calls = calls + excluded.calls, failed = failed + excluded.failed, unpriced = unpriced + excluded.unpriced,
        input = input + excluded.input, output = output + excluded.output, cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,
        reasoning = reasoning + excluded.reasoning, cost_nano_usd = cost_nano_usd + excluded.cost_nano_usd, duration_us = duration_us + excluded.duration_us`);
    this.removeEmpty = database.prepare<[number, string, string]>(
      'DELETE FROM rollup WHERE day = ? AND model = ? AND agent = ? AND attempts = 0',
    );
  }

  replace(run: number, shares: readonly Share[]): void {
    const text = JSON.stringify(shares.map((share) => [share.day, share.model, share.agent, ...figuresOf(share)]));
    const before = this.read.get(run);
    if (before === text) return;
    // Our own JSON, written below.
    const old = before === undefined ? [] : (JSON.parse(before) as readonly StoredShare[]);
    for (const [day, model, agent, ...figures] of old)
      this.add.run(day, model, agent, ...figures.map((figure) => -figure));
    for (const share of shares) this.add.run(share.day, share.model, share.agent, ...figuresOf(share));
    for (const [day, model, agent] of old) this.removeEmpty.run(day, model, agent);
    this.write.run(run, text);
  }
}

type StoredShare = readonly [day: number, model: string, agent: string, ...figures: number[]];

/** In the order of the statement's columns. */
function figuresOf(share: Share): readonly number[] {
  return [
    share.attempts,
    share.calls,
    share.failed,
    share.unpriced,
    share.input,
    share.output,
    share.cacheRead,
    share.cacheWrite,
    share.reasoning,
    share.costNanoUsd,
    share.durationUs,
  ];
}

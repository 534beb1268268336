import { setImmediate as nextTurn } from 'node:timers/promises';
import { maximumDepth } from '../../../telemetry/raw-span.ts';
import type { TelemetrySink } from '../../../telemetry/raw-span.ts';
import { miniSweAgent } from '../mini-swe-agent/mini-swe-agent.ts';
import type { TrajectoryFormat } from '../recorded/recorded-run.ts';
import { RunWriter } from '../recorded/write-run.ts';
import { sweAgent } from '../swe-agent/swe-agent.ts';
import { tauBench } from '../tau-bench/tau-bench.ts';

/** Most specific first. */
const formats: readonly TrajectoryFormat[] = [miniSweAgent, tauBench, sweAgent];

/**
 * A trajectory file is one JSON document that is read as a whole: outcome and configuration stand behind the steps. The largest
 * published ones have 10 MB; 128 MiB take about 1 GB while they are read.
 */
export const maximumTrajectoryBytes = 128 * 1024 * 1024;

/** About 10 ms: 3,818 spans of a tau-bench file take 157 ms. */
const spansPerTurn = 250;

/** Whether the beginning of a text may be a trajectory file, by keys that only these have: `TrajectoryReader` then decides on the whole. */
export function mayBeTrajectory(head: string): boolean {
  if (/^\[\s*\{/.test(head) || /^\{\s*"task_id"\s*:/.test(head))
    return (
      /"task_id"\s*:/.test(head) && /"reward"\s*:/.test(head) && /"(traj|trial|reward_info|user_cost)"\s*:/.test(head)
    );
  if (!head.startsWith('{')) return false;
  if (
    /"trajectory_format"\s*:\s*"mini-swe-agent/.test(head) ||
    /"mini_version"\s*:/.test(head) ||
    /"trajectory"\s*:\s*\[/.test(head)
  )
    return true;
  return (
    (/^\{\s*"info"\s*:\s*\{/.test(head) && /"(exit_status|model_stats)"\s*:/.test(head)) ||
    (/^\{\s*"messages"\s*:\s*\[\s*\{/.test(head) && /"extra"\s*:/.test(head)) ||
    (/"history"\s*:\s*\[\s*\{/.test(head) && /"(agent|message_type|thought)"\s*:/.test(head))
  );
}

/** Gathers one document and writes its runs to the sink. `format`: id of the format, `unknown` when it is none of them. */
export class TrajectoryReader {
  private readonly sink: TelemetrySink;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  format = 'unknown';

  constructor(sink: TelemetrySink) {
    this.sink = sink;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes <= maximumTrajectoryBytes) this.chunks.push(chunk);
    else this.chunks.length = 0;
  }

  /**
   * Reads what was gathered, with turns of the event loop between, so that live requests come through.
   * `otherwise`: why the document is no trajectory, as far as its beginning tells. Throws AbortError.
   */
  async end(otherwise: () => string, signal: AbortSignal | undefined): Promise<void> {
    const document = this.parse();
    if (document === undefined) return;
    const format = formats.find((item) => item.recognises(document.value));
    if (format === undefined) {
      this.skip(otherwise());
      return;
    }
    if (isDeeper(document.value, maximumDepth)) {
      this.skip(`looks like ${format.id}, but is nested deeper than ${maximumDepth} levels: nothing of it was read`);
      return;
    }
    this.format = format.id;
    const writer = new RunWriter(format, this.sink);
    const report = { skip: (reason: string) => this.skip(reason), warn: (message: string) => this.sink.warn(message) };
    let spans = 0;
    for (const run of format.runs(document.value, report)) {
      for (const _ of writer.write(run)) {
        spans += 1;
        if (spans % spansPerTurn !== 0) continue;
        await nextTurn();
        signal?.throwIfAborted();
      }
    }
    writer.end();
  }

  private parse(): { readonly value: unknown } | undefined {
    if (this.bytes > maximumTrajectoryBytes) {
      this.skip(
        `looks like recorded trajectories of ${(this.bytes / 1024 / 1024).toFixed(0)} MiB: Retake reads at most ${maximumTrajectoryBytes / 1024 / 1024} MiB of them in one file. Split it, for example by task`,
      );
      return undefined;
    }
    const text = Buffer.concat(this.chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
    this.chunks.length = 0;
    try {
      return { value: JSON.parse(text) as unknown };
    } catch (error) {
      this.skip(
        `looks like recorded trajectories, but is no complete JSON: ${error instanceof Error ? error.message.replaceAll(/\s+/g, ' ').slice(0, 200) : 'not readable'}. Nothing of it was read: outcome and steps are told apart only in the whole document`,
      );
      return undefined;
    }
  }

  private skip(reason: string): void {
    this.sink.skip({ line: undefined, reason });
  }
}

/** Without recursion: a hostile document may be as deep as it is long. */
function isDeeper(root: unknown, limit: number): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const item of Object.values(value)) if (typeof item === 'object' && item !== null) next.push(item);
    }
    level = next;
  }
  return false;
}

import type { StepKind } from '../../../../shared/model/step.ts';
import type { Nanos } from '../../../../shared/model/units.ts';
import type { LogView } from '../../telemetry/span-view.ts';

// Log records that tell of steps (FACTS.md, Logs). Coding CLIs say in logs what their spans leave out - answers, arguments, costs - and
// with traces off, all there is. A record joins the steps it tells of; what no span stands for becomes a step of its own.

/** What a log record tells of. */
export interface LogSubject {
  /**
   * The steps it tells of, by keys that spans have too: `callKey`, `responseKey`; or that only records of this client share. Every
   * one of these steps gets the record. Empty: the record stays with the span it names.
   */
  readonly about: readonly string[];
  /** Spans of the client have no such id: the one of this kind that is there at that time, with the same counts, has the keys of `about`. */
  readonly near?: NearSpan | undefined;
  /** The step that this record is enough for, where no span has its key. Several records with one key are one step. */
  readonly step?: LogStep | undefined;
}

export interface NearSpan {
  readonly kind: StepKind;
  readonly atNs: Nanos;
  /** `end`: the one that ends nearest, each span for one record; `inside`: the shortest that the moment lies in. */
  readonly by: 'end' | 'inside';
  /** As the span's facts have them; undefined: not known, any will do. */
  readonly input: number | undefined;
  readonly output: number | undefined;
}

export interface LogStep {
  /** One of `about`. */
  readonly key: string;
  readonly startNs: Nanos;
  readonly endNs: Nanos;
  /** Key of the step it belongs under, unless the record names a span that is here. */
  readonly under: string | undefined;
  /** The span that the record names is the step's own: it joins that span, and until it arrives stands in its place. */
  readonly namesItself?: boolean;
}

export interface TimedLog {
  readonly scopeName: string;
  readonly view: LogView;
}

/** The logs of one client. Spans and steps made of logs are then read by its `Convention`, which finds the records in `SpanView.logs`. */
export interface LogConvention {
  /** The `Client.id` of the client, where it has one (executor/clients): a session of its logs and of its spans is then one run. */
  readonly id: string;
  /** As `Convention.version`: of what it reads from the client's records. */
  readonly version: number;
  /** By scope or event name. Cheap. */
  applies(log: TimedLog): boolean;
  /**
   * What a record without a trace id belongs to: one run for each value. undefined: no run, it is kept apart. Never a value that runs
   * with traces share with others, or their logs would be two runs.
   */
  session(log: TimedLog): string | undefined;
  /** In order of time. Records of one client and run; the subject at the same place. */
  subjects(logs: readonly TimedLog[]): readonly (LogSubject | undefined)[];
}

/** A tool step with this call id. */
export const callKey = (id: string): string => `call ${id}`;
/** An llm step with this response id (Claude Code: the request id). */
export const responseKey = (id: string): string => `response ${id}`;

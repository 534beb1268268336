import type { AttributeValue } from '../../../telemetry/span-view.ts';

/**
 * One run as a file of trajectories tells it, before it becomes spans. A reader of a format makes it, `write-run.ts` writes it.
 * Everything foreign is JSON data of at most `maximumDepth` levels; texts are as they stand in the file.
 */
export interface RecordedRun {
  /** The part of the file that this run is: its hash gives the ids, so that the same run comes to the same ids from any file. */
  readonly source: unknown;
  /** Name of the run in the list. */
  readonly name: string;
  /** What runs of one task have in common. */
  readonly task: string | undefined;
  /** Nanoseconds since 1970, where the file has a time. */
  readonly startNs: bigint | undefined;
  readonly steps: readonly RecordedStep[];
  readonly outcome: Outcome;
  readonly attributes: Attributes;
  /** Fields that no attribute stands for, as they are in the file. */
  readonly rest: ReadonlyMap<string, unknown>;
}

export type Attributes = readonly (readonly [key: string, value: AttributeValue])[];

export interface Outcome {
  /** undefined: the file does not say. */
  readonly succeeded: boolean | undefined;
  /** Why it failed, in the file's own words. */
  readonly message: string;
}

export type RecordedStep = RecordedCall | RecordedTool;

interface StepTimes {
  /** Nanoseconds since 1970; undefined: the file does not say, and the step stands after the one before. */
  readonly startNs?: bigint | undefined;
  readonly durationNs?: bigint | undefined;
  readonly attributes?: Attributes | undefined;
}

export interface RecordedCall extends StepTimes {
  readonly kind: 'llm';
  /** What the model was given. */
  readonly input: Conversation;
  readonly output: SemanticMessage;
  readonly requestModel?: string | undefined;
  readonly responseModel?: string | undefined;
  readonly responseId?: string | undefined;
}

export interface RecordedTool extends StepTimes {
  readonly kind: 'tool';
  readonly name: string;
  readonly callId: string | undefined;
  readonly arguments: string | undefined;
  readonly result: string | undefined;
  /** Words for the failure where the file says that the call failed. */
  readonly error?: string | undefined;
}

/** The first `count` messages of a list that grows with the run, each as JSON text: calls share what they have in common. */
export interface Conversation {
  readonly messages: readonly string[];
  readonly count: number;
}

/** A message in the shape of OpenTelemetry's `gen_ai.input.messages` and `gen_ai.output.messages`. */
export interface SemanticMessage {
  readonly role: string;
  readonly parts: readonly SemanticPart[];
  readonly finish_reason?: string | undefined;
}

export type SemanticPart =
  | { readonly type: 'text' | 'reasoning'; readonly content: string }
  | {
      readonly type: 'tool_call';
      readonly id?: string | undefined;
      readonly name: string;
      readonly arguments?: unknown;
    }
  | { readonly type: 'tool_call_response'; readonly id?: string | undefined; readonly response: unknown }
  | Readonly<Record<string, unknown>>;

/** A format of recorded trajectories. */
export interface TrajectoryFormat {
  /** As import reports name it, and the last part of the scope name. */
  readonly id: string;
  /** Name of the agent and of the service. */
  readonly agent: string;
  /** Whether parsed JSON has the shape of this format, by its content alone. */
  recognises(document: unknown): boolean;
  /** The runs of a recognised document, one at a time; what is not read goes to `report`. */
  runs(document: unknown, report: TrajectoryReport): Iterable<RecordedRun>;
}

export interface TrajectoryReport {
  skip(reason: string): void;
  warn(message: string): void;
}

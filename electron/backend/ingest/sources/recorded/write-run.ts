import { createHash } from 'node:crypto';
import { nanos, spanId, traceId } from '../../../../../shared/model/units.ts';
import type { SpanId, TraceId } from '../../../../../shared/model/units.ts';
import { encodeValue, textRange } from '../../../telemetry/any-value.ts';
import { maximumSpanBytes } from '../../../telemetry/raw-span.ts';
import type { RawAttribute, RawResource, RawScope, TelemetrySink } from '../../../telemetry/raw-span.ts';
import { jsonText } from '../../conventions/structure.ts';
import { messageText } from './messages.ts';
import type {
  Attributes,
  Conversation,
  RecordedCall,
  RecordedRun,
  RecordedStep,
  RecordedTool,
  TrajectoryFormat,
} from './recorded-run.ts';

/** Where a run stands that has no time: 2000-01-01, before any agent, so that it is not taken for a real one. */
export const unknownStartNs = 946_684_800_000_000_000n;
/** A step whose duration is not known. */
const stepNs = 1_000_000n;
/** Steps of one run: the longest real trajectories have a few hundred. */
const maximumSteps = 100_000;
/** Attributes for fields that the product does not know; the others stand together in one. */
const maximumRestAttributes = 100;
const longestKey = 200;
/**
 * What the calls of one run may repeat of their context, together. A trajectory file has each message once; a call's span has all
 * before it: 250 answers with 3 kB each make 94 MB, and a hostile file of 128 MiB would make terabytes.
 */
const maximumContextBytes = 512 * 1024 * 1024;

interface SpanDraft {
  readonly id: SpanId;
  readonly parent: SpanId | undefined;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly statusCode: number;
  readonly statusMessage: string;
}

/** The call before, with the id under which it can be continued. */
interface Previous {
  readonly input: Conversation;
  readonly id: string;
}

type Content = Omit<SpanDraft, 'id' | 'parent' | 'startNs' | 'endNs'>;

const internalKind = 1;
const clientKind = 3;
const okStatus = 1;
const errorStatus = 2;

/** Writes recorded runs of one file as spans. The same run gives the same ids and times each time. */
export class RunWriter {
  private readonly format: TrajectoryFormat;
  private readonly sink: TelemetrySink;
  private readonly resource: RawResource;
  private readonly scope: RawScope;
  private readonly written = new Set<string>();
  private readonly contextLimit: number;
  private shortened = 0;

  constructor(format: TrajectoryFormat, sink: TelemetrySink, contextLimit = maximumContextBytes) {
    this.format = format;
    this.sink = sink;
    this.contextLimit = contextLimit;
    this.resource = {
      attributes: rawAttributes([['service.name', format.agent]]),
      droppedAttributes: 0,
      schemaUrl: '',
    };
    this.scope = {
      name: `retake.import.${format.id}`,
      version: '',
      attributes: [],
      droppedAttributes: 0,
      schemaUrl: '',
    };
  }

  /** Writes a run's spans, the root first, and pauses after each: a run may have many megabytes. */
  *write(run: RecordedRun): Generator<undefined> {
    const hash = createHash('sha256')
      .update(`${this.scope.name}\n${jsonText(run.source)}`)
      .digest('hex');
    const trace = traceId(hash.slice(0, 32));
    if (this.written.has(trace)) {
      this.sink.warn(`${run.name} stands more than once in the file, equal in everything: it is one run`);
      return;
    }
    this.written.add(trace);
    const steps = run.steps.slice(0, maximumSteps);
    if (steps.length < run.steps.length)
      this.sink.skip({
        line: undefined,
        reason: `${run.name}: steps after the first ${maximumSteps} were left out (${run.steps.length - steps.length})`,
      });
    const root = idOf(trace, 0);
    const start = run.startNs ?? unknownStartNs;
    const times = timesOf(steps, start);
    this.emit(trace, this.root(run, root, start, times.at(-1)?.endNs ?? start + stepNs));
    yield;
    // Only calls that others continue need an id that the file has not.
    const isLong =
      steps.reduce((sum, step) => sum + (step.kind === 'llm' ? sizeOf(step.input) : 0), 0) > this.contextLimit;
    let contextBytes = 0;
    let previous: Previous | undefined;
    for (const [index, step] of steps.entries()) {
      const place = { id: idOf(trace, index + 1), parent: root, ...(times[index] ?? { startNs: start, endNs: start }) };
      if (step.kind === 'tool') {
        this.emit(trace, { ...place, ...this.tool(step) });
      } else {
        contextBytes += sizeOf(step.input);
        const continued =
          contextBytes > this.contextLimit && previous?.input.messages === step.input.messages ? previous : undefined;
        if (continued !== undefined) this.shortened += 1;
        const id = step.responseId ?? (isLong ? `${trace}-${index + 1}` : undefined);
        this.emit(trace, { ...place, ...this.call(step, id, continued) });
        previous = id === undefined ? undefined : { input: step.input, id };
      }
      yield;
    }
  }

  /** After the last run. */
  end(): void {
    if (this.shortened === 0) return;
    this.sink.warn(
      `${this.shortened} model calls hold only the messages that are new since the call before: in full, the contexts of their runs would take more than ${Math.ceil(this.contextLimit / 1024 / 1024)} MiB each`,
    );
  }

  private root(run: RecordedRun, id: SpanId, startNs: bigint, endNs: bigint): SpanDraft {
    const { succeeded, message } = run.outcome;
    return {
      id,
      parent: undefined,
      name: `invoke_agent ${this.format.agent}`,
      kind: internalKind,
      startNs,
      endNs,
      attributes: [
        ['gen_ai.operation.name', 'invoke_agent'],
        ['gen_ai.agent.name', this.format.agent],
        ['gen_ai.workflow.name', run.name],
        ...(run.task === undefined ? [] : [['gen_ai.conversation.id', run.task] as const]),
        ...(succeeded === undefined ? [] : [['retake.outcome.succeeded', succeeded] as const]),
        ...run.attributes,
        ...restAttributes(run.rest),
      ],
      statusCode: succeeded === undefined ? 0 : succeeded ? okStatus : errorStatus,
      statusMessage: succeeded === false ? message : '',
    };
  }

  /** `continued`: the call before, when only what is new since it is written. */
  private call(step: RecordedCall, id: string | undefined, continued: Previous | undefined): Content {
    const model = step.requestModel ?? step.responseModel;
    const finish = step.output.finish_reason;
    return {
      name: model === undefined ? 'chat' : `chat ${model}`,
      kind: clientKind,
      statusCode: 0,
      statusMessage: '',
      attributes: [
        ['gen_ai.operation.name', 'chat'],
        ...(id === undefined ? [] : [['gen_ai.response.id', id] as const]),
        ...(step.requestModel === undefined ? [] : [['gen_ai.request.model', step.requestModel] as const]),
        ...(step.responseModel === undefined ? [] : [['gen_ai.response.model', step.responseModel] as const]),
        ...(finish === undefined ? [] : [['gen_ai.response.finish_reasons', [finish]] as const]),
        [
          'gen_ai.input.messages',
          `[${step.input.messages.slice(continued === undefined ? 0 : newFrom(continued.input), step.input.count).join(',')}]`,
        ],
        ['gen_ai.output.messages', `[${messageText(step.output)}]`],
        ...(continued === undefined ? [] : [['gen_ai.request.previous_response.id', continued.id] as const]),
        ...(step.attributes ?? []),
      ],
    };
  }

  private tool(step: RecordedTool): Content {
    return {
      name: `execute_tool ${step.name}`,
      kind: internalKind,
      statusCode: step.error === undefined ? 0 : errorStatus,
      statusMessage: step.error ?? '',
      attributes: [
        ['gen_ai.operation.name', 'execute_tool'],
        ['gen_ai.tool.name', step.name],
        ...(step.callId === undefined ? [] : [['gen_ai.tool.call.id', step.callId] as const]),
        ...(step.arguments === undefined ? [] : [['gen_ai.tool.call.arguments', step.arguments] as const]),
        ...(step.result === undefined ? [] : [['gen_ai.tool.call.result', step.result] as const]),
        ...(step.attributes ?? []),
      ],
    };
  }

  private emit(trace: TraceId, draft: SpanDraft): void {
    const attributes = rawAttributes(draft.attributes);
    const bytes = attributes.reduce(
      (sum, { key, value }) =>
        sum + key.length + (value.form === 'text' ? value.end - value.start : value.bytes.length),
      0,
    );
    if (bytes > maximumSpanBytes) {
      this.sink.skip({
        line: undefined,
        reason: `${draft.name}: its content takes more than ${maximumSpanBytes / 1024 / 1024} MiB`,
      });
      return;
    }
    this.sink.span({
      traceId: trace,
      spanId: draft.id,
      parentSpanId: draft.parent,
      traceState: '',
      flags: 0,
      name: draft.name,
      kind: draft.kind,
      startNs: nanos(draft.startNs),
      endNs: nanos(draft.endNs),
      attributes,
      droppedAttributes: 0,
      events: [],
      droppedEvents: 0,
      links: [],
      droppedLinks: 0,
      statusCode: draft.statusCode,
      statusMessage: draft.statusMessage,
      resource: this.resource,
      scope: this.scope,
    });
  }
}

/** A clock of whole seconds may stand behind the steps before: order comes first. */
function timesOf(
  steps: readonly RecordedStep[],
  start: bigint,
): readonly { readonly startNs: bigint; readonly endNs: bigint }[] {
  let now = start;
  return steps.map((step) => {
    const startNs = step.startNs !== undefined && step.startNs > now ? step.startNs : now;
    now = startNs + (step.durationNs ?? stepNs);
    return { startNs, endNs: now };
  });
}

const idOf = (trace: TraceId, index: number): SpanId =>
  spanId(createHash('sha256').update(`${trace}:${index}`).digest('hex').slice(0, 16));

/** Where the messages begin that a continued call adds: its predecessor's answer is known from there. */
const newFrom = ({ messages, count }: Conversation): number =>
  messages[count]?.startsWith('{"role":"assistant"') === true ? count + 1 : count;

const lengths = new WeakMap<readonly string[], number[]>();

/** Size of a context; characters are counted for bytes: a budget, not a size. Summed once per list, however many calls share it. */
function sizeOf({ messages, count }: Conversation): number {
  let sums = lengths.get(messages);
  if (sums === undefined) lengths.set(messages, (sums = [0]));
  while (sums.length <= count) sums.push((sums.at(-1) ?? 0) + (messages[sums.length - 1]?.length ?? 0));
  return sums[count] ?? 0;
}

const rawAttributes = (attributes: Attributes): readonly RawAttribute[] =>
  attributes.map(([key, value]) => ({ key, value: typeof value === 'string' ? textRange(value) : encodeValue(value) }));

/** One attribute per unknown field of the file, so that each is shown and searched by its own name. */
function restAttributes(rest: ReadonlyMap<string, unknown>): Attributes {
  const entries = [...rest];
  const own = entries.filter(([key]) => key.length <= longestKey).slice(0, maximumRestAttributes);
  const named = new Set(own.map(([key]) => key));
  const others = entries.filter(([key]) => !named.has(key));
  return [
    ...own.map(
      ([key, value]) =>
        [
          `retake.import.${key}`,
          typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? value
            : jsonText(value),
        ] as const,
    ),
    ...(others.length === 0 ? [] : [['retake.import_rest', jsonText(new Map(others))] as const]),
  ];
}

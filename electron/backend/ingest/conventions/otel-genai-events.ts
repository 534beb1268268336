import type { Message } from '../../../../shared/model/message.ts';
import type { EventView, LogView, SpanView } from '../../telemetry/span-view.ts';
import { dataOf, messagesOf, textReading, worseState } from './attribute-content.ts';
import type { MessagesReading, TextReading } from './convention.ts';
import { normaliseFinishReason } from './finish-reasons.ts';
import { readMessages } from './message-shapes.ts';
import { anyField, asArray, asText, field, isStructure, textField, textOrJson } from './structure.ts';

/**
 * OpenTelemetry GenAI content outside attributes: per-message events up to semconv 1.36 (`gen_ai.user.message`, `gen_ai.choice` …)
 * and `gen_ai.client.inference.operation.details` from 1.37, each as span event or as log record (FACTS.md, GenAI conventions).
 */
interface ContentEvent {
  readonly name: string;
  /** A field of the log body, or the attribute of that name. */
  get(key: string): unknown;
  /** The whole log body, where there is one. */
  readonly body: unknown;
}

const messageEvents: ReadonlyMap<string, string> = new Map([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
  ['gen_ai.tool.message', 'tool'],
]);
export const detailsEvent = 'gen_ai.client.inference.operation.details';
export const evaluationEvent = 'gen_ai.evaluation.result';
const maximumEvents = 20_000;

/** azure-ai-inference and Semantic Kernel write the whole message as JSON into this attribute (semantic-kernel#11659). */
const wholeMessage = 'gen_ai.event.content';

function fromEvent(event: EventView): ContentEvent {
  const body = dataOf(event.attributes.get(wholeMessage))?.data;
  return { name: event.name, body, get: (key) => field(body, key) ?? event.attributes.get(key) };
}

function fromLog(log: LogView): ContentEvent {
  const stated: unknown = typeof log.body === 'string' ? dataOf(log.body)?.data : log.body;
  const body = isStructure(stated) ? stated : (dataOf(log.attributes.get(wholeMessage))?.data ?? stated);
  return { name: log.eventName ?? '', body, get: (key) => field(body, key) ?? log.attributes.get(key) };
}

/** What an event tells of a call: others of this namespace (evaluations, exceptions, attempts) are no content. */
type Tells = 'input' | 'output' | 'details';

function tellsOf(name: string | undefined): Tells | undefined {
  if (name === undefined || !name.startsWith('gen_ai.')) return undefined;
  if (name === detailsEvent) return 'details';
  if (name === 'gen_ai.choice' || name === 'gen_ai.content.completion') return 'output';
  return messageEvents.has(name) || name === 'gen_ai.content.prompt' ? 'input' : undefined;
}

/** Span events where any tell of this, else the log records: exporters may send both, or one of them in part. */
function contentEvents(view: SpanView, tells: Tells): readonly ContentEvent[] {
  const events = view.events.slice(0, maximumEvents).filter((event) => tellsOf(event.name) === tells);
  if (events.length > 0) return events.map(fromEvent);
  return view.logs
    .slice(0, maximumEvents)
    .filter((log) => tellsOf(log.eventName) === tells)
    .map(fromLog);
}

export function hasContentEvents(view: SpanView): boolean {
  return (
    view.events.some((event) => tellsOf(event.name) !== undefined) ||
    view.logs.some((log) => tellsOf(log.eventName) !== undefined)
  );
}

/** Whether they hold what was asked: a record of details comes with content capture off too, with counts only (Google ADK). */
export function hasAskedEvents(view: SpanView): boolean {
  const isOfMessages = (name: string | undefined): boolean => {
    const tells = tellsOf(name);
    return tells !== undefined && tells !== 'details';
  };
  if (view.events.some(({ name }) => isOfMessages(name)) || view.logs.some(({ eventName }) => isOfMessages(eventName)))
    return true;
  const details = detailsOf(view);
  return (
    details !== undefined &&
    ['gen_ai.input.messages', 'gen_ai.system_instructions'].some((key) => details(key) !== undefined)
  );
}

/** The fields of the latest record that has them: of several for one call, later ones may carry only what is new. */
export function detailsOf(view: SpanView): ((key: string) => unknown) | undefined {
  const found = contentEvents(view, 'details');
  if (found.length === 0) return undefined;
  return (key) => {
    for (const event of found.toReversed()) {
      const value = event.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** `gen_ai.evaluation.result`, on the call it judges: what it is called, its verdict and its reason, in words. */
export function evaluationsOf(view: SpanView): readonly string[] {
  const events = view.events.filter(({ name }) => name === evaluationEvent).map(fromEvent);
  const logs = view.logs.filter(({ eventName }) => eventName === evaluationEvent).map(fromLog);
  return [...events, ...logs].slice(0, 100).map((event) => {
    const text = (key: string): string | undefined => textOrJson(event.get(`gen_ai.evaluation.${key}`));
    const score = text('score.value');
    const label = text('score.label');
    const verdict = [label, label === undefined ? score : score && `(${score})`].filter(Boolean).join(' ');
    const reason = text('explanation')?.slice(0, 1_000);
    return `${text('name') ?? 'evaluation'}: ${verdict || 'no score'}${reason === undefined ? '' : `. ${reason}`}`;
  });
}

/** Input messages of the per-message events, in order; the answer's own history messages included. */
export function inputFromEvents(view: SpanView): MessagesReading | undefined {
  const found = contentEvents(view, 'input').flatMap((event) => {
    if (event.name === 'gen_ai.content.prompt') return messagesOf(dataOf(event.get('gen_ai.prompt')), 'user') ?? [];
    const role = messageEvents.get(event.name);
    return role === undefined ? [] : [messageOf(role, event)];
  });
  return join(found);
}

export function outputFromEvents(view: SpanView): MessagesReading | undefined {
  const found = contentEvents(view, 'output').flatMap((event) => {
    if (event.name === 'gen_ai.content.completion')
      return messagesOf(dataOf(event.get('gen_ai.completion')), 'assistant') ?? [];
    return event.name === 'gen_ai.choice' ? [choiceOf(event)] : [];
  });
  return join(found);
}

function join(readings: readonly MessagesReading[]): MessagesReading | undefined {
  if (readings.length === 0) return undefined;
  return {
    messages: readings.flatMap((reading) => reading.messages),
    state: readings.map((reading) => reading.state).reduce(worseState),
  };
}

function messageOf(role: string, event: ContentEvent): MessagesReading {
  // Strands and others write content blocks as JSON text; a plain text that happens to be JSON stays text.
  const content = dataOf(event.get('content'));
  const isBlocks = asArray(content?.data)?.some(isStructure) === true;
  const fields = new Map<string, unknown>(
    [
      ['role', event.get('role') ?? role],
      ['content', isBlocks ? content?.data : event.get('content')],
      ['tool_calls', dataOf(event.get('tool_calls'))?.data],
      ['name', event.get('name')],
      ['tool_call_id', role === 'tool' ? (event.get('id') ?? event.get('tool_call_id')) : undefined],
    ].filter((entry): entry is [string, unknown] => entry[1] !== undefined),
  );
  const messages = readMessages(fields, { role }) ?? [];
  return { messages, state: content?.state ?? 'full' };
}

function choiceOf(event: ContentEvent): MessagesReading {
  const raw = event.get('message') ?? event.get('content');
  const reading = dataOf(raw);
  // `message` is the message, its bare content blocks, or its text; JSON that is none of these is the text itself.
  const blocks = asArray(reading?.data)?.some(isStructure) === true ? reading?.data : raw;
  const fields = isStructure(reading?.data) ? reading.data : new Map([['content', blocks]]);
  const content = dataOf(anyField(fields, 'content', 'parts'));
  const isBlocks = asArray(content?.data)?.some(isStructure) === true;
  const message =
    readMessages(
      new Map<string, unknown>([
        ['role', textField(fields, 'role') ?? 'assistant'],
        ['content', isBlocks ? content?.data : (anyField(fields, 'content', 'parts', 'text') ?? '')],
        ['tool_calls', dataOf(field(fields, 'tool_calls') ?? event.get('tool_calls'))?.data ?? []],
      ]),
      { role: 'assistant' },
    ) ?? [];
  const reason = asText(event.get('finish_reason'));
  return {
    messages:
      reason === undefined
        ? message
        : message.map((item) => ({ ...item, finishReason: normaliseFinishReason(reason) })),
    state: reading?.state ?? 'full',
  };
}

/** Strands writes a tool's input as `gen_ai.tool.message` and its output as `gen_ai.choice` on the tool span itself. */
export function toolTextFromEvents(view: SpanView, part: 'arguments' | 'result'): TextReading | undefined {
  if (part === 'arguments')
    return textReading(
      contentEvents(view, 'input')
        .find((event) => event.name === 'gen_ai.tool.message')
        ?.get('content'),
    );
  const output = view.events.find((event) => event.name === 'tool.output' || event.name === 'tool.result');
  return (
    textReading(
      contentEvents(view, 'output')
        .findLast((event) => event.name === 'gen_ai.choice')
        ?.get('message'),
    ) ?? textReading(output?.attributes.get('content') ?? output?.attributes.get('output'))
  );
}

/** Logfire / pydantic-ai v1: a JSON array of the same events in one attribute. */
export function messagesFromEventList(
  value: unknown,
): { readonly input: readonly Message[]; readonly output: readonly Message[] } | undefined {
  const list = asArray(dataOf(value)?.data);
  if (list === undefined) return undefined;
  const events = list.slice(0, maximumEvents).map((item): ContentEvent => ({
    name: textField(item, 'event.name') ?? '',
    body: item,
    get: (key) => field(item, key),
  }));
  if (!events.some((event) => event.name.startsWith('gen_ai.'))) return undefined;
  return {
    input: events.flatMap((event) => {
      const role = messageEvents.get(event.name);
      return role === undefined ? [] : messageOf(role, event).messages;
    }),
    output: events.flatMap((event) => (event.name === 'gen_ai.choice' ? choiceOf(event).messages : [])),
  };
}

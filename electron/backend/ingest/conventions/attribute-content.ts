import type { Message } from '../../../../shared/model/message.ts';
import type { ContentState } from '../../../../shared/model/step.ts';
import type { AttributeReader } from '../../telemetry/span-view.ts';
import type { MessagesReading, Parameter, TextReading } from './convention.ts';
import { createGrowingJson } from './growing-json.ts';
import { maximumMessages, readMessages } from './message-shapes.ts';
import { entriesOf, jsonText, textOrJson } from './structure.ts';
import { parseTolerantJson } from './tolerant-json.ts';

/** Content attributes: JSON text or structured, cut off or blanked; and the values that stand for "nothing" (FACTS.md, Fields). */
const nothing: ReadonlySet<string> = new Set([
  '',
  '{}',
  '[]',
  'undefined',
  'null',
  'None',
  'N/A',
  '<not specified>',
  '<not serializable>',
  '"N/A"',
]);
const redacted = /^"?(<redacted>|\[redacted\]|__redacted__|\*{3,})"?$/i;
const cutSuffix = /(\.\.\.|…)\s*\[truncated[^\]]*\]$|\[truncated\]$/i;

export function isRedacted(text: string): boolean {
  return text.length < 40 && redacted.test(text.trim());
}

/** A text that says something: undefined for absent values and for placeholders. */
export function meaningful(value: string | undefined): string | undefined {
  return value === undefined || (value.length < 40 && nothing.has(value.trim())) ? undefined : value;
}

export interface DataReading {
  /** JSON data, AnyValue data, or the plain text where it is no JSON. */
  readonly data: unknown;
  readonly state: ContentState;
}

const parseGrowing = createGrowingJson();

const readings = new WeakMap<AttributeReader, Map<string, DataReading | undefined>>();

/** An attribute as data; undefined when it is absent or says nothing. Parsed once per span, however many conventions ask. */
export function readData(attributes: AttributeReader, key: string): DataReading | undefined {
  if (!attributes.has(key)) return undefined;
  let known = readings.get(attributes);
  if (known === undefined) readings.set(attributes, (known = new Map()));
  if (!known.has(key)) known.set(key, dataOf(attributes.get(key)));
  return known.get(key);
}

export function dataOf(value: unknown): DataReading | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return listOf(value);
  if (typeof value !== 'string') return { data: value, state: 'full' };
  if (meaningful(value) === undefined) return undefined;
  if (isRedacted(value)) return { data: value, state: 'redacted' };
  const parsed = parseGrowing(value);
  if (parsed === undefined) return { data: value, state: cutSuffix.test(value.slice(-80)) ? 'truncated' : 'full' };
  const state = parsed.truncated ? 'truncated' : 'full';
  // JSON of JSON (MLflow): only where it holds something; a text that is JSON by chance was not encoded twice.
  const inner = typeof parsed.value === 'string' && holdsJson(parsed.value) ? dataOf(parsed.value) : undefined;
  if (inner !== undefined && typeof inner.data === 'object') return inner;
  return Array.isArray(parsed.value) ? listOf(parsed.value as unknown[], state) : { data: parsed.value, state };
}

const holdsJson = (text: string): boolean => /^\s*[[{]/.test(text.slice(0, 100));

/** A list of JSON texts is the list that they stand for (sentry#94405): an attribute of OpenTelemetry cannot nest. */
function listOf(list: readonly unknown[], state: ContentState = 'full'): DataReading {
  if (list.length === 0 || !list.every((item) => typeof item === 'string' && holdsJson(item)))
    return { data: list, state };
  let worst = state;
  const items = list.map((item) => {
    const parsed = parseTolerantJson(String(item));
    if (parsed?.truncated === true) worst = worseState(worst, 'truncated');
    return parsed === undefined || typeof parsed.value !== 'object' ? item : parsed.value;
  });
  return { data: items, state: worst };
}

/** Messages in an attribute of any shape; undefined when there are none. Redacted content has no messages but a state. */
export function readMessageAttribute(
  attributes: AttributeReader,
  key: string,
  role: string,
): MessagesReading | undefined {
  return messagesOf(readData(attributes, key), role);
}

export function messagesOf(reading: DataReading | undefined, role: string): MessagesReading | undefined {
  if (reading === undefined) return undefined;
  if (reading.state === 'redacted') return { messages: [], state: 'redacted' };
  const messages = readMessages(reading.data, { role });
  if (messages === undefined || messages.length === 0) return undefined;
  if (messages.length >= maximumMessages) return { messages, state: 'truncated' };
  return { messages, state: stateOfMessages(messages, reading.state) };
}

/** Any data as one message of text, where no message shape fits: shown rather than lost. */
export function asOneMessage(reading: DataReading | undefined, role: string): MessagesReading | undefined {
  const found = messagesOf(reading, role);
  if (found !== undefined || reading === undefined) return found;
  return {
    messages: [{ role, parts: [{ type: 'text', text: textOrJson(reading.data) ?? '' }] }],
    state: reading.state,
  };
}

/** A text attribute as sent, with its state; structured values become JSON text. */
export function readTextAttribute(attributes: AttributeReader, key: string): TextReading | undefined {
  return textReading(attributes.get(key));
}

export function textReading(value: unknown): TextReading | undefined {
  const text = textOrJson(value);
  if (text === undefined || text === '') return undefined;
  if (isRedacted(text)) return { text, state: 'redacted' };
  return { text, state: cutSuffix.test(text.slice(-80)) ? 'truncated' : 'full' };
}

export function firstText(attributes: AttributeReader, keys: readonly string[]): TextReading | undefined {
  for (const key of keys) {
    const found = readTextAttribute(attributes, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stateOfMessages(messages: readonly Message[], state: ContentState): ContentState {
  if (state !== 'full') return state;
  let texts = 0;
  let blanked = 0;
  for (const message of messages) {
    for (const part of message.parts) {
      if (part.type !== 'text') continue;
      texts += 1;
      if (isRedacted(part.text)) blanked += 1;
    }
  }
  return texts > 0 && blanked === texts ? 'redacted' : 'full';
}

/** The worse of two states, for a step whose input and output differ. */
export function worseState(left: ContentState, right: ContentState): ContentState {
  const order: readonly ContentState[] = ['none', 'full', 'truncated', 'redacted'];
  return order.indexOf(left) >= order.indexOf(right) ? left : right;
}

/** Fields of a JSON object as request parameters, without the ones that are content or identity. */
export function parametersOf(data: unknown, leaveOut: ReadonlySet<string>): readonly Parameter[] {
  return entriesOf(data)
    .slice(0, 200)
    .flatMap(([name, value]) => {
      if (leaveOut.has(name) || value === null || value === undefined || value === '') return [];
      return [{ name, value: typeof value === 'string' ? value : jsonText(value) }];
    });
}

export function parametersWithPrefix(
  attributes: AttributeReader,
  prefix: string,
  leaveOut: ReadonlySet<string>,
): readonly Parameter[] {
  return attributes
    .keysWithPrefix(prefix)
    .slice(0, 200)
    .flatMap((key) => {
      const name = key.slice(prefix.length);
      const value = textOrJson(attributes.get(key));
      return leaveOut.has(name) || value === undefined || value === '' ? [] : [{ name, value }];
    });
}

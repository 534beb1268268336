import type { Edit } from '../../shared/model/edit.ts';
import { recogniseCall } from '../support/backend-internals.ts';
import type { Exchange } from '../support/backend-internals.ts';
import type { Wire } from './agent-plan.ts';
import type { Random } from './random.ts';
import { keyOf } from './sent-call.ts';
import type { SentCall } from './sent-call.ts';
import { makeValue, shapes } from './shapes.ts';

/** An edit of one recorded call, with what must be true of every request that it is in force in. */
export interface ChosenEdit {
  readonly kind: EditKind;
  readonly edits: readonly Edit[];
  /** The call that goes live. */
  readonly path: string;
  readonly turn: number;
  readonly seq: number;
  /** The message that it is about, or `system`. */
  readonly object?: string | undefined;
  /** The object's text in the recording. */
  readonly original?: string | undefined;
  /** The object's text afterwards. */
  readonly text?: string | undefined;
  /** Stands in what was edited, and nowhere else. */
  readonly marker?: string | undefined;
  /** Must not stand in the object any more. */
  readonly absent?: string | undefined;
  /** Of a message that is put in: those around it. */
  readonly between?: readonly [string | undefined, string | undefined];
  readonly scope?: 'fork' | 'run';
  readonly value?: string | number;
  /** Of a parameter: its name, which other formats may not have. */
  readonly parameter?: 'temperature' | 'generationConfig';
}

export const editKinds = [
  'system',
  'system-sentence',
  'user',
  'assistant',
  'result',
  'remove',
  'insert',
  'answer',
  'answer-call',
  'model',
  'parameter',
  'tool-removed',
  'tool-added',
  'rule',
] as const;
export type EditKind = (typeof editKinds)[number];
const weights: Readonly<Partial<Record<EditKind, number>>> = {
  system: 3,
  user: 3,
  result: 6,
  answer: 3,
  'answer-call': 2,
};

export interface ForkCall {
  readonly call: SentCall;
  readonly exchange: Exchange;
  /** Its request, with the history that its provider keeps. */
  readonly whole: string;
}

/** An edit of the call, of the first kind that fits it. Undefined: none does. */
export function chooseEdit(
  random: Random,
  { call, exchange, whole }: ForkCall,
  only?: EditKind,
): ChosenEdit | undefined {
  const kinds =
    only === undefined
      ? random
          .fork('kinds')
          .shuffled(editKinds.flatMap((kind) => Array.from({ length: weights[kind] ?? 1 }, () => kind)))
      : [only];
  for (const kind of kinds) {
    const found = make(kind, random.fork(kind), call, exchange, whole);
    if (found) return { path: call.path, turn: call.turn, seq: exchange.seq, kind, ...found };
  }
  return undefined;
}

const markerOf = (random: Random): string =>
  random.chance(0.5)
    ? `Quokka${random.text('abcdefghijklmnop', 5)}`
    : makeValue(random.pick(shapes), random, Date.UTC(2034, 4, 5), `/tmp/edit-${random.text('abcdef', 4)}`);

/** A text with the marker in it. */
function changed(random: Random, text: string): { readonly text: string; readonly marker: string } {
  const marker = markerOf(random);
  const tokens = [...new Set(text.match(/[A-Za-z0-9][\w#:./-]{3,}[A-Za-z0-9]/g) ?? [])];
  switch (random.below(3)) {
    case 0:
      return { text: `${text} Remember ${marker} too.`, marker };
    case 1:
      if (tokens.length > 0) return { text: text.replace(random.pick(tokens), () => marker), marker };
      return { text: `Instead: ${marker}.`, marker };
    default:
      return { text: `Instead: ${marker}.`, marker };
  }
}

function make(
  kind: EditKind,
  random: Random,
  call: SentCall,
  exchange: Exchange,
  whole: string,
): Omit<ChosenEdit, 'path' | 'turn' | 'seq' | 'kind'> | undefined {
  const recognised = recogniseCall('POST', exchange.path);
  if (!recognised) throw new Error(`No wire format for ${exchange.path}.`);
  const { items } = recognised.format.readRequest(JSON.parse(whole), recognised.route);
  const { request } = call;
  const messages =
    request.previous === undefined
      ? request.messages
      : [...call.history, ...request.messages.filter(({ name }) => !call.history.some((kept) => kept.name === name))];
  const answered = call.reply?.answered;
  /** Where the product counts a message, by its role and text. */
  const itemOf = (role: string, text: string): number => {
    const found = items.flatMap((item, at) =>
      item.role === role && item.parts.some((part) => part.type === 'text' && part.text === text) ? [at] : [],
    );
    // Of twins in a kept history it is not known which the edit would be of.
    return request.previous !== undefined && found.length > 1 ? -1 : (found[0] ?? -1);
  };
  const isOwn = (name: string): boolean => /^(?:open|u)\d/.test(name);
  switch (kind) {
    case 'system': {
      const { text, marker } = changed(random, request.system);
      return { edits: [{ op: 'message', item: 'system', text }], object: 'system', text, marker };
    }
    case 'system-sentence': {
      const sentences = request.system.match(/[A-Z][^.]*\./g) ?? [];
      if (sentences.length < 2) return undefined;
      const absent = random.pick(sentences.slice(1));
      const text = request.system.replaceAll(absent, '').replaceAll('  ', ' ').trim();
      return { edits: [{ op: 'message', item: 'system', text }], object: 'system', text, absent };
    }
    case 'user':
    case 'assistant': {
      const role = kind;
      const all = messages.filter(
        (message) => message.role === role && message.text !== '' && (role === 'assistant' || isOwn(message.name)),
      );
      if (all.length === 0) return undefined;
      const message = random.pick(all);
      const item = itemOf(role, message.text);
      if (item === -1) return undefined;
      const { text, marker } = changed(random, message.text);
      return { edits: [{ op: 'message', item, text }], object: message.name, original: message.text, text, marker };
    }
    case 'result': {
      const all = messages.filter((message) => message.role === 'tool' && message.callId !== undefined);
      if (all.length === 0) return undefined;
      const message = random.pick(all);
      const { text, marker } = changed(random, message.text);
      return {
        edits: [{ op: 'tool_result', callId: message.callId ?? '', content: text }],
        object: message.name,
        original: message.text,
        text,
        marker,
      };
    }
    case 'remove': {
      const all = messages.filter((message) => message.role === 'user' && isOwn(message.name));
      if (all.length < 2) return undefined;
      const message = random.pick(all);
      const item = itemOf('user', message.text);
      return item === -1
        ? undefined
        : { edits: [{ op: 'remove_message', item }], object: message.name, absent: message.text };
    }
    case 'insert': {
      // Between a call and its result there is no place for a message.
      const places = messages.flatMap((message, at) => (message.role === 'user' && isOwn(message.name) ? [at] : []));
      const at = random.pick([...places, messages.length]);
      const marker = markerOf(random);
      const text = `Note also ${marker}.`;
      const before = messages[at - 1]?.name;
      const next = messages[at];
      const item = next ? itemOf('user', next.text) : items.length;
      if (item === -1) return undefined;
      return {
        edits: [{ op: 'insert_message', item, role: 'user', text }],
        object: 'inserted',
        between: [before, next?.name ?? `a${call.turn}`],
        text,
        marker,
      };
    }
    case 'answer': {
      const marker = markerOf(random);
      const said = answered?.text ?? '';
      const picks = /PICK: ([^|]*) \|/.exec(said)?.[1];
      const text = picks === undefined ? `By hand: ${marker}.` : said.replace(picks, () => marker);
      return { edits: [{ op: 'response', parts: [{ type: 'text', text }] }], object: `a${call.turn}`, text, marker };
    }
    case 'answer-call': {
      const calls = answered?.calls ?? [];
      if (calls.length === 0) return undefined;
      const marker = markerOf(random);
      const which = random.below(calls.length);
      const key = /KEY=([^;]*);/.exec(calls[which]?.argument ?? '')?.[1];
      return {
        edits: [
          {
            op: 'response',
            parts: [
              ...(answered && answered.text !== '' ? [{ type: 'text' as const, text: answered.text }] : []),
              ...calls.map((one, index) => ({
                type: 'tool_call' as const,
                ...(one.id === undefined ? {} : { id: one.id }),
                name: one.tool,
                arguments: JSON.stringify({
                  q:
                    index !== which
                      ? one.argument
                      : key === undefined
                        ? `${marker} instead`
                        : one.argument.replace(key, () => marker),
                }),
              })),
            ],
          },
        ],
        object: `a${call.turn}`,
        marker,
      };
    }
    case 'model': {
      const scope = random.pick(['fork', 'run'] as const);
      return { edits: [{ op: 'model', model: 'm-two', scope }], scope, value: 'm-two' };
    }
    case 'parameter': {
      const scope = random.pick(['fork', 'run'] as const);
      const set = isGemini(call.wire) ? { generationConfig: { temperature: 0.123 } } : { temperature: 0.123 };
      return {
        edits: [{ op: 'params', set, scope }],
        scope,
        value: 0.123,
        parameter: isGemini(call.wire) ? 'generationConfig' : 'temperature',
      };
    }
    case 'tool-removed': {
      if (request.tools.length < 2) return undefined;
      const scope = random.pick(['fork', 'run'] as const);
      const name = random.pick(request.tools.filter((tool) => tool !== 'lookup'));
      return { edits: [{ op: 'tools', remove: [name], scope }], scope, value: name };
    }
    case 'tool-added': {
      if (request.tools.length === 0) return undefined;
      const scope = random.pick(['fork', 'run'] as const);
      return {
        edits: [
          {
            op: 'tools',
            add: [{ name: 'escalate', description: 'Asks a person.', parameters: '{"type":"object"}' }],
            scope,
          },
        ],
        scope,
        value: 'escalate',
      };
    }
    case 'rule': {
      const word = random.pick(request.system.match(/[A-Za-z]{5,}/g) ?? ['conversations']);
      const marker = markerOf(random);
      return { edits: [{ op: 'prompt_rule', find: word, replace: marker, where: 'system' }], absent: word, marker };
    }
    default:
      return kind satisfies never;
  }
}

/** In whose requests the temperature stands in a member of its own. */
export const isGemini = (wire: Wire): boolean => wire === 'gemini' || wire === 'gemini-ids';

export const editWords = (edit: ChosenEdit): string =>
  `${edit.kind}${edit.object === undefined ? '' : ` ${edit.object}`}${edit.scope === undefined ? '' : ` (${edit.scope})`} at ${keyOf(edit)}`;

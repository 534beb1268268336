import { resultNames } from '../../../../shared/model/result-name.ts';
import type { NamedResult } from '../../../../shared/model/result-name.ts';
import { forkTextLimit } from '../../../../shared/model/take.ts';
import type { ForkItem } from '../../../../shared/model/take.ts';
import { defined } from '../../base/json-values.ts';
import type { WireCall, WireItem, WirePart } from '../gateway/wire.ts';

/** Most of a long conversation is not read in the sheet: what is cut is fetched with `takes.forkItem`. */
const argumentLimit = 2_000;

/** The messages of a request as an edit names them: instructions first, then items counted from 0, their texts counted from 0. */
export function forkItems(call: Pick<WireCall, 'system' | 'items'>, textLimit = forkTextLimit): readonly ForkItem[] {
  const system =
    call.system.length > 0 ? [forkItem('system', { role: 'system', parts: call.system }, [], textLimit)] : [];
  const names = [...resultNames(call.items.flatMap(resultsOf))];
  return [
    ...system,
    ...call.items.map((item, index) => forkItem(index, item, names.splice(0, resultsOf(item).length), textLimit)),
  ];
}

/** One of them as a whole; undefined where the request has no such message. */
export function wholeForkItem(
  call: Pick<WireCall, 'system' | 'items'>,
  wanted: ForkItem['item'],
): ForkItem | undefined {
  return forkItems(call, Infinity).find(({ item }) => item === wanted);
}

function resultsOf({ parts }: WireItem): readonly NamedResult[] {
  return parts.flatMap((part) => (part.type === 'tool_result' ? [{ callId: part.id, name: part.name }] : []));
}

function forkItem(
  item: 'system' | number,
  { role, parts }: WireItem,
  names: readonly string[],
  textLimit: number,
): ForkItem {
  const results = parts.filter((part) => part.type === 'tool_result');
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const cut = (text: string): string => text.slice(0, textLimit);
  return {
    item,
    role,
    texts: texts.map((text, part) => ({ part, text: cut(text), length: text.length })),
    toolCalls: parts.flatMap((part) =>
      part.type === 'tool_call'
        ? [{ name: part.name, ...defined({ id: part.id, arguments: part.arguments?.slice(0, argumentLimit) }) }]
        : [],
    ),
    toolResults: results.map((part, at) => ({
      named: names[at] ?? '',
      text: cut(part.result),
      length: part.result.length,
      ...defined({ callId: part.id, name: part.name, isError: part.isError }),
    })),
    others: parts.flatMap((part) => otherOf(part)),
  };
}

function otherOf(part: WirePart): readonly string[] {
  switch (part.type) {
    case 'text':
    case 'tool_call':
    case 'tool_result':
      return [];
    case 'reasoning':
      return [part.encrypted === true || part.text === undefined ? 'reasoning (not readable)' : 'reasoning'];
    case 'media':
      return [`${part.modality}${part.mimeType === undefined ? '' : ` (${part.mimeType.slice(0, 100)})`}`];
    case 'unknown':
      return ['a part that Retake does not know'];
    default:
      return [];
  }
}

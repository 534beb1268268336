import type { Cause } from '../../../../shared/model/cause.ts';
import type { CallKeys, ItemKey, MatchLevel } from './call-keys.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';

/** Items at the beginning that are equal but for what is scrubbed. */
export function sharedItems(left: CallKeys, right: CallKeys): number {
  const limit = Math.min(left.items.length, right.items.length);
  let count = 0;
  while (count < limit && left.items[count]?.scrubbed === right.items[count]?.scrubbed) count++;
  return count;
}

const maximumNamed = 10;

/**
 * What differs between a request and the recorded one: what was looked past when it was served, or why it was not. In the order of
 * the request; at level `exact` what explains a mismatch best comes first.
 */
export function differencesOf(live: LiveCall, recorded: RecordedCall, level: MatchLevel): readonly Cause[] {
  const differences: Cause[] = [];
  if (live.call.model !== recorded.call.model)
    differences.push({ kind: 'model-changed', recorded: recorded.call.model, live: live.call.model });
  if (live.keys.system.scrubbed !== recorded.keys.system.scrubbed) differences.push({ kind: 'instructions-changed' });
  else if (live.keys.system.exact !== recorded.keys.system.exact)
    differences.push({ kind: 'passed-over', hits: [...live.keys.system.hits] });
  if (live.keys.tools !== recorded.keys.tools) differences.push({ kind: 'tools-changed' });
  if (live.keys.params !== recorded.keys.params) differences.push({ kind: 'parameters-changed' });
  const count = Math.max(live.keys.items.length, recorded.keys.items.length);
  for (let at = 0; at < count; at++) {
    const ours = live.keys.items[at];
    const theirs = recorded.keys.items[at];
    if (ours?.exact === theirs?.exact) continue;
    if (differences.length >= maximumNamed) {
      differences.push({ kind: 'more' });
      break;
    }
    if (!ours) {
      differences.push({ kind: 'item-missing', item: { at, role: theirs?.role ?? '' } });
      break;
    }
    const item = itemOf(live, at, ours);
    if (!theirs) {
      differences.push({ kind: 'item-added', item });
      break;
    }
    differences.push(
      ours.scrubbed === theirs.scrubbed
        ? { kind: 'passed-over', item, hits: [...ours.hits] }
        : { kind: 'item-changed', item },
    );
  }
  return level === 'exact' ? differences.toSorted((a, b) => rank(a) - rank(b)) : differences;
}

/** What explains a mismatch comes before what matching may look past, and that before what is always there. */
function rank({ kind }: Cause): number {
  if (kind === 'parameters-changed' || kind === 'passed-over') return 2;
  return kind === 'instructions-changed' ? 1 : 0;
}

function itemOf(live: LiveCall, at: number, { role }: ItemKey): Extract<Cause, { kind: 'item-changed' }>['item'] {
  if (role !== 'tool') return { at, role };
  const part = live.call.items[at]?.parts.find(({ type }) => type === 'tool_result');
  const id = part?.type === 'tool_result' ? part.id : undefined;
  const call = live.call.items
    .flatMap(({ parts }) => parts)
    .find((other) => other.type === 'tool_call' && other.id === id);
  return { at, role, ...(call?.type === 'tool_call' ? { tool: call.name } : {}) };
}

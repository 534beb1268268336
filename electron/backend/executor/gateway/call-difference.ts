import type { CallKeys, MatchLevel } from './call-keys.ts';
import type { LiveCall, RecordedCall } from './match.ts';

/** Items at the beginning that are equal but for what is scrubbed. */
export function sharedItems(left: CallKeys, right: CallKeys): number {
  const limit = Math.min(left.items.length, right.items.length);
  let count = 0;
  while (count < limit && left.items[count]?.scrubbed === right.items[count]?.scrubbed) count++;
  return count;
}

const maximumNamed = 10;

/** In words, what differs between a request and the recorded one: what was ignored when it was served, or why it was not. */
export function describeDifference(live: LiveCall, recorded: RecordedCall, level: MatchLevel): readonly string[] {
  const differences: string[] = [];
  if (live.call.model !== recorded.call.model)
    differences.push(`model ${recorded.call.model} became ${live.call.model}`);
  if (live.keys.system.scrubbed !== recorded.keys.system.scrubbed) differences.push('instructions changed');
  else if (live.keys.system.exact !== recorded.keys.system.exact)
    differences.push(scrubbedWords('instructions', live.keys.system.hits));
  if (live.keys.tools !== recorded.keys.tools) differences.push('tool definitions changed');
  if (live.keys.params !== recorded.keys.params) differences.push('parameters changed');
  const count = Math.max(live.keys.items.length, recorded.keys.items.length);
  for (let at = 0; at < count; at++) {
    const ours = live.keys.items[at];
    const theirs = recorded.keys.items[at];
    if (ours?.exact === theirs?.exact) continue;
    if (differences.length >= maximumNamed) {
      differences.push('and more');
      break;
    }
    if (!ours) {
      differences.push(`message ${at} (${theirs?.role}) is missing`);
      break;
    }
    const name = nameOfItem(live, at, ours.role);
    if (!theirs) {
      differences.push(`${name} is new`);
      break;
    }
    differences.push(ours.scrubbed === theirs.scrubbed ? scrubbedWords(name, ours.hits) : `${name} changed`);
  }
  return level === 'exact' ? differences.toSorted((a, b) => rank(a) - rank(b)) : differences;
}

/** What explains a mismatch comes before what matching may look past, and that before what is always there. */
function rank(difference: string): number {
  if (difference === 'parameters changed' || difference.includes(': ')) return 2;
  return difference === 'instructions changed' ? 1 : 0;
}

function scrubbedWords(name: string, hits: readonly string[]): string {
  return `${name}: ${hits.length > 0 ? hits.join(', ') : 'ids'}`;
}

function nameOfItem(live: LiveCall, at: number, role: string): string {
  if (role !== 'tool') return `message ${at} (${role})`;
  const part = live.call.items[at]?.parts.find(({ type }) => type === 'tool_result');
  const id = part?.type === 'tool_result' ? part.id : undefined;
  const call = live.call.items
    .flatMap(({ parts }) => parts)
    .find((other) => other.type === 'tool_call' && other.id === id);
  return `result of ${call?.type === 'tool_call' ? call.name : 'a tool'}`;
}

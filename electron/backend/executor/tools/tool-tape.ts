import { canonicalArguments, scrubbedArguments } from './tool-call.ts';
import type { RecordedToolCall, ToolCall } from './tool-call.ts';
import { ownToolName } from './tool-effect.ts';

/** The parent's tool calls, found again by what they were (FACTS.md, Tools on a re-run). */
export interface ToolTape {
  /** The recorded call that this one repeats: by its id, else by name and arguments, the n-th such call by the n-th. Uses nothing up. */
  find(call: ToolCall, afterFork: boolean): TapeFinding | undefined;
  /** The next call with the same arguments gets the next recorded one. */
  use(found: TapeFinding): void;
  /** Recorded calls of the same tool, closest first. */
  candidates(
    call: ToolCall,
    limit: number,
  ): readonly {
    readonly recorded: RecordedToolCall;
    /** In words; empty for the same arguments. */ readonly difference: string;
  }[];
}

export interface TapeFinding {
  readonly recorded: RecordedToolCall;
  readonly how: 'id' | 'arguments' | 'scrubbed' | 'closest';
}

interface Entry {
  readonly recorded: RecordedToolCall;
  readonly canonical: string;
  readonly scrubbed: string;
  used: boolean;
}

export function createToolTape(recorded: readonly RecordedToolCall[], folders: readonly string[]): ToolTape {
  const entries = recorded.map((call): Entry => {
    const canonical = canonicalArguments(call.arguments);
    return { recorded: call, canonical, scrubbed: scrubbedArguments(canonical, folders), used: false };
  });
  const byName = Map.groupBy(entries, (entry) => entry.recorded.name);
  const byOwnName = Map.groupBy(entries, (entry) => ownToolName(entry.recorded.name));
  // A proxy that was not told its server's name knows the tool's own name only.
  const entriesOf = (name: string): readonly Entry[] => byName.get(name) ?? byOwnName.get(name) ?? [];
  const byId = Map.groupBy(
    entries.filter((entry) => entry.recorded.id !== undefined),
    (entry) => entry.recorded.id,
  );

  return {
    find(call, afterFork) {
      const ofTool = entriesOf(call.name);
      const canonical = canonicalArguments(call.arguments);
      const scrubbed = scrubbedArguments(canonical, folders);
      if (call.id !== undefined) {
        const sameId = (byId.get(call.id) ?? []).filter((entry) => ofTool.includes(entry));
        const [only] = sameId;
        const found =
          sameId.find((entry) => entry.canonical === canonical) ??
          sameId.find((entry) => entry.scrubbed === scrubbed) ??
          // Before the fork every answer is a recorded one, and so are its ids; a client may write its arguments anew.
          (!afterFork && sameId.length === 1 ? only : undefined);
        if (found) return { recorded: found.recorded, how: 'id' };
      }
      const same = ofTool.find((entry) => !entry.used && entry.canonical === canonical);
      if (same) return { recorded: same.recorded, how: 'arguments' };
      // After the fork a model names other things: what is alike but for them is another call.
      const [alike, another] = afterFork ? [] : ofTool.filter((entry) => !entry.used && entry.scrubbed === scrubbed);
      return alike && !another ? { recorded: alike.recorded, how: 'scrubbed' } : undefined;
    },
    use({ recorded: used }) {
      const entry = entries.find((candidate) => candidate.recorded === used);
      if (entry) entry.used = true;
    },
    candidates(call, limit) {
      const canonical = canonicalArguments(call.arguments);
      const scrubbed = scrubbedArguments(canonical, folders);
      return entriesOf(call.name)
        .map((entry) => ({
          entry,
          differing: entry.canonical === canonical ? [] : differences(canonical, entry.canonical),
        }))
        .map((candidate) => ({
          ...candidate,
          rank:
            candidate.entry.canonical === canonical
              ? 0
              : candidate.entry.scrubbed === scrubbed
                ? 1
                : 2 + candidate.differing.length,
        }))
        .toSorted((a, b) => a.rank - b.rank || Number(a.entry.used) - Number(b.entry.used))
        .slice(0, limit)
        .map(({ entry, differing }) => ({ recorded: entry.recorded, difference: wordsOf(differing) }));
    },
  };
}

/** Names of the arguments that differ; one empty name where the arguments are not two objects. */
function differences(left: string, right: string): readonly string[] {
  const a = membersOf(left);
  const b = membersOf(right);
  if (!a || !b) return [''];
  return [...new Set([...a.keys(), ...b.keys()])].filter((key) => a.get(key) !== b.get(key)).toSorted();
}

function membersOf(canonical: string): ReadonlyMap<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(canonical);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value).map(([key, item]) => [key, JSON.stringify(item)]));
  } catch {
    return undefined;
  }
}

const namedAtMost = 5;
const longestNamed = 60;

function wordsOf(differing: readonly string[]): string {
  if (differing.length === 0) return '';
  if (differing[0] === '') return 'other arguments';
  const named = differing
    .slice(0, namedAtMost)
    .map((name) => (name.length > longestNamed ? `${name.slice(0, longestNamed)}…` : name));
  return `differs in ${named.join(', ')}${differing.length > namedAtMost ? ` and ${differing.length - namedAtMost} more` : ''}`;
}

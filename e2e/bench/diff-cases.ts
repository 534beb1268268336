import { nanos } from '../../shared/model/units.ts';
import { belongsTo, cloneTurn, copyRun, editParts, renameIds, setArguments, setResult, toolsOf } from './diff-edits.ts';
import type { EditableRun, Item, Turn } from './diff-edits.ts';

/** One run edited in one known way, and where the two must be said to part. */
export interface KnownEdit {
  readonly a: EditableRun;
  readonly b: EditableRun;
  /** The steps of the divergence, each side by itself: undefined where the edit is no difference at all. */
  readonly divergence: { readonly a: Item | undefined; readonly b: Item | undefined } | undefined;
  /** Both steps are at the divergence and either side may name it: a swap is two changes at one place. */
  readonly eitherSide?: boolean;
  /** Recorded steps whose partner is a matter of taste (what follows a fork): no pair of theirs counts for or against. */
  readonly open?: ReadonlySet<number>;
}

export type Random = () => number;

export const editKinds = {
  'insert turn': insertTurn,
  'insert call': insertCall,
  'drop turn': dropTurn,
  'drop call': dropCall,
  'repeat turn': repeatTurn,
  'repeat call': repeatCall,
  'swap turns': swapTurns,
  'reword answer': rewordAnswer,
  'reword prompt': rewordPrompt,
  'reword result': rewordResult,
  'change argument': changeArgument,
  'change argument of the step alone': changeArgumentAlone,
  'reorder parallel calls': reorderCalls,
  'renumber ids': renumberIds,
  'shift times': shiftTimes,
} as const satisfies Readonly<Record<string, (run: EditableRun, random: Random) => KnownEdit | undefined>>;

function pick<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random() * items.length)];
}

function both(run: EditableRun): { readonly a: EditableRun; readonly b: EditableRun } {
  return { a: copyRun(run), b: copyRun(run) };
}

/** A turn that can be taken out or doubled: not the last, which answers. */
function middleTurn(run: EditableRun, random: Random): number | undefined {
  const middle = run.turns.flatMap((turn, at) => (at < run.turns.length - 1 && toolsOf(turn).length > 0 ? [at] : []));
  return pick(middle, random);
}

const words = ['amber', 'basalt', 'cedar', 'delta', 'ember', 'fjord', 'garnet', 'harbor'];

function otherWord(random: Random): string {
  return `${pick(words, random) ?? 'word'} ${pick(words, random) ?? 'word'}`;
}

/** Another value in place of one of the argument values. */
export function otherArguments(text: string, random: Random): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const keys = Object.keys(value);
      const key = pick(keys, random);
      if (key !== undefined) {
        const old: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
        return JSON.stringify({
          ...value,
          [key]:
            typeof old === 'number'
              ? old + 1 + Math.floor(random() * 9)
              : `${otherWord(random)} ${typeof old === 'string' ? old.slice(0, Math.floor(old.length / 2)) : ''}`,
        });
      }
    }
  } catch {
    // Plain text: reworded whole.
  }
  return `${text} ${otherWord(random)}`;
}

function setCallArguments(turn: Turn, tool: Item, text: string): void {
  editParts(turn, (part) => (part.type === 'tool_call' && belongsTo(part, tool) ? { ...part, arguments: text } : part));
}

function setSeenResult(turn: Turn, tool: Item, text: string): void {
  editParts(turn, (part) => (part.type === 'tool_result' && belongsTo(part, tool) ? { ...part, result: text } : part));
}

let made = 0;
function freshId(): string {
  made += 1;
  return `new_${made}`;
}

function insertedTurn(run: EditableRun, at: number): Turn {
  const template = run.turns[at];
  if (!template) throw new Error(`There is no turn ${at}.`);
  const suffix = freshId();
  return cloneTurn(template, (id) => `${id}${suffix}`);
}

function insertTurn(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  if (at === undefined) return undefined;
  const turn = insertedTurn(b, at);
  for (const tool of toolsOf(turn)) {
    const text = otherArguments(tool.tool?.arguments ?? '{}', random);
    setArguments(tool, text);
    setCallArguments(turn, tool, text);
    const result = JSON.stringify({ found: otherWord(random), by: text });
    setResult(tool, result);
    setSeenResult(turn, tool, result);
  }
  b.turns.splice(at + 1, 0, turn);
  return { a, b, divergence: { a: undefined, b: turn.llm } };
}

/** One more parallel call in an answer. */
function insertCall(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const turn = at === undefined ? undefined : b.turns[at];
  const tool = turn && pick(toolsOf(turn), random);
  if (!turn || !tool || at === undefined) return undefined;
  const suffix = freshId();
  const text = otherArguments(tool.tool?.arguments ?? '{}', random);
  const copy: Item = {
    ...structuredClone({ step: tool.step, content: tool.content, tool: tool.tool }),
    source: undefined,
    parent: tool.parent,
    asker: tool.asker,
  };
  const { facts } = copy.step;
  copy.step = {
    ...copy.step,
    id: `${copy.step.id}${suffix}`,
    facts: { ...facts, tool: facts.tool && { ...facts.tool, callId: `${facts.tool.callId ?? 'call'}${suffix}` } },
  };
  setArguments(copy, text);
  setResult(copy, `${tool.tool?.result ?? ''} ${otherWord(random)}`);
  turn.items.splice(turn.items.indexOf(tool) + 1, 0, copy);
  const id = copy.step.facts.tool?.callId;
  const add = (parts: readonly Turn['added'][number]['parts'][number][]): Turn['added'][number]['parts'] =>
    parts.flatMap((part) => {
      if (!belongsTo(part, tool)) return [part];
      if (part.type === 'tool_call') return [part, { ...part, id, arguments: text }];
      return part.type === 'tool_result' ? [part, { ...part, id, result: copy.tool?.result ?? '' }] : [part];
    });
  turn.added = turn.added.map((message) => ({ ...message, parts: add(message.parts) }));
  if (turn.llm.content)
    turn.llm.content = {
      ...turn.llm.content,
      output: turn.llm.content.output.map((message) => ({ ...message, parts: add(message.parts) })),
    };
  return { a, b, divergence: { a: a.turns[at]?.llm, b: turn.llm } };
}

function dropTurn(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  if (at === undefined || run.turns.length < 4) return undefined;
  b.turns.splice(at, 1);
  return { a, b, divergence: { a: a.turns[at]?.llm, b: undefined } };
}

/** A call that was asked for and left no step: only the step goes. */
function dropCall(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const turn = at === undefined ? undefined : b.turns[at];
  const tool = turn && pick(toolsOf(turn), random);
  if (!turn || !tool || b.turns.some(({ items }) => items.some(({ parent }) => parent === tool))) return undefined;
  turn.items.splice(turn.items.indexOf(tool), 1);
  return {
    a,
    b,
    divergence: { a: a.turns.flatMap(({ items }) => items).find(({ source }) => source === tool.source), b: undefined },
  };
}

function repeatTurn(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  if (at === undefined) return undefined;
  const turn = insertedTurn(b, at);
  b.turns.splice(at + 1, 0, turn);
  return { a, b, divergence: { a: undefined, b: turn.llm } };
}

/** The same call carried out twice. */
function repeatCall(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const turn = at === undefined ? undefined : b.turns[at];
  const tool = turn && pick(toolsOf(turn), random);
  if (!turn || !tool || b.turns.some(({ items }) => items.some(({ parent }) => parent === tool))) return undefined;
  const copy: Item = {
    ...structuredClone({ step: tool.step, content: tool.content, tool: tool.tool }),
    source: undefined,
    parent: tool.parent,
    asker: tool.asker,
  };
  copy.step = { ...copy.step, id: `${copy.step.id}${freshId()}` };
  turn.items.splice(turn.items.indexOf(tool) + 1, 0, copy);
  return { a, b, divergence: { a: undefined, b: copy } };
}

function swapTurns(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = pick(
    run.turns.flatMap((turn, place) =>
      place < run.turns.length - 2 && toolsOf(turn).length > 0 && toolsOf(run.turns[place + 1] ?? turn).length > 0
        ? [place]
        : [],
    ),
    random,
  );
  const [first, second] = at === undefined ? [] : [b.turns[at], b.turns[at + 1]];
  if (at === undefined || !first || !second) return undefined;
  b.turns.splice(at, 2, second, first);
  return { a, b, divergence: { a: a.turns[at]?.llm, b: second.llm }, eitherSide: true };
}

function rewordAnswer(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = pick(
    run.turns.flatMap(({ llm }, place) =>
      llm.content?.output.some(({ parts }) => parts.some(({ type }) => type === 'text')) === true ? [place] : [],
    ),
    random,
  );
  const turn = at === undefined ? undefined : b.turns[at];
  if (at === undefined || !turn) return undefined;
  const word = otherWord(random);
  const spoken = new Set(
    turn.llm.content?.output.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : []))),
  );
  editParts(turn, (part) =>
    part.type === 'text' && spoken.has(part.text) ? { ...part, text: reword(part.text, word) } : part,
  );
  return { a, b, divergence: { a: a.turns[at]?.llm, b: turn.llm } };
}

/** The same change for the same text, so that what was said comes back as it was said. */
function reword(text: string, word: string): string {
  const parts = text.split(' ');
  const at = parts.length > 2 ? 1 + (Math.floor(text.length * 7.3) % (parts.length - 1)) : 0;
  parts.splice(at, 1, word);
  return parts.join(' ');
}

function rewordPrompt(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const word = otherWord(random);
  let done = false;
  for (const [at, message] of b.base.entries()) {
    const place = message.parts.findIndex(({ type }) => type === 'text');
    const part = message.parts[place];
    if (part?.type !== 'text' || (done && random() < 0.5)) continue;
    b.base[at] = { ...message, parts: message.parts.with(place, { ...part, text: reword(part.text, word) }) };
    done = true;
  }
  return done ? { a, b, divergence: { a: a.turns[0]?.llm, b: b.turns[0]?.llm } } : undefined;
}

function rewordResult(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const turn = at === undefined ? undefined : b.turns[at];
  const tool =
    turn &&
    pick(
      toolsOf(turn).filter(({ tool: texts }) => texts?.result !== undefined),
      random,
    );
  if (!turn || !tool) return undefined;
  const text = `${tool.tool?.result ?? ''} ${otherWord(random)}`;
  setResult(tool, text);
  setSeenResult(turn, tool, text);
  return { a, b, divergence: { a: sourceIn(a, tool), b: tool } };
}

function sourceIn(run: EditableRun, item: Item): Item | undefined {
  return [...run.before, ...run.turns.flatMap(({ items }) => items)].find(({ source }) => source === item.source);
}

function changeArgument(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const turn = at === undefined ? undefined : b.turns[at];
  const tool = turn && pick(toolsOf(turn), random);
  if (!turn || !tool || at === undefined) return undefined;
  const text = otherArguments(tool.tool?.arguments ?? '{}', random);
  setArguments(tool, text);
  setCallArguments(turn, tool, text);
  return { a, b, divergence: { a: a.turns[at]?.llm, b: turn.llm } };
}

/** The agent called the tool with other arguments than the model asked for. */
function changeArgumentAlone(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = middleTurn(run, random);
  const tool =
    at === undefined
      ? undefined
      : pick(
          (b.turns[at] ? toolsOf(b.turns[at]) : []).filter(
            ({ content }) => content?.toolArguments?.startsWith('{') === true,
          ),
          random,
        );
  if (!tool) return undefined;
  setArguments(tool, otherArguments(tool.tool?.arguments ?? '{}', random));
  return { a, b, divergence: { a: sourceIn(a, tool), b: tool } };
}

function reorderCalls(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const turn = pick(
    b.turns.filter((candidate) => toolsOf(candidate).length > 1),
    random,
  );
  if (!turn) return undefined;
  const tools = toolsOf(turn);
  const [first, second] = random() < 0.5 ? [tools[0], tools[1]] : [tools.at(-2), tools.at(-1)];
  if (!first || !second) return undefined;
  const wrapped = (item: Item): Item[] =>
    turn.items.filter(
      (other) =>
        other === item ||
        (isAbove(other, item) && !isAbove(other, first === item ? second : first)) ||
        isAbove(item, other),
    );
  const blocks = [wrapped(first), wrapped(second)];
  const start = Math.min(...blocks.flat().map((item) => turn.items.indexOf(item)));
  if (turn.items.slice(start, start + blocks.flat().length).some((item) => !blocks.flat().includes(item)))
    return undefined;
  turn.items.splice(start, blocks.flat().length, ...(blocks[1] ?? []), ...(blocks[0] ?? []));
  const swapParts = (messages: Turn['added']): Turn['added'] => {
    const flat = messages
      .flatMap(({ parts }) => parts)
      .filter((part) => belongsTo(part, first) || belongsTo(part, second));
    return messages.map((message) => ({
      ...message,
      parts: message.parts.map((part) => {
        if (!belongsTo(part, first) && !belongsTo(part, second)) return part;
        const other = belongsTo(part, first) ? second : first;
        return flat.find((candidate) => candidate.type === part.type && belongsTo(candidate, other)) ?? part;
      }),
    }));
  };
  turn.added = swapParts(turn.added);
  if (turn.llm.content) turn.llm.content = { ...turn.llm.content, output: swapParts([...turn.llm.content.output]) };
  return { a, b, divergence: undefined };
}

function isAbove(above: Item, item: Item): boolean {
  for (let parent = item.parent; parent; parent = parent.parent) if (parent === above) return true;
  return false;
}

/** Span ids and call ids, and an id in what a tool gave back. */
function renumberIds(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  for (const turn of b.turns) renameIds(turn, (id) => `call_${Array.from(id).toReversed().join('')}9Xz`);
  addToResult(a, b, random, () => `request req_${Math.floor(random() * 1e15).toString(36)}Q7 done`);
  return { a, b, divergence: undefined };
}

function shiftTimes(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const shift = BigInt(Math.floor(random() * 1e9)) * 1_000_000n;
  const stretch = 1 + Math.floor(random() * 3);
  for (const { items } of b.turns) {
    for (const item of items) {
      const { startNs, endNs } = item.step;
      item.step = {
        ...item.step,
        startNs: nanos(startNs + shift),
        endNs: endNs === undefined ? undefined : nanos(startNs + shift + (endNs - startNs) * BigInt(stretch)),
      };
    }
  }
  addToResult(
    a,
    b,
    random,
    () =>
      `finished at ${new Date(1.7e12 + Math.floor(random() * 1e11)).toISOString()} in ${(random() * 9).toFixed(2)}s`,
  );
  return { a, b, divergence: undefined };
}

/** Another text on each side of the same result. */
function addToResult(a: EditableRun, b: EditableRun, random: Random, text: () => string): void {
  const at = middleTurn(a, random);
  if (at === undefined) return;
  const place = Math.floor(random() * toolsOf(a.turns[at] ?? fail()).length);
  for (const run of [a, b]) {
    const turn = run.turns[at] ?? fail();
    const tool = toolsOf(turn)[place];
    if (!tool || tool.tool?.result === undefined) continue;
    const result = `${tool.tool.result.startsWith('{') ? 'note' : tool.tool.result} ${text()}`;
    setResult(tool, result);
    setSeenResult(turn, tool, result);
  }
}

function fail(): never {
  throw new Error('This run has no such turn.');
}

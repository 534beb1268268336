import type { Message, Part } from '../../shared/model/message.ts';
import { nanos } from '../../shared/model/units.ts';
import { stepsOf } from '../support/backend-internals.ts';
import type {
  StepContents,
  LibraryReader,
  StoredStep,
  ContentReader,
  AssembledStep,
  StepContent,
} from '../support/backend-internals.ts';

/**
 * A recorded run that can be edited in known ways: its steps in turns (an llm step with what it asked for) and what each turn
 * added to the context, so that later contexts are what the agent would have sent.
 */
export interface Item {
  step: AssembledStep;
  content: StepContent | undefined;
  tool: { arguments: string | undefined; result: string | undefined } | undefined;
  parent: Item | undefined;
  asker: Item | undefined;
  /** The step of the recorded run that this one is; undefined: there is none. */
  source: number | undefined;
  /** A failed attempt of this llm step: it saw what that one saw. */
  attemptOf?: Item | undefined;
}

export interface Turn {
  readonly llm: Item;
  readonly items: Item[];
  /** Messages that this turn adds to the context of the next. */
  added: Message[];
}

export interface EditableRun {
  readonly before: Item[];
  readonly base: Message[];
  readonly turns: Turn[];
  /** Each llm step's input holds only what is new (server-side threads). */
  readonly threaded: boolean;
}

/** undefined: this run's contexts do not grow by appending, so that edits could not be carried on. */
export function editableRun(reader: LibraryReader, contents: ContentReader, runId: string): EditableRun | undefined {
  const items: Item[] = [];
  for (const stored of stepsOf(reader, runId)) {
    const { step } = stored;
    const content =
      step.origin === 'span' && step.spanSeq !== undefined ? contents.content(runId, step.spanSeq)?.content : undefined;
    items.push({
      step: structuredClone(step),
      content: content && structuredClone(content),
      tool: step.facts.tool ? { ...contents.tool(stored) } : undefined,
      parent: step.parentIndex === undefined ? undefined : items[step.parentIndex],
      asker: undefined,
      source: step.index,
    });
  }
  for (const item of items) item.asker = item.step.requestedBy === undefined ? undefined : items[item.step.requestedBy];
  const calls = items.filter(
    ({ step, content }) =>
      step.facts.kind === 'llm' && !step.facts.hidden && content !== undefined && content.input.length > 0,
  );
  if (calls.length < 3) return undefined;
  const starts = calls.map((llm, at) => turnStart(items, llm, calls[at - 1]));
  const threaded = calls.some(({ content }) => content?.continues !== undefined);
  const turns = calls.map((llm, at): Turn => {
    const next = calls[at + 1]?.content?.input ?? [];
    return {
      llm,
      items: items.slice(starts[at], starts[at + 1] ?? items.length),
      added: structuredClone([...(threaded || next.length === 0 ? next : next.slice(llm.content?.input.length))]),
    };
  });
  const grows =
    threaded ||
    turns.every(
      ({ llm }, at) => at === 0 || (llm.content?.input.length ?? 0) >= (turns[at - 1]?.llm.content?.input.length ?? 0),
    );
  if (!grows) return undefined;
  return {
    before: items.slice(0, starts[0]),
    base: structuredClone([...(calls[0]?.content?.input ?? [])]),
    turns,
    threaded,
  };
}

/** Wrappers around an llm step that hold no earlier one belong to its turn. */
function turnStart(items: readonly Item[], llm: Item, previous: Item | undefined): number {
  let start = llm;
  for (let above = llm.parent; above; above = above.parent) {
    if (previous && items.indexOf(previous) >= items.indexOf(above)) break;
    if (above.step.facts.kind === 'agent' || above.parent === undefined) break;
    start = above;
  }
  return items.indexOf(start);
}

export function copyRun(run: EditableRun): EditableRun {
  const copies = new Map<Item, Item>();
  const copy = (item: Item): Item => {
    let made = copies.get(item);
    if (!made) {
      made = {
        ...structuredClone({ step: item.step, content: item.content, tool: item.tool, source: item.source }),
        parent: undefined,
        asker: undefined,
      };
      copies.set(item, made);
      made.parent = item.parent && copy(item.parent);
      made.asker = item.asker && copy(item.asker);
    }
    return made;
  };
  return {
    before: run.before.map(copy),
    base: structuredClone(run.base),
    threaded: run.threaded,
    turns: run.turns.map(({ llm, items, added }) => ({
      llm: copy(llm),
      items: items.map(copy),
      added: structuredClone(added),
    })),
  };
}

/** The edited run as the comparison reads it, with the recorded step of each of its steps. */
export interface FinishedRun {
  readonly stored: readonly StoredStep[];
  readonly contents: StepContents;
  readonly sources: readonly (number | undefined)[];
  readonly items: readonly Item[];
}

export function finishRun(run: EditableRun): FinishedRun {
  const items = [...run.before, ...run.turns.flatMap((turn) => turn.items)];
  let context = run.base;
  for (const [at, turn] of run.turns.entries()) {
    const input = at > 0 && run.threaded ? (run.turns[at - 1]?.added ?? []) : context;
    for (const item of turn.items)
      if ((item === turn.llm || item.attemptOf === turn.llm) && item.content) item.content = { ...item.content, input };
    context = [...context, ...turn.added];
  }
  const places = new Map(items.map((item, place) => [item, place]));
  const stored: StoredStep[] = items.map((item, index) => ({
    runId: 'edited' as StoredStep['runId'],
    runStartNs: nanos(0n),
    step: {
      ...item.step,
      index,
      parentIndex: item.parent && places.get(item.parent),
      requestedBy: item.asker && places.get(item.asker),
      spanSeq: item.content ? index : undefined,
      resultSpanSeq: undefined,
      origin: item.content ? 'span' : item.step.origin === 'span' ? 'messages' : item.step.origin,
    },
  }));
  return {
    stored,
    contents: {
      content: (_runId, seq) => {
        const content = items[seq]?.content;
        return content && { content };
      },
      tool: ({ step }) => items[step.index]?.tool ?? { arguments: undefined, result: undefined },
    },
    sources: items.map(({ source }) => source),
    items,
  };
}

export function toolsOf({ llm, items }: Turn): Item[] {
  return items.filter((item) => item.step.facts.kind === 'tool' && !item.step.facts.hidden && item.asker === llm);
}

/** Changes every part of a turn's answer and of what it adds to the context. undefined: the part goes. */
export function editParts(turn: Turn, edit: (part: Part) => Part | undefined): void {
  const editMessages = (messages: readonly Message[]): Message[] =>
    messages
      .map((message) => ({ ...message, parts: message.parts.flatMap((part) => edit(part) ?? []) }))
      .filter(({ parts }) => parts.length > 0);
  if (turn.llm.content) turn.llm.content = { ...turn.llm.content, output: editMessages(turn.llm.content.output) };
  turn.added = editMessages(turn.added);
  const { facts } = turn.llm.step;
  turn.llm.step = {
    ...turn.llm.step,
    facts: {
      ...facts,
      requestedTools: facts.requestedTools.flatMap((call) => {
        const part = edit({
          type: 'tool_call',
          name: call.name,
          ...(call.id === undefined ? {} : { id: call.id }),
          ...(call.arguments === undefined ? {} : { arguments: call.arguments }),
        });
        return part?.type === 'tool_call' ? [{ ...call, id: part.id, name: part.name, arguments: part.arguments }] : [];
      }),
    },
  };
}

export function callIdOf(tool: Item): string | undefined {
  return tool.step.facts.tool?.callId;
}

/** Whether a part is this tool's call or result. */
export function belongsTo(part: Part, tool: Item): boolean {
  const id = callIdOf(tool);
  return (part.type === 'tool_call' || part.type === 'tool_result') && id !== undefined && part.id === id;
}

export function setArguments(tool: Item, text: string): void {
  if (tool.tool) tool.tool.arguments = text;
  if (tool.content) tool.content = { ...tool.content, toolArguments: text };
}

export function setResult(tool: Item, text: string): void {
  if (tool.tool) tool.tool.result = text;
  if (tool.content) tool.content = { ...tool.content, toolResult: text };
}

/** Beyond the groups of any recorded run, and other ones for each copy. */
let clonedGroups = 1_000_000;

/** A copy of a turn that did not happen in the recording: own ids, no source. */
export function cloneTurn(turn: Turn, rename: (id: string) => string): Turn {
  const copies = new Map<Item, Item>();
  clonedGroups += 10_000;
  for (const item of turn.items) {
    copies.set(item, {
      ...structuredClone({ step: item.step, content: item.content, tool: item.tool }),
      source: undefined,
      parent: item.parent && (copies.get(item.parent) ?? item.parent),
      asker: undefined,
    });
  }
  for (const [item, copy] of copies) {
    copy.asker = item.asker && (copies.get(item.asker) ?? item.asker);
    const { parallelGroup } = copy.step;
    if (parallelGroup !== undefined) copy.step = { ...copy.step, parallelGroup: parallelGroup + clonedGroups };
  }
  const llm = copies.get(turn.llm);
  if (!llm) throw new Error('A turn holds its llm step.');
  const cloned: Turn = { llm, items: [...copies.values()], added: structuredClone(turn.added) };
  renameIds(cloned, rename);
  return cloned;
}

export function renameIds(turn: Turn, rename: (id: string) => string): void {
  editParts(turn, (part) =>
    (part.type === 'tool_call' || part.type === 'tool_result') && part.id !== undefined
      ? { ...part, id: rename(part.id) }
      : part,
  );
  for (const item of turn.items) {
    const { facts } = item.step;
    item.step = {
      ...item.step,
      id: rename(item.step.id),
      facts: {
        ...facts,
        responseId: facts.responseId && rename(facts.responseId),
        tool: facts.tool && { ...facts.tool, callId: facts.tool.callId && rename(facts.tool.callId) },
      },
    };
  }
}

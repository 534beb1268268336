import { nanos } from '../../shared/model/units.ts';
import { otherArguments } from './diff-cases.ts';
import type { Random } from './diff-cases.ts';
import {
  belongsTo,
  cloneTurn,
  copyRun,
  editParts,
  finishRun,
  renameIds,
  setArguments,
  setResult,
  toolsOf,
} from './diff-edits.ts';
import type { EditableRun, Item, Turn } from './diff-edits.ts';

/**
 * Edits at one turn of a run, made so that several of them can be laid on one run. Each changes `b` at turn `at` (where `b` is
 * still the recording up to there) and says which steps part.
 */
export interface TurnEdit {
  readonly divergence: { readonly a: Item | undefined; readonly b: Item | undefined } | undefined;
  readonly eitherSide?: boolean;
  readonly open?: readonly number[];
  /** How the call is set up, not what it did: the divergence only where nothing else is. */
  readonly settingOnly?: boolean;
}

export interface Place {
  readonly a: EditableRun;
  readonly b: EditableRun;
  readonly at: number;
  readonly random: Random;
}

export type EditTurn = (place: Place) => TurnEdit | undefined;

export const turnEdits = {
  'other model': otherModel,
  'other temperature': otherTemperature,
  'other tool': otherTool,
  'tool fails': toolFails,
  'one call less': oneCallLess,
  'other sentence before the call': otherSentence,
  'block inserted': insertBlock,
  'block dropped': dropBlock,
  'answer reworded': otherSentence,
  'argument changed': otherArgument,
  'result changed': otherResult,
  'turn inserted': insertOne,
  'turn dropped': dropOne,
} as const satisfies Readonly<Record<string, EditTurn>>;

/** What the rules ignore: no divergence by itself. */
export const noiseEdits = {
  'attempt retried': attemptRetried,
  'tool attempt retried': toolRetried,
  'keys and spaces': keysAndSpaces,
  'temporary paths': temporaryPaths,
} as const satisfies Readonly<Record<string, EditTurn>>;

let made = 0;
export function freshSuffix(): string {
  made += 1;
  return `m${made}`;
}

export function pickOne<T>(items: readonly T[], random: Random): T | undefined {
  return items[Math.floor(random() * items.length)];
}

export function turnOf(run: EditableRun, at: number): Turn {
  const turn = run.turns[at];
  if (!turn) throw new Error(`This run has no turn ${at}.`);
  return turn;
}

function llmAt({ a, b, at }: Place): { readonly a: Item; readonly b: Item } {
  return { a: turnOf(a, at).llm, b: turnOf(b, at).llm };
}

function twin(run: EditableRun, item: Item): Item | undefined {
  return [...run.before, ...run.turns.flatMap(({ items }) => items)].find(({ source }) => source === item.source);
}

const nouns = ['lantern', 'orchard', 'quarry', 'saddle', 'timber', 'violet', 'willow', 'zephyr'];
function phrase(random: Random): string {
  return `${pickOne(nouns, random) ?? ''} ${pickOne(nouns, random) ?? ''} ${pickOne(nouns, random) ?? ''}`;
}

/** A turn that did not happen in the recording: like another one, with other words. */
export function strangeTurn(template: Turn, random: Random): Turn {
  const suffix = freshSuffix();
  const turn = cloneTurn(template, (id) => `${id}${suffix}`);
  changeTurn(turn, random);
  return turn;
}

/** Other arguments, results and sentences in every part of a turn. */
export function changeTurn(turn: Turn, random: Random): void {
  const texts = new Map<Item, { readonly args: string; readonly result: string }>();
  for (const tool of toolsOf(turn)) {
    const args = otherArguments(tool.tool?.arguments ?? '{}', random);
    const result = `${phrase(random)}: ${(tool.tool?.result ?? '').slice(0, 60)}`;
    texts.set(tool, { args, result });
    setArguments(tool, args);
    setResult(tool, result);
  }
  const say = phrase(random);
  editParts(turn, (part) => {
    const own = [...texts].find(([tool]) => belongsTo(part, tool))?.[1];
    if (part.type === 'tool_call' && own) return { ...part, arguments: own.args };
    if (part.type === 'tool_result' && own) return { ...part, result: own.result };
    return part.type === 'text' ? { ...part, text: `${say} ${part.text}` } : part;
  });
}

function otherModel(place: Place): TurnEdit {
  const { a, b } = llmAt(place);
  b.step = {
    ...b.step,
    facts: {
      ...b.step.facts,
      name: 'other-model-9',
      requestModel: 'other-model-9',
      responseModel: 'other-model-9-2026',
    },
  };
  return { divergence: { a, b }, settingOnly: true };
}

function otherTemperature(place: Place): TurnEdit | undefined {
  const { a, b } = llmAt(place);
  if (!b.content) return undefined;
  b.content = {
    ...b.content,
    parameters: [
      ...b.content.parameters.filter(({ name }) => !name.endsWith('temperature')),
      { name: 'temperature', value: '0.73' },
    ],
  };
  return { divergence: { a, b }, settingOnly: true };
}

function someTool({ b, at, random }: Place): Item | undefined {
  return pickOne(toolsOf(turnOf(b, at)), random);
}

/** Another tool with the same arguments: whether the two calls are one step that changed is open. */
function otherTool(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  if (!tool?.step.facts.tool || tool.source === undefined) return undefined;
  const turn = turnOf(place.b, place.at);
  const name = 'another_tool';
  const id = tool.step.facts.tool.callId;
  const number = turn.llm.step.facts.requestedTools.findIndex((call) => call.id === id);
  editParts(turn, (part) => (part.type === 'tool_call' && belongsTo(part, tool) ? { ...part, name } : part));
  if (id === undefined || number === -1) return undefined;
  tool.step = { ...tool.step, facts: { ...tool.step.facts, name, tool: { ...tool.step.facts.tool, name } } };
  return { divergence: llmAt(place), open: [tool.source] };
}

function toolFails(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  if (!tool) return undefined;
  const text = `Error: ${phrase(place.random)}`;
  setResult(tool, text);
  editParts(turnOf(place.b, place.at), (part) =>
    part.type === 'tool_result' && belongsTo(part, tool) ? { ...part, result: text } : part,
  );
  const { facts } = tool.step;
  tool.step = {
    ...tool.step,
    facts: {
      ...facts,
      status: 'error',
      error: { type: 'ToolError', message: text },
      tool: facts.tool && { ...facts.tool, isError: true },
    },
  };
  return { divergence: { a: twin(place.a, tool), b: tool } };
}

/** The model asks for one call less: what differs first is its answer. */
function oneCallLess(place: Place): TurnEdit | undefined {
  const turn = turnOf(place.b, place.at);
  const tools = toolsOf(turn);
  const tool = pickOne(tools, place.random);
  if (!tool || tools.length < 2) return undefined;
  removeItem(turn, tool);
  editParts(turn, (part) => (belongsTo(part, tool) ? undefined : part));
  return { divergence: llmAt(place) };
}

function removeItem(turn: Turn, item: Item): void {
  for (const other of turn.items) if (other.parent === item) other.parent = item.parent;
  turn.items.splice(turn.items.indexOf(item), 1);
}

function otherSentence(place: Place): TurnEdit | undefined {
  const turn = turnOf(place.b, place.at);
  const { llm } = turn;
  if (!llm.content || llm.content.output.length === 0) return undefined;
  const say = `I think ${phrase(place.random)} first.`;
  const spoken = llm.content.output.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
  );
  if (spoken[0] === undefined) return undefined;
  editParts(turn, (part) =>
    part.type === 'text' && part.text === spoken[0] ? { ...part, text: `${say} ${part.text}` } : part,
  );
  return { divergence: llmAt(place) };
}

function otherArgument(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  if (!tool) return undefined;
  const text = otherArguments(tool.tool?.arguments ?? '{}', place.random);
  setArguments(tool, text);
  editParts(turnOf(place.b, place.at), (part) =>
    part.type === 'tool_call' && belongsTo(part, tool) ? { ...part, arguments: text } : part,
  );
  return { divergence: llmAt(place) };
}

function otherResult(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  if (tool?.tool?.result === undefined) return undefined;
  const text = `${phrase(place.random)} ${tool.tool.result}`;
  setResult(tool, text);
  editParts(turnOf(place.b, place.at), (part) =>
    part.type === 'tool_result' && belongsTo(part, tool) ? { ...part, result: text } : part,
  );
  return { divergence: { a: twin(place.a, tool), b: tool } };
}

function insertTurns(place: Place, count: number): TurnEdit | undefined {
  const { b, at, random } = place;
  const templates = b.turns.filter((turn) => toolsOf(turn).length > 0);
  const turns = Array.from({ length: count }, () => pickOne(templates, random)).flatMap((template) =>
    template ? [strangeTurn(template, random)] : [],
  );
  b.turns.splice(at, 0, ...turns);
  return { divergence: { a: undefined, b: turns[0]?.llm } };
}

function insertOne(place: Place): TurnEdit | undefined {
  return insertTurns(place, 1);
}

function insertBlock(place: Place): TurnEdit | undefined {
  return insertTurns(place, 3 + Math.floor(place.random() * 4));
}

function dropTurns({ a, b, at }: Place, count: number): TurnEdit | undefined {
  if (at + count >= b.turns.length - 1) return undefined;
  const gone = new Set(b.turns.slice(at, at + count).flatMap(({ items }) => items));
  if (
    b.turns.some((turn) =>
      turn.items.some((item) => !gone.has(item) && item.parent !== undefined && gone.has(item.parent)),
    )
  )
    return undefined;
  b.turns.splice(at, count);
  return { divergence: { a: turnOf(a, at).llm, b: undefined } };
}

function dropOne(place: Place): TurnEdit | undefined {
  return dropTurns(place, 1);
}

function dropBlock(place: Place): TurnEdit | undefined {
  return dropTurns(place, 2 + Math.floor(place.random() * 2));
}

/** One or two attempts that the model's server refused, then the answer. */
function attemptRetried({ b, at, random }: Place): TurnEdit | undefined {
  const turn = turnOf(b, at);
  for (let attempt = random() < 0.5 ? 1 : 2; attempt > 0; attempt--) {
    const { llm } = turn;
    const { facts } = llm.step;
    const failed: Item = {
      ...structuredClone({ content: llm.content, tool: undefined }),
      parent: llm.parent,
      asker: undefined,
      source: undefined,
      attemptOf: llm,
      step: {
        ...structuredClone(llm.step),
        id: `${llm.step.id}${freshSuffix()}`,
        answered: false,
        facts: {
          ...structuredClone(facts),
          status: 'error',
          error: { type: '529', message: 'Overloaded' },
          usage: undefined,
          responseId: undefined,
          finishReasons: [],
          requestedTools: [],
        },
      },
    };
    if (failed.content) failed.content = { ...failed.content, output: [] };
    turn.items.splice(turn.items.indexOf(llm), 0, failed);
  }
  return { divergence: undefined };
}

/** A call that failed and was carried out again for the same request. */
function toolRetried(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  if (
    !tool ||
    tool.step.facts.status === 'error' ||
    place.b.turns.some(({ items }) => items.some(({ parent }) => parent === tool))
  )
    return undefined;
  const turn = turnOf(place.b, place.at);
  const { facts } = tool.step;
  const failed: Item = {
    ...structuredClone({ content: tool.content, tool: tool.tool }),
    parent: tool.parent,
    asker: tool.asker,
    source: undefined,
    step: {
      ...structuredClone(tool.step),
      id: `${tool.step.id}${freshSuffix()}`,
      facts: { ...structuredClone(facts), status: 'error', error: { type: 'Timeout', message: 'timed out' } },
    },
  };
  setResult(failed, 'timed out');
  turn.items.splice(turn.items.indexOf(tool), 0, failed);
  return { divergence: undefined };
}

function keysAndSpaces({ b, at }: Place): TurnEdit | undefined {
  const turn = turnOf(b, at);
  let changed = false;
  for (const tool of toolsOf(turn)) {
    const text = reordered(tool.tool?.arguments);
    if (text === undefined) continue;
    changed = true;
    setArguments(tool, text);
    editParts(turn, (part) =>
      part.type === 'tool_call' && belongsTo(part, tool) ? { ...part, arguments: text } : part,
    );
  }
  return changed ? { divergence: undefined } : undefined;
}

function reordered(text: string | undefined): string | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? JSON.stringify(Object.fromEntries(Object.entries(value).toReversed()), undefined, 3)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The same result with another temporary path and process on each side. */
function temporaryPaths(place: Place): TurnEdit | undefined {
  const tool = someTool(place);
  const other = tool && twin(place.a, tool);
  if (!tool || !other || tool.tool?.result === undefined) return undefined;
  const before = tool.tool.result.startsWith('{') ? 'ran' : tool.tool.result;
  for (const [run, item] of [
    [place.a, other],
    [place.b, tool],
  ] as const) {
    const text = `${before}\nwrote /tmp/work-${madeName(place.random)}/out.log, pid ${1_000 + Math.floor(place.random() * 30_000)}`;
    setResult(item, text);
    editParts(turnOf(run, place.at), (part) =>
      part.type === 'tool_result' && belongsTo(part, item) ? { ...part, result: text } : part,
    );
  }
  return { divergence: undefined };
}

/** As mkdtemp makes them, with a digit in it. */
function madeName(random: Random): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return `${Array.from({ length: 5 }, () => letters[Math.floor(random() * letters.length)]).join('')}${Math.floor(random() * 10)}`;
}

/** Every id, span id and clock of a run other than in the recording. */
export function renumberAll(run: EditableRun, random: Random): void {
  const shift = BigInt(Math.floor(random() * 1e9)) * 1_000_000n;
  const suffix = Math.floor(random() * 1e12).toString(36);
  for (const turn of run.turns) {
    renameIds(turn, (id) => `${id.slice(0, 5)}${Array.from(id.slice(5)).toReversed().join('')}${suffix}`);
    for (const item of turn.items)
      item.step = {
        ...item.step,
        startNs: nanos(item.step.startNs + shift),
        endNs: item.step.endNs === undefined ? undefined : nanos(item.step.endNs + shift),
      };
  }
}

/** A run of so many turns: its middle over and over, most of it with words of its own, every fourth as it was. */
export function lengthened(run: EditableRun, turns: number, random: Random): EditableRun | undefined {
  const long = copyRun(run);
  const middle = long.turns.filter((turn, at) => at < long.turns.length - 1 && toolsOf(turn).length > 0);
  const last = long.turns.at(-1);
  if (!last || middle.length < 2) return undefined;
  const grown: Turn[] = [];
  while (long.turns.length + grown.length < turns) {
    const template = middle[grown.length % middle.length];
    if (!template) return undefined;
    const suffix = freshSuffix();
    const turn = cloneTurn(template, (id) => `${id}${suffix}`);
    if (random() > 0.25) changeTurn(turn, random);
    grown.push(turn);
  }
  long.turns.splice(long.turns.length - 1, 0, ...grown);
  numberSources(long, 0);
  return long;
}

export function numberSources(run: EditableRun, from: number): void {
  for (const [index, item] of [...run.before, ...run.turns.flatMap(({ items }) => items)].entries())
    item.source = from + index;
}

/** Steps of a sub-agent are parallel to nobody outside. */
let groups = 500_000_000;

/** Another run as the sub-agent that a tool call started. Gives back the agent step. */
export function graft(
  turn: Turn,
  tool: Item,
  inner: EditableRun,
  name: string,
  agentSource: number | undefined,
): readonly Item[] {
  finishRun(inner);
  const items = [...inner.before, ...inner.turns.flatMap((part) => part.items)];
  const { step } = tool;
  const agent: Item = {
    content: undefined,
    tool: undefined,
    parent: tool,
    asker: undefined,
    source: agentSource,
    step: {
      ...structuredClone(step),
      id: `${step.id}-${name}`,
      rawName: name,
      requestedBy: undefined,
      parallelGroup: undefined,
      preview: undefined,
      answered: false,
      facts: {
        ...structuredClone(step.facts),
        kind: 'agent',
        name,
        agentName: name,
        tool: undefined,
        requestedTools: [],
        hidden: false,
      },
    },
  };
  for (const item of items) {
    if (item.parent === undefined) item.parent = agent;
    item.step = {
      ...item.step,
      agent: name,
      depth: item.step.depth + step.depth + 2,
      parallelGroup: item.step.parallelGroup === undefined ? undefined : item.step.parallelGroup + groups,
    };
  }
  groups += 100_000;
  const block = [agent, ...items];
  turn.items.splice(turn.items.indexOf(tool) + 1, 0, ...block);
  return block;
}

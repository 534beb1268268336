import { likeness } from './comparable-step.ts';
import type { ComparableStep } from './comparable-step.ts';

/**
 * Keys under which steps of two runs are the same, from strict to loose, as whole numbers (`matchSequences`), -1 where a step
 * says too little to be found by this key.
 */
export interface KeyColumns {
  /** Everything that the step was given and gave, and its agent. */
  readonly exact: Int32Array;
  /** `exact`, or kind and name of a step that has no content of its own (an agent, a wrapper): for steps next to what is matched. */
  readonly besides: Int32Array;
  /** The same in whatever agent: agents are named differently from client to client. */
  readonly content: Int32Array;
  /** A tool by its arguments, an llm step by its answer. */
  readonly action: Int32Array;
  /** An llm step by what was new to it. */
  readonly given: Int32Array;
  /** `content`, `action` and `given` as deep in sub-agents: what a sub-agent says is not what its agent says. */
  readonly contentWithin: Int32Array;
  readonly actionWithin: Int32Array;
  readonly givenWithin: Int32Array;
  /** Kind and name alone. */
  readonly weak: Int32Array;
}

/** Gives equal texts equal numbers, over both runs. Numbers are joined instead of texts where one key holds another: half the time. */
export class KeyNumbers {
  private readonly numbers = new Map<string, number>();
  private readonly joined = new Map<number, number>();

  /** `nesting`: how many sub-agents are around each step. */
  columns(steps: readonly ComparableStep[], nesting: readonly number[]): KeyColumns {
    const column = (key: (step: ComparableStep) => string | undefined): Int32Array =>
      Int32Array.from(steps, (step) => this.number(key(step)));
    const content = column(contentKey);
    const weak = column(weakKey);
    const agent = column((step) => step.agent ?? '');
    const exact = Int32Array.from(content, (key, at) => (key < 0 ? -1 : this.join(key, agent[at] ?? 0)));
    // A content's key is never a weak one: the two are told apart by their texts.
    const besides = Int32Array.from(exact, (key, at) => (key < 0 ? this.join(weak[at] ?? 0, agent[at] ?? 0) : key));
    const action = column(actionKey);
    const given = column(givenKey);
    const within = (keys: Int32Array): Int32Array =>
      nesting.some((depth) => depth > 0)
        ? keys.map((key, at) => (key < 0 || nesting[at] === 0 ? key : nestedKeys + this.join(key, nesting[at] ?? 0)))
        : keys;
    return {
      exact,
      besides,
      content,
      weak,
      action,
      given,
      contentWithin: within(content),
      actionWithin: within(action),
      givenWithin: within(given),
    };
  }

  private number(key: string | undefined): number {
    if (key === undefined) return -1;
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(key, number);
    }
    return number;
  }

  private join(one: number, other: number): number {
    const pair = one * 0x200000 + other;
    let number = this.joined.get(pair);
    if (number === undefined) {
      number = this.joined.size;
      this.joined.set(pair, number);
    }
    return number;
  }
}

/** Beyond the numbers of keys outside sub-agents. */
const nestedKeys = 0x40000000;

/** Agent steps around each step, those around every model call left out: some clients put an agent around the whole run, some two. By index; parents come before their children. */
export function agentNesting(steps: readonly ComparableStep[]): readonly number[] {
  const depths: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const { index, parent, kind, hidden } of steps) {
    const above = parent === undefined ? undefined : steps[parent];
    const depth =
      above === undefined || parent === undefined ? 0 : (depths[parent] ?? 0) + (above.kind === 'agent' ? 1 : 0);
    depths[index] = depth;
    if (kind === 'llm' && !hidden) least = Math.min(least, depth);
  }
  return depths.map((depth) => Math.max(0, depth - (Number.isFinite(least) ? least : 0)));
}

export function contentKey(step: ComparableStep): string | undefined {
  const { content } = step;
  if (step.hidden) return undefined;
  const error = content.error?.normal ?? '';
  if (step.kind === 'tool') {
    if (content.arguments === undefined && content.result === undefined) return undefined;
    return `content\ntool\n${toolName(step)}\n${content.arguments?.normal ?? ''}\n${content.result?.normal ?? ''}\n${error}`;
  }
  if (content.input === undefined && content.output === undefined) return undefined;
  const name = step.kind === 'llm' ? '' : step.name;
  return `content\n${step.kind}\n${name}\n${content.input?.normal ?? ''}\n${content.output?.normal ?? ''}\n${error}`;
}

function actionKey(step: ComparableStep): string | undefined {
  const { content } = step;
  if (step.hidden) return undefined;
  if (step.kind === 'tool')
    return content.arguments === undefined ? undefined : `tool\n${toolName(step)}\n${content.arguments.normal}`;
  if (step.kind !== 'llm') return undefined;
  return content.output === undefined
    ? content.calls && `llm calls\n${content.calls.normal}`
    : `llm\n${content.output.normal}`;
}

function givenKey(step: ComparableStep): string | undefined {
  return step.kind === 'llm' && !step.hidden && step.content.input !== undefined
    ? `llm\n${step.content.input.normal}`
    : undefined;
}

export function weakKey(step: ComparableStep): string {
  return `${step.kind}\n${step.hidden ? 'hidden' : ''}\n${step.kind === 'llm' ? '' : step.kind === 'tool' ? toolName(step) : step.name}`;
}

const toolNames = new Map<string, string>();
const keptToolNames = 10_000;

/** `mcp__files__read_file`, `readFile` and `read_file` are one tool. */
export function toolName({ name }: ComparableStep): string {
  let plain = toolNames.get(name);
  if (plain === undefined) {
    plain = name
      .replace(/^mcp__[^_]{1,80}(?:_[^_]{1,80}){0,9}__/, '')
      .replace(/[^\p{L}\p{N}]/gu, '')
      .toLowerCase();
    if (toolNames.size >= keptToolNames) toolNames.clear();
    toolNames.set(name, plain);
  }
  return plain;
}

/**
 * How sure it is that two steps that are not equal are the same step, 0 to 1. Another kind or another tool never is: a step that
 * does something else was put in its place.
 */
export function similarity(a: ComparableStep, b: ComparableStep): number {
  if (a.kind !== b.kind || a.hidden !== b.hidden) return 0;
  const sameAgent = a.agent === b.agent ? 0.05 : 0;
  const sameEnd = a.failed === b.failed ? 0.05 : -0.15;
  if (a.hidden) return a.name === b.name ? 0.4 : 0;
  switch (a.kind) {
    case 'tool': {
      if (toolName(a) !== toolName(b)) return 0;
      const sameResult = equal(a.content.result?.normal, b.content.result?.normal) ? 0.15 : 0;
      const sameArguments = equal(a.content.arguments?.normal, b.content.arguments?.normal) ? 0.15 : 0;
      return 0.4 + sameAgent + sameEnd + sameResult + sameArguments + 0.2 * likeness(a.sketch, b.sketch);
    }
    case 'llm': {
      const sameInput = equal(a.content.input?.normal, b.content.input?.normal) ? 0.2 : 0;
      const sameOutput = equal(a.content.output?.normal, b.content.output?.normal) ? 0.2 : 0;
      return 0.25 + sameAgent + sameEnd + sameInput + sameOutput + 0.25 * likeness(a.sketch, b.sketch);
    }
    case 'agent':
      return a.name === b.name ? 0.7 : 0.35;
    default:
      return a.name === b.name ? 0.5 + sameEnd + 0.35 * likeness(a.sketch, b.sketch) : 0;
  }
}

/** Unknown equals nothing. */
function equal(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b;
}

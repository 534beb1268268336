import type { Shape } from './shapes.ts';

/**
 * An agent that nobody wrote, as data: its threads, what each says in each turn, and where every value of a text comes from.
 * A call's true identity is its thread's path and its turn: only the harness knows it, nothing of it is sent.
 */
export interface AgentPlan {
  readonly seed: string;
  /** One after the other; the threads of a stage run at once. */
  readonly stages: readonly (readonly ThreadPlan[])[];
  /** What a model says that is asked the same again: the same words (temperature 0), or others. */
  readonly model: 'repeats' | 'varies';
  /** What it does when it sees that something was changed. */
  readonly reaction: 'ignores' | 'notes' | 'stops' | 'asks-more';
}

export const wires = ['chat', 'responses', 'responses-state', 'messages', 'gemini', 'gemini-ids'] as const;
export type Wire = (typeof wires)[number];

/** A piece of a text that the agent writes. */
export type Piece =
  | string
  /** A value that the agent's own world makes, new in every run. `owner`: the path of the thread that makes it. */
  | { readonly made: string; readonly owner: string; readonly shape: Shape }
  | { readonly clock: 'time' | 'date' | 'words' | 'epoch' }
  /** Turns until now, or turns left. */
  | { readonly count: 'turn' | 'left' }
  | { readonly folder: true }
  /** What the parent's model wrote as the task of this thread. */
  | { readonly argument: true }
  /** The n-th value that the parent's model picked in its last answer; of another thread, in its final answer. */
  | { readonly picked: number; readonly of?: string }
  /** The final answer of another thread. */
  | { readonly answerOf: string }
  /** A tool's own arguments. */
  | { readonly echo: true };
export type Text = readonly Piece[];

/** A piece of a text that the model says. */
export type Word =
  | string
  /** What its task names as the key. */
  | { readonly told: true }
  /** Copied from what a tool or the agent wrote. */
  | { readonly copied: string; readonly owner: string; readonly shape: Shape }
  /** Made by the model. */
  | { readonly invented: string; readonly shape: Shape }
  /** Shows that two answers are not the same one. */
  | { readonly nonce: true };
export type Words = readonly Word[];

export interface ToolCallPlan {
  readonly tool: string;
  readonly argument: Words;
  readonly result: Text;
}

export type TurnPlan =
  | { readonly kind: 'tools'; readonly say: Words | undefined; readonly calls: readonly ToolCallPlan[] }
  /** The model calls one sub-agent or several as tools: their final answers are the results. */
  | {
      readonly kind: 'delegate';
      readonly say: Words | undefined;
      readonly children: readonly { readonly argument: Words; readonly child: ThreadPlan }[];
    }
  /** The agent's code starts threads, and tells the model their answers as the user. */
  | {
      readonly kind: 'fan';
      readonly say: Words;
      readonly children: readonly ThreadPlan[];
      readonly labels: readonly Text[];
    }
  | { readonly kind: 'user'; readonly say: Words; readonly next: Text }
  /** Another agent goes on in the same conversation. */
  | {
      readonly kind: 'handover';
      readonly say: Words;
      readonly system: Text;
      readonly tools: readonly string[];
      readonly next: Text;
    }
  | { readonly kind: 'final'; readonly say: Words };

export type HistoryPlan =
  | { readonly kind: 'whole' }
  /** Only the last `keep` exchanges are sent, with what opened the conversation or without. */
  | { readonly kind: 'trimmed'; readonly keep: number; readonly opening: boolean }
  /** Results of all but the last `keep` exchanges are cut, or left out with a word about it. */
  | { readonly kind: 'shortened'; readonly keep: number; readonly how: 'cut' | 'cleared' }
  /** All but the last `keep` exchanges become one message: written by code, or by a call of the model. */
  | { readonly kind: 'summarised'; readonly keep: number; readonly by: 'code' | 'model' };

export type Failure = '429' | '429-silent' | 'time-out';

export interface ThreadPlan {
  readonly path: string;
  readonly wire: Wire;
  readonly stream: boolean;
  readonly modelName: string;
  readonly system: Text;
  /** Messages of the user before the first answer; the last is the task. */
  readonly opening: readonly Text[];
  readonly tools: readonly string[];
  readonly turns: readonly TurnPlan[];
  readonly history: HistoryPlan;
  /** A message after the last one, in each call anew. */
  readonly reminder: Text | undefined;
  /** Attempts that fail before the answer, by turn. */
  readonly failures: Readonly<Partial<Record<number, Failure>>>;
  /** Threads of one group cannot be told apart by what they are sent. Each of their recordings is right, if it is taken once. */
  readonly group: string | undefined;
}

/** Every thread with those below it. */
export function threadsOf(plan: AgentPlan): readonly ThreadPlan[] {
  const below = (thread: ThreadPlan): readonly ThreadPlan[] => [
    thread,
    ...thread.turns.flatMap(childrenOf).flatMap(below),
  ];
  return plan.stages.flat().flatMap(below);
}

export function childrenOf(turn: TurnPlan): readonly ThreadPlan[] {
  if (turn.kind === 'fan') return turn.children;
  return turn.kind === 'delegate' ? turn.children.map(({ child }) => child) : [];
}

/** How a text that cuts off old results writes them. */
export const cutLength = 30;
export const cutText = (text: string): string => (text.length <= cutLength ? text : `${text.slice(0, cutLength)}…`);
export const clearedText = '[old output removed]';

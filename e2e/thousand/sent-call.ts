import type { Wire } from './agent-plan.ts';
import type { Answered, Message, Request, SeenRequest } from './wires.ts';

/** In which form a message of the history is in a request. `gone`: it is not, and nothing of it is. */
export type Form = 'full' | 'cut' | 'cleared' | 'summarised' | 'gone';

/** A request that the agent sent, with what only the harness knows of it. */
export interface SentCall {
  /** In its `traceparent`: says nothing, and is new each time. */
  readonly id: string;
  /** Thread and turn: its true identity. A summary that is written by a model is a thread of its own. */
  readonly path: string;
  readonly turn: number;
  readonly attempt: number;
  /** Which turn of the plan the model is to play. */
  readonly planAt: number;
  readonly wire: Wire;
  readonly request: Request;
  /** All messages of the thread, as the agent keeps them. */
  readonly history: readonly Message[];
  readonly forms: ReadonlyMap<string, Form>;
  readonly isSummary: boolean;
  readonly url: string;
  readonly body: string;
  /** What the agent got. Absent: it gave up waiting. */
  reply?: { readonly status: number; readonly text: string; readonly answered: Answered | undefined };
  /** The agent gave up waiting. */
  gaveUp: boolean;
  /** What came to the model. Absent: nothing did. */
  seen?: Seen;
}

export interface Seen {
  readonly request: SeenRequest;
  /** With what the server keeps of the conversation. Undefined: it continues something that the server does not know. */
  readonly effective: SeenRequest['messages'] | undefined;
  readonly body: string;
}

export const keyOf = ({ path, turn }: { readonly path: string; readonly turn: number }): string => `${path}@${turn}`;

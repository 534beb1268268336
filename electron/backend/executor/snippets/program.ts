import type { JsonTree } from '../../base/json-tree.ts';
import type { ByHand, Endpoint } from '../gateway/by-hand.ts';

/** A call that is to be written as a program. What of it comes from a run is `model`, `body` and what the notes quote. */
export interface CopiedCall {
  readonly byHand: ByHand;
  /** undefined: who is asked is not known; the address then comes from the environment. */
  readonly endpoint: Endpoint | undefined;
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonTree;
  readonly notes: readonly string[];
}

/** The variables of a provider that is not known. */
export const someProvider = { variable: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' } as const;

import type { Secrets } from '../../../base/secrets.ts';
import type { AskProvider } from '../cross-wire.ts';
import type { Upstreams } from '../upstreams.ts';
import type { TellProgress } from './progress.ts';

/** What a call needs that goes to a provider. */
export interface LiveOptions {
  readonly upstreams: Upstreams;
  readonly secrets: Secrets;
  /** Waited for before a call goes to a provider or gets a hand-written answer; a text is the reason why it must not. */
  readonly beforeLive: (call: {
    readonly seq: number;
    readonly request: string;
    readonly replace?: (request: string) => void;
  }) => Promise<string | undefined>;
  /** Other providers than the agent's own, for an edit that says so. */
  readonly askProvider?: AskProvider | undefined;
  readonly onProgress?: TellProgress;
}

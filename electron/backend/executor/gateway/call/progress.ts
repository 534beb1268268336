import type { Nanos } from '../../../../../shared/model/units.ts';
import type { ServedFrom, ServedMatch } from '../exchange.ts';
import type { WireCall, WireFormat } from '../wire.ts';
import type { CallFacts, GivenCall } from './call.ts';

/** What happens to a model call until it ends. */
export type GatewayProgress =
  | {
      readonly seq: number;
      readonly kind: 'started';
      readonly call: WireCall;
      readonly format: WireFormat;
      readonly startNs: Nanos;
      readonly traceparent: string | undefined;
    }
  /** Where its answer will come from. `call`: as it goes out. */
  | {
      readonly seq: number;
      readonly kind: 'decided';
      readonly served: ServedFrom;
      readonly match: ServedMatch | undefined;
      readonly isFork: boolean;
      readonly call: WireCall;
    }
  /** The agent closed the connection before it had any answer. */
  | { readonly seq: number; readonly kind: 'left' }
  /** What a live model said since the last report. */
  | { readonly seq: number; readonly kind: 'text'; readonly text: string };

export type TellProgress = ((progress: GatewayProgress) => void) | undefined;

/** Says where the answer will come from; of what is no model call nobody is told. */
export function tellDecided(
  tell: TellProgress,
  { seq }: GivenCall,
  { call, match, isFork }: CallFacts,
  served: ServedFrom,
): void {
  if (call) tell?.({ seq, kind: 'decided', served, match, isFork, call });
}

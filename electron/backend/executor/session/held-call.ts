import type { LiveRequest } from '../executor.ts';
import type { HeldCall } from '../gateway/call/live-options.ts';
import { requestFacts } from '../gateway/request-facts.ts';
import { forkItems } from '../recorded/fork-items.ts';

/** A call that is about to be answered, as the take sees it: read only where somebody looks. */
export function liveRequestOf({ read, askedTools, ...call }: HeldCall): LiveRequest {
  return {
    ...call,
    look() {
      const asked = read?.();
      return (
        asked && {
          facts: requestFacts(asked, call.request, askedTools),
          items: () => forkItems(asked),
          tools: asked.tools.length,
        }
      );
    },
  };
}

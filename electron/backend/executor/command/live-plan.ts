import type { Edit } from '../../../../shared/model/edit.ts';
import { placeOfResult } from '../../../../shared/model/result-name.ts';
import { rootCursor } from '../../base/json-cursor.ts';
import { crossTarget } from '../gateway/cross-wire.ts';
import { editRequest, EditRefused } from '../gateway/edit-request.ts';
import { runEdits } from '../gateway/edit-state.ts';
import type { Decision, ReplayPlan } from '../gateway/replay-decision.ts';
import type { OutgoingRequest, WireFormat } from '../gateway/wire.ts';

/** Edits that the gateway makes in the calls of a script: of its checkpoint the script makes the others itself. */
export function isGatewayEdit({ op }: Edit): boolean {
  return op === 'model' || op === 'params' || op === 'prompt_rule' || op === 'tools' || op === 'provider';
}

/**
 * Every call goes live: the script has restored what came before. Edits of one call hold for the first, those of the run for all.
 * `results`: results of tools that the session repeats with every call, and that are to read differently (native forks).
 */
export function createLivePlan(
  edits: readonly Edit[],
  results: readonly Extract<Edit, { op: 'tool_result' }>[],
): ReplayPlan {
  let forked = false;
  const ofGateway = edits.filter(isGatewayEdit);

  function edited(format: WireFormat, request: OutgoingRequest, isFirst: boolean): OutgoingRequest {
    const held = results.length === 0 ? [] : format.results(rootCursor(request.body));
    return editRequest(format, request, [
      ...(isFirst ? ofGateway : runEdits(ofGateway)),
      ...results.filter(({ callId }) => placeOfResult(held, callId) !== undefined),
    ]);
  }

  return {
    decide(format, _call, request) {
      const isFork = !forked;
      forked = true;
      let decision: Decision;
      try {
        decision = {
          kind: 'live',
          outgoing: edited(format, request, isFork),
          pinned: false,
          isFork,
          target: crossTarget(isFork ? ofGateway : runEdits(ofGateway)),
        };
      } catch (error) {
        if (!(error instanceof EditRefused)) throw error;
        decision = { kind: 'held', message: `Retake stopped this run: ${error.message}` };
      }
      return Promise.resolve(decision);
    },
    get forked() {
      return forked;
    },
    skipped: () => [],
  };
}

import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { Edit } from '../../../../shared/model/edit.ts';
import { matchLevels } from './call-keys.ts';
import type { KeyMaker } from './call-keys.ts';
import { editRequest } from './edit-request.ts';
import type { OutgoingRequest } from './edit-request.ts';
import type { ServedMatch } from './exchange.ts';
import { createMatcher } from './match.ts';
import type { LiveCall, Match, RecordedCall } from './match.ts';
import { createPin, runEdits } from './pin.ts';
import type { Pin } from './pin.ts';
import type { WireCall, WireFormat, WirePart } from './wire.ts';

/** What happens when the agent asks something that the recording does not hold. */
export type DivergencePolicy = 'stop' | 'accept' | 'live';

export interface Divergence {
  readonly cause: string;
  /** The recorded call that is closest to what the agent asks. */
  readonly nearest: number | undefined;
}

export interface ReplayPlanOptions {
  readonly calls: readonly RecordedCall[];
  /** The body of a recorded call as it went to the provider; undefined where only a trace tells of it: the live request goes out in its place. */
  readonly recordedBody: (seq: number) => Promise<string | undefined>;
  /** The recorded call that is not answered from the recording; undefined replays to the end. */
  readonly forkSeq: number | undefined;
  readonly edits: readonly Edit[];
  /** `causal`: calls whose input did not change stay on the recording after the fork. */
  readonly afterFork: 'causal' | 'live';
  readonly decide: (divergence: Divergence) => Promise<DivergencePolicy>;
}

export type Decision =
  | { readonly kind: 'recorded'; readonly match: ServedMatch; readonly delivered: () => void }
  | { readonly kind: 'answer'; readonly parts: readonly WirePart[]; readonly match: ServedMatch | undefined }
  | { readonly kind: 'live'; readonly outgoing: OutgoingRequest; readonly pinned: boolean; readonly isFork: boolean }
  | { readonly kind: 'held'; readonly message: string };

/** Decides for each call of the agent where its answer comes from. One per run. */
export interface ReplayPlan {
  decide(format: WireFormat, call: WireCall, request: OutgoingRequest, isRetry: boolean): Promise<Decision>;
  readonly forked: boolean;
  /** Recorded calls before the fork that the agent never asked for. */
  skipped(): readonly number[];
}

export function createReplayPlan(options: ReplayPlanOptions, keys: KeyMaker): ReplayPlan {
  const { forkSeq, edits, calls } = options;
  const matcher = createMatcher(calls);
  const answerEdit = edits.find((edit) => edit.op === 'response');
  const requestEdits = edits.filter((edit) => edit.op !== 'response');
  /** Requests that are held until somebody decides: a client that gives up waiting and asks again waits for the same decision. */
  const holds = new Map<string, Promise<DivergencePolicy>>();
  let forked = false;
  let stopped: string | undefined;
  let pin: { readonly pin: Pin; readonly format: WireFormat } | undefined;
  let answered: { readonly identity: string; readonly decision: Decision } | undefined;

  const isFork = (match: Extract<Match, { kind: 'recorded' }>): boolean => forkSeq !== undefined && (match.recorded.seq === forkSeq || match.collapsed.includes(forkSeq));

  async function atFork(format: WireFormat, live: LiveCall, request: OutgoingRequest, match: Extract<Match, { kind: 'recorded' }>, identity: string): Promise<Decision> {
    // Before anything is waited for: a twin of this request must not be taken for the fork as well.
    matcher.consume(live, match);
    forked = true;
    // The path is the client's: it holds what is never kept, and for Gemini the way of streaming.
    const recordedBody = await options.recordedBody(match.recorded.seq);
    const outgoing = editRequest(format, { path: request.path, body: recordedBody ?? request.body }, requestEdits);
    // A client that streams where it did not in the recording needs its own request, or it cannot read the answer.
    const sameWay = recordedBody === undefined || live.call.stream === match.recorded.call.stream;
    pin = { format, pin: createPin(format, { live: request.body, outgoing: outgoing.body }, requestEdits) };
    if (!answerEdit) return { kind: 'live', outgoing: sameWay ? outgoing : editRequest(format, request, requestEdits), pinned: sameWay && recordedBody !== undefined, isFork: true };
    const decision: Decision = { kind: 'answer', parts: answerEdit.parts, match: undefined };
    answered = { identity, decision };
    return decision;
  }

  async function decideNow(format: WireFormat, live: LiveCall, request: OutgoingRequest, identity: string): Promise<Decision> {
    const hold = holds.get(identity);
    if (hold) {
      await hold;
      return decideNow(format, live, request, identity);
    }
    if (stopped !== undefined) return { kind: 'held', message: stopped };
    if (answered?.identity === identity) return answered.decision;
    if (pin?.format === format && pin.pin.covers(request.body)) return { kind: 'live', outgoing: pin.pin.apply(request), pinned: true, isFork: false };
    const goLive = (): Decision => ({ kind: 'live', outgoing: editRequest(format, request, runEdits(requestEdits)), pinned: false, isFork: false });
    if (forked && options.afterFork === 'live') return goLive();
    const match = matcher.match(live, forked ? ['exact', 'scrubbed'] : matchLevels);
    if (match.kind === 'recorded') {
      if (!forked && isFork(match)) return atFork(format, live, request, match, identity);
      const used = matcher.consume(live, match);
      return { kind: 'recorded', delivered: () => used.delivered(), match: { seq: match.recorded.seq, level: match.level, ignored: match.ignored, ambiguous: match.ambiguous, again: match.again } };
    }
    if (forked) return goLive();
    const asked = options.decide({ cause: match.cause, nearest: match.nearest?.seq }).finally(() => holds.delete(identity));
    holds.set(identity, asked);
    const policy = await asked;
    switch (policy) {
      case 'live':
        forked = true;
        return goLive();
      case 'accept': {
        const { nearest } = match;
        if (nearest === undefined || nearest.seq === forkSeq) break;
        const used = matcher.consume(live, { kind: 'recorded', recorded: nearest, level: 'anchor', ambiguous: false, ignored: [match.cause], again: false, collapsed: [] });
        return { kind: 'recorded', delivered: () => used.delivered(), match: { seq: nearest.seq, level: 'accepted', ignored: [match.cause], ambiguous: false, again: false } };
      }
      case 'stop': break;
      default: assertNever(policy);
    }
    stopped = `Retake stopped this run: the agent asked something else than it did in the recording (${match.cause}). Nothing was sent to the model.`;
    return { kind: 'held', message: stopped };
  }

  return {
    decide(format, call, request, isRetry) {
      const live: LiveCall = { call: keys.normalise?.(call) ?? call, keys: keys.keysOf(call), isRetry };
      return decideNow(format, live, request, `${live.keys.byLevel.exact} ${live.keys.echoKey}`);
    },
    get forked() {
      return forked;
    },
    skipped: () => matcher.unused().filter(({ seq }) => forkSeq === undefined || !forked || seq < forkSeq).map(({ seq }) => seq),
  };
}

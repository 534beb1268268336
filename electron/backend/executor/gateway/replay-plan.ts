import { assertNever } from '../../../../shared/model/assert-never.ts';
import { causeWords } from '../../../../shared/model/cause.ts';
import type { Cause } from '../../../../shared/model/cause.ts';
import type { Edit } from '../../../../shared/model/edit.ts';
import { matchLevels } from './call-keys.ts';
import type { KeyMaker } from './call-keys.ts';
import { crossTarget } from './cross-wire.ts';
import type { CrossTarget } from './cross-wire.ts';
import { editRequest, EditRefused } from './edit-request.ts';
import type { ServedMatch } from './exchange.ts';
import { createMatcher } from './match.ts';
import type { Match } from './match.ts';
import type { LiveCall, RecordedCall } from './matched-calls.ts';
import { createPin, runEdits } from './pin.ts';
import type { Pin } from './pin.ts';
import type { OutgoingRequest, WireCall, WireFormat, WirePart } from './wire.ts';

/** What happens when the agent asks something that the recording does not hold. */
export type DivergencePolicy = 'stop' | 'accept' | 'live';

/**
 * fork: this call goes live in place of the fork, with the edits as far as they fit it. send: this body goes out as it is.
 * look-again: matching looks past more than it did, and tries once more.
 */
export type DivergenceDecision =
  | DivergencePolicy
  | 'fork'
  | { readonly send: string }
  | { readonly lookAgain: { readonly keys: KeyMaker; readonly calls: readonly RecordedCall[] } };

export interface Divergence {
  readonly cause: Cause;
  /** The recorded call that is closest to what the agent asks. */
  readonly nearest: number | undefined;
  readonly live: LiveCall;
  readonly request: OutgoingRequest;
}

export interface ReplayPlanOptions {
  readonly calls: readonly RecordedCall[];
  /** A recorded call as it went to the provider; undefined where only a trace tells of it: the live request goes out in its place. */
  readonly recordedRequest: (seq: number) => Promise<OutgoingRequest | undefined>;
  /** The recorded call that is not answered from the recording; undefined replays to the end. */
  readonly forkSeq: number | undefined;
  readonly edits: readonly Edit[];
  /** Edits of the take that is forked: they are in its recorded requests, and hold for the live calls after them. */
  readonly inherited?: readonly Edit[];
  /** `causal`: calls whose input did not change stay on the recording after the fork. */
  readonly afterFork: 'causal' | 'live';
  readonly decide: (divergence: Divergence) => Promise<DivergenceDecision>;
  /** An edit that could not be made, in words. */
  readonly onNote?: (text: string) => void;
}

export type Decision =
  | { readonly kind: 'recorded'; readonly match: ServedMatch; readonly delivered: () => void }
  | { readonly kind: 'answer'; readonly parts: readonly WirePart[]; readonly match: ServedMatch | undefined }
  | {
      readonly kind: 'live';
      readonly outgoing: OutgoingRequest;
      readonly pinned: boolean;
      readonly isFork: boolean;
      /** By what it left the recording, and the same for a reader of the call. */
      readonly cause?: Cause;
      readonly note?: string;
      /** Who answers in place of the agent's own provider. */ readonly target?: CrossTarget | undefined;
    }
  /** `message`: what the agent is told. `cause`: by what it left the recording, where that is why. */
  | { readonly kind: 'held'; readonly message: string; readonly cause?: Cause };

/** Decides for each call of the agent where its answer comes from. One per run. */
export interface ReplayPlan {
  decide(format: WireFormat, call: WireCall, request: OutgoingRequest, isRetry: boolean): Promise<Decision>;
  readonly forked: boolean;
  /** Recorded calls before the fork that the agent never asked for. */
  skipped(): readonly number[];
}

export function createReplayPlan(options: ReplayPlanOptions, keyMaker: KeyMaker): ReplayPlan {
  let keys = keyMaker;
  const { forkSeq, edits, calls } = options;
  const matcher = createMatcher(calls);
  const answerEdit = edits.find((edit) => edit.op === 'response');
  const requestEdits = edits.filter((edit) => edit.op !== 'response');
  const lasting = [...(options.inherited ?? []).filter((edit) => edit.op !== 'response'), ...requestEdits];
  /** Requests that are held until somebody decides: a client that gives up waiting and asks again waits for the same decision. */
  const holds = new Map<string, Promise<DivergenceDecision>>();
  const targetAtFork = crossTarget([...runEdits(options.inherited ?? []), ...requestEdits]);
  const targetLater = crossTarget(runEdits(lasting));
  let forked = false;
  let forking: Promise<unknown> | undefined;
  let stopped: Extract<Decision, { kind: 'held' }> | undefined;
  let pin: { readonly pin: Pin; readonly format: WireFormat } | undefined;
  let answered: { readonly identity: string; readonly decision: Decision } | undefined;

  const left = (cause: Cause): { readonly cause: Cause; readonly note: string } => ({
    cause,
    note: `The agent left the recording before the fork (${causeWords(cause)}). It went live here.`,
  });
  const isFork = (match: Extract<Match, { kind: 'recorded' }>): boolean =>
    forkSeq !== undefined && (match.recorded.seq === forkSeq || match.collapsed.includes(forkSeq));

  async function atFork(
    format: WireFormat,
    live: LiveCall,
    request: OutgoingRequest,
    match: Extract<Match, { kind: 'recorded' }>,
    identity: string,
  ): Promise<Decision> {
    // Before anything is waited for: a twin of this request must not be taken for the fork as well.
    matcher.consume(live, match);
    forked = true;
    // The path is the client's: it holds what is never kept, and in some formats the way of streaming.
    const recorded = await options.recordedRequest(match.recorded.seq);
    const outgoing = editRequest(
      format,
      recorded ? { path: format.withModelOf(request.path, recorded.path), body: recorded.body } : request,
      requestEdits,
    );
    // A client that streams where it did not in the recording needs its own request, or it cannot read the answer.
    const sameWay = recorded === undefined || live.call.stream === match.recorded.call.stream;
    pin = { format, pin: createPin(format, { live: request.body, outgoing: outgoing.body }, lasting) };
    if (!answerEdit)
      return {
        kind: 'live',
        outgoing: sameWay ? outgoing : editRequest(format, request, requestEdits),
        pinned: sameWay && recorded !== undefined,
        isFork: true,
        target: targetAtFork,
      };
    const decision: Decision = { kind: 'answer', parts: answerEdit.parts, match: undefined };
    answered = { identity, decision };
    return decision;
  }

  function startFork(...parameters: Parameters<typeof atFork>): Promise<Decision> {
    const decision = atFork(...parameters);
    forking = decision.catch(() => undefined).finally(() => (forking = undefined));
    return decision;
  }

  /** The diverged call becomes the fork: its own request goes out, and what comes after it keeps that beginning. */
  function forkHere(format: WireFormat, request: OutgoingRequest, outgoing: OutgoingRequest, cause: Cause): Decision {
    forked = true;
    pin = { format, pin: createPin(format, { live: request.body, outgoing: outgoing.body }, lasting) };
    return { kind: 'live', outgoing, pinned: false, isFork: true, target: targetAtFork, ...left(cause) };
  }

  function editedAsFarAsPossible(format: WireFormat, request: OutgoingRequest): OutgoingRequest {
    return requestEdits.reduce((edited, edit) => {
      try {
        return editRequest(format, edited, [edit]);
      } catch (error) {
        if (!(error instanceof EditRefused)) throw error;
        options.onNote?.(
          `The edit “${edit.op}” does not fit the call that became the fork, so it was left out: ${error.message}`,
        );
        return edited;
      }
    }, request);
  }

  async function decideNow(
    format: WireFormat,
    call: WireCall,
    isRetry: boolean,
    request: OutgoingRequest,
  ): Promise<Decision> {
    const live: LiveCall = { call: keys.normalise?.(call) ?? call, keys: keys.keysOf(call), isRetry };
    const identity = `${live.keys.byLevel.exact} ${live.keys.echoKey}`;
    // A second connection of the same call must find the pinned beginning.
    if (forking) await forking;
    const again = (): Promise<Decision> => decideNow(format, call, isRetry, request);
    const hold = holds.get(identity);
    if (hold) {
      await hold;
      return again();
    }
    if (stopped) return stopped;
    if (answered?.identity === identity) return answered.decision;
    if (pin?.format === format && pin.pin.covers(request.body))
      return { kind: 'live', outgoing: pin.pin.apply(request), pinned: true, isFork: false, target: targetLater };
    const goLive = (): Extract<Decision, { kind: 'live' }> => ({
      kind: 'live',
      outgoing: editRequest(format, request, runEdits(lasting), { lasting: true }),
      pinned: false,
      isFork: false,
      target: targetLater,
    });
    if (forked && options.afterFork === 'live') return goLive();
    const match = matcher.match(live, forked ? ['exact', 'scrubbed'] : matchLevels);
    if (match.kind === 'recorded') {
      if (!forked && isFork(match)) return startFork(format, live, request, match, identity);
      const used = matcher.consume(live, match);
      return {
        kind: 'recorded',
        delivered: () => used.delivered(),
        match: {
          seq: match.recorded.seq,
          level: match.level,
          ignored: match.ignored,
          ambiguous: match.ambiguous,
          again: match.again,
        },
      };
    }
    if (forked) return goLive();
    const asked = options
      .decide({ cause: match.cause, nearest: match.nearest?.seq, live, request })
      .finally(() => holds.delete(identity));
    holds.set(identity, asked);
    const policy = await asked;
    if (typeof policy === 'object') {
      if ('send' in policy) return forkHere(format, request, { path: request.path, body: policy.send }, match.cause);
      keys = policy.lookAgain.keys;
      matcher.lookAgain(policy.lookAgain.calls);
      return again();
    }
    switch (policy) {
      case 'fork': {
        const { nearest } = match;
        if (nearest === undefined || nearest.seq !== forkSeq)
          return forkHere(format, request, editedAsFarAsPossible(format, request), match.cause);
        const decision = await startFork(
          format,
          live,
          request,
          {
            kind: 'recorded',
            recorded: nearest,
            level: 'anchor',
            ambiguous: false,
            ignored: [match.cause],
            again: false,
            collapsed: [],
          },
          identity,
        );
        return decision.kind === 'live' ? { ...decision, ...left(match.cause) } : decision;
      }
      case 'live':
        forked = true;
        return { ...goLive(), ...left(match.cause) };
      case 'accept': {
        const { nearest } = match;
        if (nearest === undefined || nearest.seq === forkSeq) break;
        const used = matcher.consume(live, {
          kind: 'recorded',
          recorded: nearest,
          level: 'anchor',
          ambiguous: false,
          ignored: [match.cause],
          again: false,
          collapsed: [],
        });
        return {
          kind: 'recorded',
          delivered: () => used.delivered(),
          match: { seq: nearest.seq, level: 'accepted', ignored: [match.cause], ambiguous: false, again: false },
        };
      }
      case 'stop':
        break;
      default:
        assertNever(policy);
    }
    stopped = {
      kind: 'held',
      cause: match.cause,
      message: `Retake stopped this run: the agent asked something else than it did in the recording (${causeWords(match.cause)}). Nothing was sent to the model.`,
    };
    return stopped;
  }

  return {
    decide: (format, call, request, isRetry) => decideNow(format, call, isRetry, request),
    get forked() {
      return forked;
    },
    skipped: () =>
      matcher
        .unused()
        .filter(({ seq }) => forkSeq === undefined || seq < forkSeq)
        .map(({ seq }) => seq),
  };
}

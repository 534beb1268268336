import type { Decision, OutgoingRequest, ReplayPlan } from '../support/backend-internals.ts';

/** What stands between an agent and the plan of its re-run, and makes a fault on purpose: the oracle must see it. */
export interface Sabotage {
  readonly wraps: (plan: ReplayPlan) => ReplayPlan;
  /** Of which kind the oracle must call it. */
  readonly expected: RegExp;
}

const changing = (
  plan: ReplayPlan,
  change: (decision: Decision, request: OutgoingRequest) => Decision,
): ReplayPlan => ({
  decide: async (format, call, request, isRetry) => change(await plan.decide(format, call, request, isRetry), request),
  get forked() {
    return plan.forked;
  },
  skipped: () => plan.skipped(),
});

export const sabotages: Readonly<Record<string, Sabotage>> = {
  'an answer is that of the call before': {
    expected: /the answer of another call/,
    wraps: (plan) => {
      let before: number | undefined;
      return changing(plan, (decision) => {
        if (decision.kind !== 'recorded') return decision;
        const { match } = decision;
        const seq = before ?? match.seq;
        before = match.seq;
        return { ...decision, match: { ...match, seq } };
      });
    },
  },
  'an edit is left out': {
    expected: /is not in a later request|the edit of/,
    wraps: (plan) =>
      changing(plan, (decision, request) => (decision.kind === 'live' ? { ...decision, outgoing: request } : decision)),
  },
  'calls before the fork go live': {
    expected: /live in a full replay|live before the fork/,
    wraps: (plan) =>
      changing(plan, (decision, request) =>
        decision.kind === 'recorded' ? { kind: 'live', outgoing: request, pinned: false, isFork: false } : decision,
      ),
  },
  'a thread goes on from the tape': {
    expected: /a thread past the fork is served|old answer|the fork was never reached|another call/,
    wraps: (plan) => {
      let last: Decision | undefined;
      return changing(plan, (decision) => {
        if (decision.kind === 'live' && last?.kind === 'recorded' && !decision.isFork) return last;
        last = decision.kind === 'recorded' ? decision : last;
        return decision;
      });
    },
  },
  'two results change places': {
    expected: /in another message than its own/,
    wraps: (plan) =>
      changing(plan, (decision) =>
        decision.kind === 'live'
          ? { ...decision, outgoing: { ...decision.outgoing, body: withResultsSwapped(decision.outgoing.body) } }
          : decision,
      ),
  },
  'a request loses its first message': {
    expected: /other messages than the agent sent|neither the agent nor the recording/,
    wraps: (plan) =>
      changing(plan, (decision) =>
        decision.kind === 'live'
          ? { ...decision, outgoing: { ...decision.outgoing, body: withoutFirst(decision.outgoing.body) } }
          : decision,
      ),
  },
};

function withoutFirst(body: string): string {
  const json = JSON.parse(body) as Record<string, unknown>;
  for (const name of ['messages', 'input', 'contents']) {
    const list = json[name];
    if (!Array.isArray(list)) continue;
    const at = (list as readonly { readonly role?: string }[]).findIndex(({ role }) => role === 'user');
    json[name] = list.filter((_, index) => index !== at);
  }
  return JSON.stringify(json);
}

function withResultsSwapped(body: string): string {
  const json = JSON.parse(body) as { messages?: { readonly role?: string; content?: unknown }[] };
  const results = (json.messages ?? []).filter(({ role }) => role === 'tool');
  const [first, last] = [results[0], results.at(-1)];
  if (first && last) [first.content, last.content] = [last.content, first.content];
  return JSON.stringify(json);
}

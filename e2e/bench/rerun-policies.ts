import { createHash } from 'node:crypto';
import {
  createKeyMaker,
  createMatcher,
  readAnswerBody,
  recogniseCall,
  recordedCall,
} from '../support/backend-internals.ts';

/** One model call as a plain recorder keeps it. */
export interface RecordedRequest {
  readonly path: string;
  readonly body: string;
  readonly answer: Buffer;
  readonly contentType: string;
}

/** Chooses the recorded call whose answer a request gets; undefined: it goes to the model. One per run. */
export interface Policy {
  choose(request: { readonly path: string; readonly body: string }): number | undefined;
}

export type MakePolicy = (recorded: readonly RecordedRequest[]) => Policy;

/** The n-th request gets the n-th answer, whatever it asks. */
const ordinal: MakePolicy = (recorded) => {
  let next = 0;
  return { choose: () => (next < recorded.length ? next++ : undefined) };
};

/** The same bytes, each recorded answer once. */
const exactHash: MakePolicy = (recorded) => byHash(recorded, ({ path, body }) => path + body);

/** All messages but the system's, exactly; after the first miss everything is live for good (Laminar's published rule). */
const latchedHash: MakePolicy = (recorded) => {
  const inner = byHash(recorded, withoutSystem);
  let isLive = false;
  return {
    choose(request) {
      const found = isLive ? undefined : inner.choose(request);
      if (found === undefined) isLive = true;
      return found;
    },
  };
};

/** One place in one line of calls: the next must have the same messages, or it is live (agent-timetravel's rule). */
const linearCursor: MakePolicy = (recorded) => {
  let cursor = 0;
  return {
    choose(request) {
      const next = recorded[cursor];
      return next && hash(messagesOf(request)) === hash(messagesOf(next)) ? cursor++ : undefined;
    },
  };
};

/** By causality: the matcher of the product. A mismatch would hold the run; here it counts as live. */
const causal: MakePolicy = (recorded) => {
  const keys = createKeyMaker();
  const read = ({ path, body }: { readonly path: string; readonly body: string }) => {
    const found = recogniseCall('POST', path.replace(/\?.*$/s, ''));
    return found && found.format.readRequest(JSON.parse(body), found.route);
  };
  const answers = recorded.flatMap((request, seq) => {
    const call = read(request);
    const found = recogniseCall('POST', request.path.replace(/\?.*$/s, ''));
    if (!call || !found) return [];
    const answer = readAnswerBody(found.format, request.contentType, request.answer.toString('utf8'));
    // Recorded just now: a clock that a tool or a prompt shows has moved as far as the clock has.
    return [recordedCall({ seq, call, status: 200, answer, startMs: Date.now() }, keys)];
  });
  const matcher = createMatcher(answers);
  return {
    choose(request) {
      const call = read(request);
      if (!call) return undefined;
      const live = { call, keys: keys.keysOf(call), isRetry: false, atMs: Date.now() };
      const match = matcher.match(live);
      if (match.kind === 'diverged') return undefined;
      matcher.consume(live, match).delivered();
      return match.recorded.seq;
    },
  };
};

export const policies: ReadonlyMap<string, MakePolicy> = new Map([
  ['ordinal', ordinal],
  ['exact hash of the body', exactHash],
  ['hash without system, latched', latchedHash],
  ['linear cursor', linearCursor],
  ['by causality (ours)', causal],
]);
export const ours = 'by causality (ours)';

type Json = Readonly<Record<string, unknown>>;

function byHash(
  recorded: readonly RecordedRequest[],
  read: (request: { readonly path: string; readonly body: string }) => string,
): Policy {
  const free = new Map<string, number[]>();
  for (const [at, request] of recorded.entries()) {
    const key = hash(read(request));
    free.set(key, [...(free.get(key) ?? []), at]);
  }
  return { choose: (request) => free.get(hash(read(request)))?.shift() };
}

function messagesOf({ body }: { readonly body: string }): string {
  const json = JSON.parse(body) as Json;
  return JSON.stringify([
    json['system'],
    json['instructions'],
    json['systemInstruction'],
    json['messages'] ?? json['input'] ?? json['contents'],
  ]);
}

function withoutSystem({ body }: { readonly body: string }): string {
  const json = JSON.parse(body) as Json;
  const items = json['messages'] ?? json['input'] ?? json['contents'];
  return JSON.stringify(
    Array.isArray(items)
      ? items.filter((item: Json) => item['role'] !== 'system' && item['role'] !== 'developer')
      : items,
  );
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

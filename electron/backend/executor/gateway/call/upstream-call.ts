import type { IncomingMessage } from 'node:http';
import { wordsOf } from '../../../../../shared/words-of.ts';
import { drained } from '../delivery.ts';
import { answerHeaders, forward } from '../forward.ts';
import { createLiveText } from '../live-text.ts';
import { unpacked } from '../unpacked.ts';
import { targetOf } from '../upstreams.ts';
import { isEventStream } from '../wire-formats.ts';
import type { Answered, CallFacts, GivenCall } from './call.ts';
import type { LiveOptions } from './live-options.ts';
import { tellDecided } from './progress.ts';
import { errorReply } from './replies.ts';

/** Kept of one answer; what is longer still reaches the agent whole. */
const maximumKeptBytes = 64 * 1024 * 1024;

/** Asks the agent's own provider; the agent gets the answer as it comes. */
export async function askUpstream(
  call: GivenCall,
  { path, body, facts: before }: { readonly path: string; readonly body: Buffer; readonly facts: CallFacts },
  options: LiveOptions,
  stopped: AbortSignal,
): Promise<Answered> {
  const { request, response, prefix } = call.given;
  tellDecided(options.onProgress, call, before, 'live');
  const target = targetOf(options.upstreams, prefix, path);
  const facts = { ...before, serverAddress: target.hostname };
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let answer: IncomingMessage;
  try {
    answer = await forward({
      target,
      method: request.method ?? 'GET',
      headers: request.headers,
      body,
      signal: AbortSignal.any([gone.signal, stopped]),
    });
  } catch (error) {
    const hasLeft = gone.signal.aborted;
    const note = hasLeft
      ? 'The agent closed the connection before the model answered.'
      : `${target.origin} did not answer: ${wordsOf(error)}.`;
    // A client of a provider reads our words in its provider's shape; any other request gets the bare ones.
    const message = call.recognised && !hasLeft ? `Retake could not reach the model provider. ${note}` : note;
    return {
      facts: { ...facts, note, brokeOff: hasLeft || stopped.aborted || !neverSent(error) },
      reply: { served: 'live', ...errorReply(call.recognised, 502, message) },
      isSent: false,
    };
  }
  return passOn(call, { ...facts, requestId: requestIdOf(answer.headers) }, answer, options, gone.signal);
}

/** The provider's answer to the agent, byte by byte, with what is kept of it. `gone`: the agent has left. */
async function passOn(
  call: GivenCall,
  before: CallFacts,
  answer: IncomingMessage,
  { secrets, onProgress }: LiveOptions,
  gone: AbortSignal,
): Promise<Answered> {
  const { response } = call.given;
  const status = answer.statusCode ?? 502;
  const encoding = answer.headers['content-encoding'];
  const contentType = answer.headers['content-type'];
  let facts = before;
  response.writeHead(status, {
    ...answerHeaders(answer.headers),
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  response.flushHeaders();
  const chunks: Buffer[] = [];
  let kept = 0;
  const said =
    call.recognised && onProgress && encoding === undefined && isEventStream(contentType)
      ? createLiveText(call.recognised.format)
      : undefined;
  const shown = secrets.stream();
  const show = (words: string): void => {
    if (words !== '') onProgress?.({ seq: call.seq, kind: 'text', text: words });
  };
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (facts.firstByteMs === undefined) facts = { ...facts, firstByteMs: call.elapsedMs() };
      kept += chunk.length;
      if (kept <= maximumKeptBytes) chunks.push(chunk);
      if (said) show(shown.take(said.take(chunk)));
      if (!response.write(chunk)) await drained(response);
    }
    show(shown.end());
    if (kept > maximumKeptBytes)
      facts = {
        ...facts,
        note: `The answer is longer than ${maximumKeptBytes / 1024 / 1024} MiB; the rest was passed on and not kept.`,
      };
  } catch (error) {
    facts = {
      ...facts,
      brokeOff: true,
      note: gone.aborted
        ? 'The agent closed the connection before the answer ended.'
        : `The answer broke off: ${wordsOf(error)}.`,
    };
    response.destroy();
  }
  return {
    facts,
    reply: { served: 'live', status, contentType, body: unpacked(Buffer.concat(chunks), encoding, maximumKeptBytes) },
    isSent: true,
  };
}

/** Nobody was there to read the request. */
const neverSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function neverSent(error: unknown): boolean {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const errors = cause instanceof AggregateError ? cause.errors : [cause];
  return errors.every(
    (one) => one instanceof Error && 'code' in one && typeof one.code === 'string' && neverSentCodes.has(one.code),
  );
}

const longestRequestId = 200;

/** Anthropic's header, and everyone else's. */
function requestIdOf(headers: IncomingMessage['headers']): string | undefined {
  const value = headers['request-id'] ?? headers['x-request-id'];
  return typeof value === 'string' && value !== '' ? value.slice(0, longestRequestId) : undefined;
}

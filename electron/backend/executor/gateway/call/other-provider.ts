import { wordsOf } from '../../../../../shared/words-of.ts';
import { parseJson } from '../../../base/json-values.ts';
import { answerForAgent } from '../cross-wire.ts';
import type { CrossReply, CrossTarget } from '../cross-wire.ts';
import type { Answered, CallFacts, GivenCall, Reply } from './call.ts';
import type { LiveOptions } from './live-options.ts';
import { tellDecided } from './progress.ts';
import { errorReply, refused, written } from './replies.ts';

/**
 * Another provider than the agent's own answers. The agent waits in silence until that model has said all (FACTS.md, Holds and stops); its words are
 * shown here as they come.
 */
export async function askOtherProvider(
  call: GivenCall,
  {
    path,
    body: bytes,
    facts: before,
    target,
  }: { readonly path: string; readonly body: Buffer; readonly facts: CallFacts; readonly target: CrossTarget },
  { askProvider, onProgress, secrets }: LiveOptions,
  stopped: AbortSignal,
): Promise<Answered> {
  const { recognised, seq } = call;
  const route = recognised?.format.recognise(path.replace(/\?.*$/s, ''));
  if (!recognised || !route || !before.call)
    return refused(call, before, `Retake cannot ask ${target.provider} for this request.`);
  if (!askProvider) return refused(call, before, `Retake cannot ask ${target.provider} here.`);
  const body = parseJson(bytes.toString('utf8'));
  // As it goes out: what is kept has no keys.
  const asked = recognised.format.readRequest(body, route);
  const facts = { ...before, call: { ...before.call, model: target.model } };
  tellDecided(onProgress, call, facts, 'live');
  const gone = new AbortController();
  call.given.response.once('close', () => gone.abort());
  const shown = secrets.stream();
  let reply: CrossReply;
  try {
    reply = await askProvider({
      call: asked,
      body,
      format: recognised.format,
      target,
      signal: AbortSignal.any([gone.signal, stopped]),
      onText: (words) => onProgress?.({ seq, kind: 'text', text: shown.take(words) }),
    });
    onProgress?.({ seq, kind: 'text', text: shown.end() });
  } catch (error) {
    return refused(call, facts, wordsOf(error));
  }
  /** Clients check that the answer names the model that they asked for. */
  const agentModel = call.asked?.model ?? '';
  const { answer, note } = answerForAgent(reply.answer, agentModel);
  const hasLeft = call.given.response.destroyed;
  const told: Pick<Reply, 'status' | 'contentType' | 'body'> = hasLeft
    ? { status: 499, contentType: undefined, body: Buffer.alloc(0) }
    : answer.error !== undefined
      ? errorReply(recognised, reply.status, `The provider ${target.provider} did not answer: ${answer.error}`)
      : { status: 200, ...written(recognised, answer, { ...asked, model: agentModel }) };
  return {
    facts: {
      ...facts,
      brokeOff: hasLeft || stopped.aborted,
      other: { target, reply },
      serverAddress: reply.serverAddress,
      firstByteMs: reply.firstTextMs,
      note: [
        facts.note,
        `Answered by ${reply.providerName} (${target.model}) in place of the agent’s own provider.`,
        ...reply.notes,
        note,
      ]
        .filter((words) => words !== undefined)
        .join(' '),
    },
    reply: { served: 'live', ...told },
    isSent: hasLeft,
  };
}

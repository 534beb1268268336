import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formats } from '../agents/scripted-formats.ts';
import type { Json } from '../agents/scripted-formats.ts';
import { threadsOf } from './agent-plan.ts';
import type { AgentPlan, ThreadPlan, Words } from './agent-plan.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { keyOf } from './sent-call.ts';
import type { SentCall } from './sent-call.ts';
import { makeValue } from './shapes.ts';
import type { Turnstile } from './turnstile.ts';
import { readRequest, saidOf } from './wires.ts';
import type { Answered, SeenMessage, SeenRequest } from './wires.ts';
import type { World } from './world.ts';

/** One run of an agent, as the model sees it. */
export interface ModelSession {
  readonly plan: AgentPlan;
  /** Names the run: a model that varies says something else in each. */
  readonly name: string;
  readonly isRecording: boolean;
  readonly turnstile: Turnstile;
  /** In whose values it finds what it copies. */
  readonly worlds: readonly World[];
  /** By the id in the request's `traceparent`. */
  readonly sent: ReadonlyMap<string, { readonly call: SentCall; readonly giveUp: () => void }>;
  /** What stands in a text that was edited. */
  readonly marker: string | undefined;
  /** What the server keeps of conversations, by the answer's id: over all runs of the agent. */
  readonly stored: Map<string, SeenRequest['messages']>;
  /** Requests that no call of the agent is known for. */
  readonly strangers: string[];
}

export interface ModelServer {
  readonly url: string;
  session: ModelSession | undefined;
  close(): Promise<void>;
}

const nonceOf = (random: Random): string =>
  `n${random.text('bcdfghklmnprstvz', 1)}${random.text('aeiou', 1)}${random.text('bcdfghklmnprstvz', 1)}${random.text('aeiou', 1)}${random.text('bcdfghklmnprstvz', 1)}${random.text('aeiou', 1)}`;
let answers = 0;

/** A model played by the agent's plan, on four wires. It answers when the turnstile lets it. */
export async function startModelServer(): Promise<ModelServer> {
  const state: { session: ModelSession | undefined } = { session: undefined };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        answer(request, Buffer.concat(chunks).toString(), response).catch((error: unknown) => {
          response
            .writeHead(500, { 'content-type': 'application/json' })
            .end(JSON.stringify({ error: { message: `The model broke: ${String(error)}` } }));
        });
      });
  });
  server.keepAliveTimeout = 600_000;

  async function answer(request: IncomingMessage, text: string, response: ServerResponse): Promise<void> {
    const { session } = state;
    if (!session) throw new Error('No run.');
    const id = String(request.headers['traceparent'] ?? '').split('-')[2] ?? '';
    const found = session.sent.get(id);
    if (!found) {
      session.strangers.push(text.slice(0, 500));
      throw new Error('No such call.');
    }
    const { call, giveUp } = found;
    const thread = threadsOf(session.plan).find(({ path }) => path === call.path.replace('~', ''));
    if (!thread) throw new Error(`No thread ${call.path}.`);
    const path = request.url ?? '/';
    const seen = readRequest(call.wire, path, JSON.parse(text) as Json);
    const before = seen.previous === undefined ? [] : session.stored.get(seen.previous);
    const effective = before && [...before, ...seen.messages];
    call.seen = { request: seen, effective, body: text };
    await session.turnstile.arrive();
    const failure = call.isSummary ? undefined : thread.failures[call.turn];
    if (failure !== undefined && call.attempt === 0) {
      if (failure === 'time-out') {
        giveUp();
        response.destroy();
        return;
      }
      response
        .writeHead(429, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { message: 'Too many requests', type: 'rate_limit' } }));
      return;
    }
    if (!effective) {
      response.writeHead(400, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          error: {
            message: `Previous response with id '${seen.previous ?? ''}' not found.`,
            type: 'invalid_request_error',
          },
        }),
      );
      return;
    }
    const said = play(session, thread, call, seen, effective);
    const bare = path.replace(/\?.*$/s, '');
    const format = formats.find(({ pattern }) => pattern.test(bare));
    if (!format) throw new Error(`No format for ${path}.`);
    const shown = { model: seen.model, system: '', user: '', task: '', results: [], tools: [] };
    const index = ++answers * 1_000 + createRandom(`${session.name}${answers}`).below(1_000);
    const stream = bare.endsWith(':streamGenerateContent') || (JSON.parse(text) as Json)['stream'] === true;
    const written = stream
      ? format.stream(saidOf(said), shown, index).join('')
      : JSON.stringify(format.json(saidOf(said), shown, index));
    session.stored.set(`resp_${index}`, [
      ...effective,
      {
        role: 'assistant',
        text: said.text,
        calls: said.calls.map(({ tool, argument }) => `${tool}(${argument})`),
        callId: undefined,
      },
    ]);
    response
      .writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' })
      .end(call.wire === 'gemini' ? written.replaceAll('"id":"",', '') : written);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get session() {
      return state.session;
    },
    set session(session) {
      state.session = session;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the model says to a request. */
function play(
  session: ModelSession,
  thread: ThreadPlan,
  call: SentCall,
  seen: SeenRequest,
  effective: readonly SeenMessage[],
): Answered {
  const { plan, marker } = session;
  const all = `${seen.system}\n${effective.map(({ text, calls }) => `${text} ${calls.join(' ')}`).join('\n')}`;
  const isChanged =
    !session.isRecording &&
    ((marker !== undefined && all.includes(marker)) || seen.model !== thread.modelName || seen.temperature !== 0.5);
  const name =
    plan.model === 'repeats' || session.isRecording
      ? `${plan.seed}/said/${keyOf(call)}`
      : `${plan.seed}/said/${session.name}/${keyOf(call)}`;
  const random = createRandom(name);
  const words = (text: Words | undefined): string =>
    (text ?? [])
      .map((word) => {
        if (typeof word === 'string') return word;
        if ('told' in word) return toldIn(effective);
        if ('nonce' in word) return nonceOf(random.fork('nonce'));
        if ('invented' in word)
          return makeValue(
            word.shape,
            random.fork(word.invented),
            Date.UTC(2031, 2, 3),
            `/tmp/made-${random.fork('folder').text('abcdefgh', 5)}`,
          );
        const wanted = `${word.owner}|${word.copied}`;
        const values = session.worlds.flatMap((world) =>
          [...world.values].filter(([, what]) => what === wanted).map(([value]) => value),
        );
        return values.find((value) => all.includes(value)) ?? values[0] ?? 'unknown';
      })
      .join('');
  const idOf = (index: number): string | undefined =>
    call.wire === 'gemini'
      ? undefined
      : `${call.wire === 'messages' ? 'toolu_' : 'call_'}${createRandom(`${session.name}/${keyOf(call)}/${call.attempt}/${index}`).text('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 22)}`;
  const noted =
    isChanged && plan.reaction !== 'ignores' ? ` (noted ${marker ?? seen.model} ${String(seen.temperature)})` : '';
  if (call.isSummary)
    return {
      text: `In short: ${/total=\d+/.exec(all)?.[0] ?? 'nothing'} ${nonceOf(random.fork('nonce'))}${noted}`,
      calls: [],
      responseId: undefined,
    };
  const turn = thread.turns[call.planAt] ?? { kind: 'final', say: ['There is nothing left.'] };
  if (isChanged && plan.reaction === 'stops' && turn.kind !== 'final')
    return { text: `Stop, ${nonceOf(random.fork('nonce'))}${noted}`, calls: [], responseId: undefined };
  if (isChanged && plan.reaction === 'asks-more' && !all.includes('more on') && seen.tools.includes('lookup'))
    return {
      text: noted,
      calls: [{ id: idOf(0), tool: 'lookup', argument: `more on ${nonceOf(random.fork('more'))}` }],
      responseId: undefined,
    };
  const text = `${words(turn.say)}${noted}`;
  switch (turn.kind) {
    case 'tools':
      return {
        text,
        calls: turn.calls.map((one, index) => ({ id: idOf(index), tool: one.tool, argument: words(one.argument) })),
        responseId: undefined,
      };
    case 'delegate':
      return {
        text,
        calls: turn.children.map((one, index) => ({
          id: idOf(index),
          tool: 'delegate',
          argument: words(one.argument),
        })),
        responseId: undefined,
      };
    default:
      return { text, calls: [], responseId: undefined };
  }
}

const toldIn = (messages: readonly SeenMessage[]): string =>
  messages.filter(({ role }) => role === 'user').flatMap(({ text }) => /KEY=([^;]*);/.exec(text)?.[1] ?? [])[0] ?? 'it';

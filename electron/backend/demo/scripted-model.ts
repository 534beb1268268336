import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from '../base/listen.ts';
import { answerOf, chatRequestSchema } from './scripted-answer.ts';
import type { ChatRequest, ScriptedAnswer } from './scripted-answer.ts';

/** A model server on this machine that needs no key: chat completions, as JSON and as a stream, answered by rules. */
export interface ScriptedModel {
  /** `http://127.0.0.1:<port>/v1` */
  readonly url: string;
  close(): Promise<void>;
}

const largestBody = 4 * 1024 * 1024;
/** A model takes its time: a take is seen growing. */
const thinkingMs = 220;
const wordMs = 12;

export async function startScriptedModel({
  hurried = false,
}: { readonly hurried?: boolean } = {}): Promise<ScriptedModel> {
  const server = createServer((request, response) => {
    answer(request, response, hurried).catch(() => response.destroy());
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}/v1`, close: () => closeServer(server) };
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function answer(request: IncomingMessage, response: ServerResponse, hurried: boolean): Promise<void> {
  // A page in a browser has no business here.
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined)
    return refuse(response, 403, 'Not for web pages.');
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (request.method !== 'POST' || !path.endsWith('/chat/completions'))
    return refuse(response, 404, 'The demo’s model answers POST /v1/chat/completions only.');
  const body = await readBody(request);
  const parsed = body === undefined ? undefined : chatRequestSchema.safeParse(readJson(body));
  if (parsed?.success !== true)
    return refuse(response, 400, 'The request is no chat completion that the demo’s model can read.');
  const said = answerOf(parsed.data);
  if (!hurried) await sleep(thinkingMs);
  if (!parsed.data.stream) {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole(parsed.data, said)));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunksOf(parsed.data, said)) {
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    if (!hurried) await sleep(wordMs);
  }
  response.end('data: [DONE]\n\n');
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { message, type: 'invalid_request_error', param: null, code: null } }));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > largestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const created = 1_790_000_000;

function usageOf({ usage }: ScriptedAnswer) {
  return { prompt_tokens: usage.input, completion_tokens: usage.output, total_tokens: usage.input + usage.output };
}

function idOf(request: ChatRequest, said: ScriptedAnswer): string {
  return `chatcmpl-demo-${request.messages.length}-${said.call?.id.slice(5) ?? said.usage.output}`;
}

function whole(request: ChatRequest, said: ScriptedAnswer): unknown {
  const calls =
    said.call === undefined
      ? {}
      : {
          tool_calls: [
            { id: said.call.id, type: 'function', function: { name: said.call.name, arguments: said.call.arguments } },
          ],
        };
  return {
    id: idOf(request, said),
    object: 'chat.completion',
    created,
    model: request.model,
    usage: usageOf(said),
    choices: [
      {
        index: 0,
        logprobs: null,
        finish_reason: said.call === undefined ? 'stop' : 'tool_calls',
        message: { role: 'assistant', refusal: null, content: said.text ?? null, ...calls },
      },
    ],
  };
}

function* chunksOf(request: ChatRequest, said: ScriptedAnswer): Generator<unknown> {
  const chunk = (delta: unknown, finish: string | null = null) => ({
    id: idOf(request, said),
    object: 'chat.completion.chunk',
    created,
    model: request.model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  yield chunk({ role: 'assistant', content: '' });
  if (said.call !== undefined) {
    yield chunk({
      tool_calls: [{ index: 0, id: said.call.id, type: 'function', function: { name: said.call.name, arguments: '' } }],
    });
    yield chunk({ tool_calls: [{ index: 0, function: { arguments: said.call.arguments } }] });
  }
  for (const word of said.text?.match(/\S+\s*/g) ?? []) yield chunk({ content: word });
  yield chunk({}, said.call === undefined ? 'stop' : 'tool_calls');
  yield {
    id: idOf(request, said),
    object: 'chat.completion.chunk',
    created,
    model: request.model,
    choices: [],
    usage: usageOf(said),
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers every model call with nothing much, and keeps what it was asked. */
export interface AskedServer {
  readonly url: string;
  /** What came since the last time. */
  take(): readonly { readonly path: string; readonly key: string | undefined; readonly body: string }[];
  close(): Promise<void>;
}

export async function startAskedServer(): Promise<AskedServer> {
  let asked: { path: string; key: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Buffer));
      const { authorization, 'x-api-key': apiKey, 'x-goog-api-key': googleKey } = request.headers;
      const key = authorization?.replace('Bearer ', '') ?? apiKey ?? googleKey;
      const path = request.url ?? '';
      const body = Buffer.concat(chunks).toString('utf8');
      asked.push({ path, key: String(key), body });
      const isStream = path.includes('stream') || (JSON.parse(body) as { stream?: boolean }).stream === true;
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      response.end(isStream ? streamOf(path) : JSON.stringify(answerOf(path)));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = asked;
      asked = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answerOf(path: string): object {
  if (path.includes('/messages'))
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'yes' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    };
  if (path.includes(':'))
    return { candidates: [{ content: { role: 'model', parts: [{ text: 'yes' }] }, finishReason: 'STOP', index: 0 }] };
  if (path.endsWith('/responses'))
    return { id: 'resp_1', object: 'response', created_at: 1, model: 'm', status: 'completed', output: [] };
  return {
    id: 'c_1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }],
  };
}

function streamOf(path: string): string {
  if (path.includes('/messages')) return 'event: message_stop\ndata: {"type":"message_stop"}\n\n';
  if (path.includes(':')) return `data: ${JSON.stringify(answerOf(path))}\n\n`;
  if (path.endsWith('/responses'))
    return `event: response.completed\ndata: ${JSON.stringify({ type: 'response.completed', sequence_number: 1, response: answerOf(path) })}\n\n`;
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [] })}\n\ndata: [DONE]\n\n`;
}

/** Runs a program to its end. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import { wordsOf } from '../../../../shared/words-of.ts';
import { Refused } from '../../base/faults.ts';
import { asRecord, asText, isRecord } from '../../base/json-values.ts';
import { createLineReader, messagesOf } from './mcp-messages.ts';
import { createMcpProxy } from './mcp-proxy.ts';
import type { McpUpstream } from './mcp-proxy.ts';

export interface McpProxySettings {
  /** The server's command, started without a shell. Either this or `url`. */
  readonly command: readonly string[];
  readonly url: string | undefined;
  /** `Name: value`, as HTTP writes them; `${VARIABLE}` is read from the environment. */
  readonly headers: readonly string[];
  readonly name: string | undefined;
}

/** What was asked for cannot be done; the message says what to do instead. */
export class McpProxyRefused extends Refused {
  override readonly name = 'McpProxyRefused';
}

/** Runs the proxy on this process's standard input and output until one of its two sides ends. Resolves with the exit code. */
export async function runMcpProxy({ command, url, headers, name }: McpProxySettings): Promise<number> {
  if ((command.length === 0) === (url === undefined))
    throw new McpProxyRefused('Give the command of the MCP server after --, or its address with --url.');
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  let proxy: ReturnType<typeof createMcpProxy> | undefined;
  const side =
    url === undefined
      ? startServer(command, (line) => proxy?.fromServer(line))
      : connect(url, headers, (line) => proxy?.fromServer(line));
  proxy = createMcpProxy({
    write,
    upstream: side.upstream,
    toolsUrl: process.env['RETAKE_TOOLS_URL'],
    serverName: name,
  });
  process.stdin.on('data', (chunk: Buffer) => proxy.fromAgent(chunk)).on('end', () => proxy.agentEnded());
  return side.ended;
}

interface ServerSide {
  readonly upstream: McpUpstream;
  readonly ended: Promise<number>;
}

/** In the agent's own process group: it ends with the agent, as without the proxy. */
function startServer([program = '', ...rest]: readonly string[], onLine: (line: string) => void): ServerSide {
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'], windowsHide: true });
  const reader = createLineReader(onLine);
  child.stdin.on('error', () => undefined);
  child.stdout.on('data', (chunk: Buffer) => reader.take(chunk)).on('end', () => reader.end());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new McpProxyRefused(`The MCP server ${program} could not be started: ${error.message}`)),
    );
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  return { ended, upstream: { send: (line) => void child.stdin.write(`${line}\n`), end: () => child.stdin.end() } };
}

/** Streamable HTTP as its client speaks it; messages pass one by one. */
function connect(address: string, headers: readonly string[], onLine: (line: string) => void): ServerSide {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new McpProxyRefused(`${address} is not an http or https address.`);
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers: headersOf(headers) } });
  const { promise, resolve } = Promise.withResolvers<number>();
  const greetings = new Set<unknown>();
  transport.onmessage = (message) => {
    // The version that was agreed on goes into every later request, as the client of the SDK would do.
    const { id, result } = asRecord(message);
    const version = greetings.delete(id) && isRecord(result) ? asText(result['protocolVersion']) : undefined;
    if (version !== undefined) transport.setProtocolVersion(version);
    onLine(JSON.stringify(message));
  };
  transport.onclose = () => resolve(0);
  const started = transport.start();
  let sent: Promise<void> = started;

  async function send(line: string): Promise<void> {
    for (const message of messagesOf(line) ?? []) {
      if (message['method'] === 'initialize') greetings.add(message['id']);
      try {
        await transport.send(message as unknown as JSONRPCMessage);
      } catch (error) {
        const { id } = message;
        if (id !== undefined && message['method'] !== undefined)
          onLine(
            JSON.stringify({
              jsonrpc: '2.0',
              id,
              error: {
                code: -32_000,
                message: `${url?.origin} could not be asked: ${wordsOf(error)}`,
              },
            }),
          );
      }
    }
  }

  return {
    ended: promise,
    upstream: {
      // In order: the greeting has an answer before anything else goes out.
      send: (line) => void (sent = sent.then(() => send(line))),
      end: () => void sent.then(() => transport.close()).finally(() => resolve(0)),
    },
  };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new McpProxyRefused(`A header is written as "Name: value", not as "${line.slice(0, 20)}…".`);
      return [name, value.replace(/\$\{([A-Za-z_]\w*)\}/g, (_match, variable: string) => process.env[variable] ?? '')];
    }),
  );
}

import { Client, ReadBuffer, serializeMessage, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/client';
import type { ToolRunner } from '../../../../shared/model/take.ts';
import { isRecord, parseJson } from '../../base/json-values.ts';
import { textOfMcpResult } from '../hands/mcp-result.ts';
import { launch } from '../process/process-group.ts';
import type { ProcessGroup } from '../process/process-group.ts';
import type { RunnerContext } from './runner-context.ts';
import type { ToolCall, ToolResult } from './tool-call.ts';
import { ownToolName } from './tool-effect.ts';

type ServerAddress = Extract<ToolRunner, { type: 'mcp' }>['server'];

/** An MCP server of the user's: started when it is first needed, once per take. */
export interface McpServer {
  /** Whether it lists the tool, by the name that models use for it or by its own. Rejects when the server cannot be started or reached. */
  lists(tool: string): Promise<boolean>;
  call(call: ToolCall): Promise<ToolResult>;
  close(): Promise<void>;
}

/** A tool may take as long as its user lets it: the take's own limits end it. */
const callPatienceMs = 86_400_000;
const startPatienceMs = 30_000;

export function createMcpServer(server: ServerAddress, context: RunnerContext): McpServer {
  let connection: Promise<{ readonly client: Client; readonly tools: ReadonlySet<string> }> | undefined;

  async function connect(): Promise<{ readonly client: Client; readonly tools: ReadonlySet<string> }> {
    let client: Client;
    try {
      client = await connected('legacy');
    } catch (error) {
      // A server of the newest protocol alone does not know the old greeting.
      client = await connected('auto').catch(() =>
        Promise.reject(error instanceof Error ? error : new Error(String(error))),
      );
    }
    const { tools } = await client.listTools();
    return { client, tools: new Set(tools.map(({ name }) => name)) };
  }

  async function connected(mode: 'legacy' | 'auto'): Promise<Client> {
    const client = new Client({ name: 'retake', version: '1' }, { versionNegotiation: { mode } });
    const transport = 'url' in server ? overHttp(server.url) : new ProcessTransport(server, context);
    await client.connect(transport, { timeout: startPatienceMs, signal: context.signal });
    return client;
  }

  const open = (): NonNullable<typeof connection> =>
    (connection ??= connect().catch((error: unknown) => {
      connection = undefined;
      throw error;
    }));

  return {
    async lists(tool) {
      const { tools } = await open();
      return tools.has(tool) || tools.has(ownToolName(tool));
    },
    async call(call) {
      const { client, tools } = await open();
      const given = call.arguments.trim() === '' ? {} : parseJson(call.arguments);
      if (!isRecord(given))
        return { content: 'The arguments are no JSON object, which is what an MCP server takes.', isError: true };
      const result = await client.callTool(
        { name: tools.has(call.name) ? call.name : ownToolName(call.name), arguments: given },
        { timeout: callPatienceMs, signal: context.signal },
      );
      return {
        content: textOfMcpResult(result),
        isError: result.isError === true,
        native: { hand: 'mcp', json: JSON.stringify(result) },
      };
    },
    async close() {
      const opened = await connection?.catch(() => undefined);
      connection = undefined;
      await opened?.client.close();
    },
  };
}

function overHttp(address: string): Transport {
  const url = new URL(address);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`${address} is not an http or https address`);
  return new StreamableHTTPClientTransport(url);
}

/** Standard input and output of a command in a process group of its own: the client's own transport leaves behind what the command started. */
class ProcessTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  private readonly server: Extract<ServerAddress, { command: string[] }>;
  private readonly context: RunnerContext;
  private readonly buffer = new ReadBuffer();
  private group: ProcessGroup | undefined;
  private errors = '';

  constructor(server: Extract<ServerAddress, { command: string[] }>, context: RunnerContext) {
    this.server = server;
    this.context = context;
  }

  async start(): Promise<void> {
    const [program, ...rest] = this.server.command;
    if (program === undefined) throw new Error('its command is empty');
    const group = await launch({
      command: [program, ...rest],
      cwd: this.server.cwd,
      environment: this.context.environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.group = group;
    const { stdin, stdout, stderr } = group.child;
    stdin?.on('error', () => undefined);
    stdout?.on('data', (chunk: Buffer) => this.received(chunk));
    stderr?.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString('utf8')).slice(-2_000);
    });
    void group.ended.then(({ exitCode }) => {
      if (exitCode !== 0) this.onerror?.(new Error(`the MCP server ended with exit code ${exitCode}. ${this.errors}`));
      this.onclose?.();
    });
  }

  private received(chunk: Buffer): void {
    try {
      this.buffer.append(chunk);
      for (let message = this.buffer.readMessage(); message !== null; message = this.buffer.readMessage())
        this.onmessage?.(message);
    } catch (error) {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.group?.child.stdin?.write(serializeMessage(message));
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.group?.child.stdin?.end();
    this.group?.stop('SIGTERM');
    await this.group?.ended;
  }
}

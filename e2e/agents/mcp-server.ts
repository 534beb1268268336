import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

/**
 * An MCP server whose tools really do something: with TOOL_LOG set, every call appends a line to that file. Made with the official
 * SDK, so that what Retake speaks is judged by somebody else. `node e2e/agents/mcp-server.ts` on standard input and output.
 */
export function exampleServer(): McpServer {
  const server = new McpServer({ name: 'example', version: '1.0.0' });
  const log = (line: string): void => {
    if (process.env['TOOL_LOG']) appendFileSync(process.env['TOOL_LOG'], `${line}\n`);
  };
  server.registerTool(
    'look_up',
    { description: 'Looks something up.', inputSchema: z.object({ query: z.string() }) },
    ({ query }) => {
      log(`look_up ${query}`);
      return {
        content: [
          { type: 'text', text: `found ${query}` },
          { type: 'image', data: 'AAAA', mimeType: 'image/png' },
        ],
      };
    },
  );
  server.registerTool(
    'create_file',
    { description: 'Creates a file.', inputSchema: z.object({ path: z.string(), text: z.string() }) },
    ({ path, text }) => {
      log(`create_file ${path}`);
      appendFileSync(path, text);
      return { content: [{ type: 'text', text: 'created' }] };
    },
  );
  server.registerTool('fail', { description: 'Fails.', inputSchema: z.object({}) }, () => {
    log('fail');
    return { content: [{ type: 'text', text: 'it failed' }], isError: true };
  });
  return server;
}

/** The same over Streamable HTTP. `seen`: the header `authorization` of each request. */
export async function startHttpServer(): Promise<{
  readonly url: string;
  readonly seen: readonly (string | undefined)[];
  close(): Promise<void>;
}> {
  const handler = createMcpHandler(() => exampleServer());
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const body = Buffer.concat(chunks);
        const headers = new Headers(
          Object.entries(request.headers).flatMap(([name, value]) =>
            typeof value === 'string' ? [[name, value] as [string, string]] : [],
          ),
        );
        void handler
          .fetch(
            new Request(`http://127.0.0.1${request.url}`, {
              method: request.method ?? 'GET',
              headers,
              ...(body.length > 0 ? { body } : {}),
            }),
          )
          .then(async (answer) => {
            response.writeHead(answer.status, Object.fromEntries(answer.headers));
            for await (const chunk of answer.body ?? []) response.write(chunk);
            response.end();
          });
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      await handler.close();
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serveStdio(() => exampleServer());

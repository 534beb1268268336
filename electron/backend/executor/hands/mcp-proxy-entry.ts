import { parseArgs } from 'node:util';
import { wordsOf } from '../../../../shared/words-of.ts';
import { runMcpProxy } from './run-mcp-proxy.ts';

/** `retake mcp-proxy` as a program of its own: what a take puts before the MCP servers of an agent. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { name: { type: 'string' }, url: { type: 'string' }, header: { type: 'string', multiple: true } },
});
try {
  process.exitCode = await runMcpProxy({
    command: positionals,
    url: values.url,
    headers: values.header ?? [],
    name: values.name,
  });
} catch (error) {
  process.stderr.write(`retake mcp-proxy: ${wordsOf(error)}\n`);
  process.exitCode = 1;
}

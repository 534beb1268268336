import { McpProxyRefused, runMcpProxy } from '../../backend/command-line.ts';
import { CommandFault, exitCodes } from './fault.ts';

/** `retake mcp-proxy -- SERVER`: in an agent's configuration in place of its MCP server. Its standard input and output are the agent's. */
export async function mcpProxyCommand(
  command: readonly string[],
  options: { readonly url?: string; readonly header?: readonly string[]; readonly name?: string },
): Promise<number> {
  try {
    return await runMcpProxy({ command, url: options.url, headers: options.header ?? [], name: options.name });
  } catch (error) {
    throw error instanceof McpProxyRefused ? new CommandFault(error.message, exitCodes.usage) : error;
  }
}

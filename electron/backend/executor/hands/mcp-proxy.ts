import { wordsOf } from '../../../../shared/words-of.ts';
import { asText, isRecord } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { decisionSchema, post } from './ask-desk.ts';
import { createLineReader, messagesOf, readToolCall } from './mcp-messages.ts';
import type { ToolCallMessage } from './mcp-messages.ts';
import { textOfMcpResult } from './mcp-result.ts';

/** The server's side of the proxy: lines of JSON-RPC, whatever carries them. */
export interface McpUpstream {
  send(line: string): void;
  /** No more comes from the agent. */
  end(): void;
}

export interface McpProxyOptions {
  /** The agent's side. */
  readonly write: (line: string) => void;
  readonly upstream: McpUpstream;
  /** RETAKE_TOOLS_URL; undefined: everything passes. */
  readonly toolsUrl: string | undefined;
  /** The server's name in the agent's configuration: its tools are `mcp__<name>__<tool>` there. */
  readonly serverName: string | undefined;
  readonly waitingEveryMs?: number;
}

/**
 * Stands between an agent and its MCP server (FACTS.md, Tools on a re-run). Every message passes as it came, but `tools/call`: it is asked for
 * first, and answered here where the recording or a person answers it. Without an address to ask at, nothing is looked at.
 */
export function createMcpProxy({ write, upstream, toolsUrl, serverName, waitingEveryMs = 10_000 }: McpProxyOptions): {
  fromAgent(chunk: Buffer): void;
  agentEnded(): void;
  fromServer(line: string): void;
} {
  /** Calls that run, by their JSON-RPC id: what comes of them is recorded. */
  const running = new Map<string | number, ToolCallMessage>();
  const held = new Set<string | number>();
  const cancelled = new Set<string | number>();
  const waiting = new Set<Promise<void>>();
  const nameOf = (tool: string): string => (serverName === undefined ? tool : `mcp__${serverName}__${tool}`);
  const callOf = ({ tool, arguments: given, callId }: ToolCallMessage) => ({
    hand: 'mcp',
    tool: nameOf(tool),
    arguments: given,
    callId,
  });

  async function ask(call: ToolCallMessage, line: string): Promise<void> {
    held.add(call.id);
    let waited = 0;
    // Clients give up on a silent server; those that asked for progress wait on.
    const timer =
      call.progressToken === undefined
        ? undefined
        : setInterval(() => {
            write(
              JSON.stringify({
                jsonrpc: '2.0',
                method: 'notifications/progress',
                params: {
                  progressToken: call.progressToken,
                  progress: ++waited,
                  message: 'Retake waits for a decision about this call',
                },
              }),
            );
          }, waitingEveryMs);
    const answer = (result: JsonRecord): void => {
      if (!cancelled.has(call.id))
        write(
          JSON.stringify({
            jsonrpc: '2.0',
            id: call.id,
            result: { ...(call.isModern ? { resultType: 'complete' } : {}), ...result },
          }),
        );
    };
    const text = (content: string, isError: boolean): JsonRecord => ({
      content: [{ type: 'text', text: content }],
      isError,
    });
    try {
      const decision = decisionSchema.parse(await post(`${toolsUrl}/decide`, callOf(call)));
      if (decision.action === 'deny') answer(text(decision.message, true));
      else if (decision.action === 'result')
        answer(isRecord(decision.native) ? decision.native : text(decision.content, decision.isError));
      else if (!cancelled.has(call.id)) {
        running.set(call.id, call);
        upstream.send(line);
      }
    } catch (error) {
      answer(text(`Retake could not be asked whether this tool may run, so it did not: ${wordsOf(error)}`, true));
    } finally {
      clearInterval(timer);
      held.delete(call.id);
      cancelled.delete(call.id);
    }
  }

  function take(line: string): void {
    const messages = toolsUrl === undefined ? undefined : messagesOf(line);
    if (!messages?.some((message) => readToolCall(message) ?? isCancellation(message))) {
      upstream.send(line);
      return;
    }
    for (const message of messages) {
      const call = readToolCall(message);
      // A batch is sent on one by one: only part of it may go out.
      const own = messages.length === 1 ? line : JSON.stringify(message);
      if (call) {
        const work = ask(call, own).finally(() => waiting.delete(work));
        waiting.add(work);
        continue;
      }
      const id = cancelledId(message);
      if (id !== undefined && held.has(id)) cancelled.add(id);
      else upstream.send(own);
    }
  }

  const reader = createLineReader(take);
  return {
    fromAgent: (chunk) => reader.take(chunk),
    agentEnded() {
      reader.end();
      void Promise.allSettled(waiting).then(() => upstream.end());
    },
    fromServer(line) {
      write(line);
      if (toolsUrl === undefined || running.size === 0) return;
      for (const message of messagesOf(line) ?? []) {
        const { id, method, result, error } = message;
        if (method !== undefined || (typeof id !== 'string' && typeof id !== 'number')) continue;
        const call = running.get(id);
        if (!call) continue;
        running.delete(id);
        const failed = isRecord(error);
        const content = failed
          ? (asText(error['message']) ?? 'The MCP server answered with an error.')
          : textOfMcpResult(result);
        // A recording that cannot be kept must not stop the agent: its result is in its next request as well.
        post(`${toolsUrl}/record`, {
          ...callOf(call),
          content,
          isError: failed || (isRecord(result) && result['isError'] === true),
          ...(failed ? {} : { native: result }),
        }).catch(() => undefined);
      }
    },
  };
}

function isCancellation(message: JsonRecord): boolean {
  return cancelledId(message) !== undefined;
}

function cancelledId({ method, params }: JsonRecord): string | number | undefined {
  const id = method === 'notifications/cancelled' && isRecord(params) ? params['requestId'] : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

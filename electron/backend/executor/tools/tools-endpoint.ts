import { z } from 'zod';
import type { SideDoor } from '../gateway/gateway.ts';
import type { ToolCall, ToolHand, ToolResult } from './tool-call.ts';
import { toolHands } from './tool-call.ts';
import type { ToolDecision, ToolDesk } from './tool-desk.ts';

/**
 * What stands before an agent's tools asks here, on the gateway's loopback port below its token: `POST /r/<token>/tools/decide`
 * before a tool runs, `POST /r/<token>/tools/record` after it. The contract of hooks, MCP proxy and wrappers (FACTS.md, Tools on a re-run).
 */
const longestName = 1_000;

const callSchema = z.object({
  hand: z.enum(toolHands),
  tool: z.string().max(longestName),
  /** The arguments as JSON; a text is a free-form tool's input. */
  arguments: z.unknown().optional(),
  callId: z.string().max(longestName).nullish(),
});

const recordSchema = callSchema.extend({
  content: z.string(),
  isError: z.boolean().default(false),
  /** The result as this hand has it, given back to the same kind of hand. */
  native: z.unknown().optional(),
});

export interface ToolsEndpoint extends SideDoor {
  /** Which tools were asked for by what stands before them: those are really stood before. */
  seen(): readonly SeenTool[];
}

interface EndpointAnswer {
  readonly status: number;
  readonly body: string;
}

export interface SeenTool {
  readonly name: string;
  readonly hands: readonly ToolHand[];
}

/** More tools than any agent has. */
const seenAtMost = 2_000;

export function createToolsEndpoint(desk: Pick<ToolDesk, 'decide' | 'record'>): ToolsEndpoint {
  const seen = new Map<string, Set<ToolHand>>();
  const controller = new AbortController();
  const ended = new Promise<ToolDecision>((resolve) => {
    controller.signal.addEventListener('abort', () =>
      resolve({ action: 'deny', message: 'Retake has ended this run.' }),
    );
  });

  function noted({ callId, tool, hand, arguments: given }: z.infer<typeof callSchema>): ToolCall {
    const hands = seen.get(tool) ?? new Set<ToolHand>();
    hands.add(hand);
    if (seen.size < seenAtMost) seen.set(tool, hands);
    return { id: callId ?? undefined, name: tool, hand, arguments: textOf(given) };
  }

  async function answer(method: string, path: string, body: Buffer): Promise<EndpointAnswer> {
    if (method !== 'POST' || (path !== '/decide' && path !== '/record'))
      return failure(404, `There is no ${method} ${path.slice(0, 100)} here: POST /decide and /record are.`);
    let json: unknown;
    try {
      json = JSON.parse(body.toString('utf8'));
    } catch {
      return failure(400, 'The body is not JSON.');
    }
    if (path === '/record') {
      const given = recordSchema.safeParse(json);
      if (!given.success) return failure(400, wordsOf(given.error));
      const { hand, content, isError, native } = given.data;
      desk.record(noted(given.data), {
        content,
        isError,
        native: native === undefined ? undefined : { hand, json: JSON.stringify(native) },
      });
      return { status: 200, body: '{}' };
    }
    const given = callSchema.safeParse(json);
    if (!given.success) return failure(400, wordsOf(given.error));
    return {
      status: 200,
      body: JSON.stringify(written(await Promise.race([desk.decide(noted(given.data)), ended]), given.data.hand)),
    };
  }

  return {
    async answer(method, path, body) {
      try {
        return await answer(method, path, body);
      } catch (error) {
        if (error instanceof RangeError) return failure(400, 'The body is nested too deep.');
        throw error;
      }
    },
    abort: () => controller.abort(),
    seen: () => [...seen].map(([name, hands]) => ({ name, hands: [...hands] })),
  };
}

function wordsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
    .join('; ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

/** What a hand of its own kind recorded goes back as it was. */
function written(decision: ToolDecision, hand: ToolHand): object {
  if (decision.action !== 'result') return decision;
  const { action, content, isError, source, native } = decision;
  return {
    action,
    content,
    isError,
    source,
    ...(native?.hand === hand ? { native: JSON.parse(native.json) as unknown } : {}),
  };
}

function failure(status: number, message: string): EndpointAnswer {
  return { status, body: JSON.stringify({ error: { message } }) };
}

/** Of a recording: everything runs, and what comes of it is kept. */
export function recordingDesk(
  onRecord: (call: ToolCall, result: ToolResult) => void,
): Pick<ToolDesk, 'decide' | 'record'> {
  return { decide: () => Promise.resolve({ action: 'run' }), record: onRecord };
}

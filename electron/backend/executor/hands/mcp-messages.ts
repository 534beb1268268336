import { isRecord, parseJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';

/** One message a line, as MCP sends it over standard input and output. Bytes are passed on as they came. */
export function createLineReader(onLine: (line: string) => void): { take(chunk: Buffer): void; end(): void } {
  let pieces: Buffer[] = [];
  const flush = (): void => {
    const line = Buffer.concat(pieces).toString('utf8').replace(/\r$/, '');
    pieces = [];
    if (line.trim() !== '') onLine(line);
  };
  return {
    take(chunk) {
      let rest = chunk;
      for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
        pieces.push(rest.subarray(0, at));
        flush();
        rest = rest.subarray(at + 1);
      }
      if (rest.length > 0) pieces.push(rest);
    },
    end: flush,
  };
}

export interface ToolCallMessage {
  readonly id: string | number;
  readonly tool: string;
  readonly arguments: unknown;
  /** The model's id of the call, where the client passes it on (Claude Code does). */
  readonly callId: string | undefined;
  readonly progressToken: string | number | undefined;
  /** Of the protocol from 2026-07-28 on, in which every message says its version. */
  readonly isModern: boolean;
}

/** The messages of a line: a batch is several. Undefined where it is not JSON. */
export function messagesOf(line: string): readonly JsonRecord[] | undefined {
  const json = parseJson(line);
  if (Array.isArray(json)) return json.filter(isRecord);
  return isRecord(json) ? [json] : undefined;
}

export function readToolCall(message: JsonRecord): ToolCallMessage | undefined {
  const { id, method, params } = message;
  if (
    method !== 'tools/call' ||
    (typeof id !== 'string' && typeof id !== 'number') ||
    !isRecord(params) ||
    typeof params['name'] !== 'string'
  )
    return undefined;
  const meta = isRecord(params['_meta']) ? params['_meta'] : {};
  const callId = meta['claudecode/toolUseId'];
  const token = meta['progressToken'];
  return {
    id,
    tool: params['name'],
    arguments: params['arguments'] ?? {},
    callId: typeof callId === 'string' ? callId : undefined,
    progressToken: typeof token === 'string' || typeof token === 'number' ? token : undefined,
    isModern: typeof meta['io.modelcontextprotocol/protocolVersion'] === 'string',
  };
}

import { parseJson, stableJson } from '../../base/json-values.ts';
import { scrub } from '../gateway/scrub.ts';

/** A tool call as whoever is about to run it tells of it. */
export interface ToolCall {
  /** The model's id of the call, where the asker knows it. */
  readonly id?: string | undefined;
  readonly name: string;
  /** JSON text as the model wrote it, or plain text for a free-form tool. Foreign: compared and shown, never interpreted. */
  readonly arguments: string;
  /** Who asks; absent: the executor itself. Two of them may stand before the same call. */
  readonly hand?: ToolHand | undefined;
}

/** hook: Claude Code's PreToolUse. mcp: the proxy in front of an MCP server. wrapper: a function of the user's own code. */
export const toolHands = ['hook', 'mcp', 'wrapper'] as const;
export type ToolHand = (typeof toolHands)[number];

export interface ToolResult {
  /** What the model gets to read. */
  readonly content: string;
  readonly isError: boolean;
  /** The result as the hand that recorded it had it, as JSON text: a wrapper's value, an MCP server's whole answer. Only for the same kind of hand. */
  readonly native?: { readonly hand: ToolHand; readonly json: string } | undefined;
}

/** A tool call of the parent run, with what came of it. */
export interface RecordedToolCall extends ToolResult {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: string;
  /** Index of the parent's llm step that asked for it. */
  readonly step: number | undefined;
  /** Asked for by an answer before the fork. */
  readonly beforeFork: boolean;
}

/** Longer arguments are compared letter by letter. */
const longestParsed = 4_000_000;

/** Equal arguments give equal text: keys in order, no white space. Text that is no JSON, or too deep, stays as it is. */
export function canonicalArguments(text: string): string {
  if (text.length > longestParsed) return text;
  const value = parseJson(text);
  if (value === undefined) return text.trim();
  try {
    return stableJson(value);
  } catch {
    // Nested deeper than the stack: foreign, and of no use to anybody.
    return text;
  }
}

/** The same without ids, times and temporary names; the two folders of a run in a copy stand for each other. */
export function scrubbedArguments(canonical: string, folders: readonly string[]): string {
  let text = canonical;
  for (const folder of folders.toSorted((a, b) => b.length - a.length))
    if (folder.length > 1) text = text.replaceAll(folder, '<folder>');
  return scrub(text).text;
}

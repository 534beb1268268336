import type { Part } from '../../../../shared/model/message.ts';
import type { RequestedTool, StepContent, StepFacts } from '../../telemetry/step-facts.ts';
import type { StepNode } from './step-node.ts';

export interface ToolResult {
  readonly isError: boolean | undefined;
  /** The beginning of the result, for an error's text. */
  readonly text: string;
}

/** The few texts that linking needs. Reading a prompt is by far the dearest thing an assembly can do. */
export interface LinkedContent {
  toolArguments(tool: StepNode): string | undefined;
  /** The result for this call in the step's input, or in its output where the provider ran the tool. */
  result(carrier: StepNode, place: 'input' | 'output', call: RequestedTool): ToolResult | undefined;
}

type ResultPart = Extract<Part, { type: 'tool_result' }>;

const argumentsOf = new WeakMap<StepFacts, { readonly text: string | undefined }>();
const resultsOf = new WeakMap<StepFacts, Map<string, ToolResult | undefined>>();
const longestText = 1_000;

/**
 * What was found is remembered with the facts it belongs to, as long as those live: a growing run is assembled again and again,
 * and would otherwise parse every prompt each time.
 */
export function linkContent(read: (seq: number) => StepContent): LinkedContent {
  let lastRead: { readonly seq: number; readonly content: StepContent } | undefined;
  const contentOf = (seq: number): StepContent => {
    if (lastRead?.seq !== seq) lastRead = { seq, content: read(seq) };
    return lastRead.content;
  };
  return {
    toolArguments({ span }) {
      if (!span) return undefined;
      let known = argumentsOf.get(span.facts);
      if (!known) {
        known = { text: contentOf(span.seq).toolArguments };
        argumentsOf.set(span.facts, known);
      }
      return known.text;
    },
    result({ span }, place, call) {
      if (!span) return undefined;
      const key = JSON.stringify([place, call.id, call.name]);
      let known = resultsOf.get(span.facts);
      if (!known) {
        known = new Map();
        resultsOf.set(span.facts, known);
      }
      if (!known.has(key)) {
        const part = matching(call, contentOf(span.seq)[place]);
        known.set(key, part && { isError: part.isError, text: part.result.slice(0, longestText) });
      }
      return known.get(key);
    },
  };
}

/** By id; without one, the latest result of that name. */
function matching(call: RequestedTool, messages: readonly { readonly parts: readonly Part[] }[]): ResultPart | undefined {
  for (let index = messages.length - 1; index >= 0; index--) {
    const parts = messages[index]?.parts ?? [];
    for (let at = parts.length - 1; at >= 0; at--) {
      const part = parts[at];
      if (part?.type !== 'tool_result') continue;
      if (call.id !== undefined ? part.id === call.id : part.id === undefined && part.name === call.name) return part;
    }
  }
  return undefined;
}

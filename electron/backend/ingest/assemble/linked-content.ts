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
  /** What a tool's own span says that it gave. */
  toolResult(tool: StepNode): string | undefined;
  /** The result for this call in the step's input, or in its output where the provider ran the tool. */
  result(carrier: StepNode, place: 'input' | 'output', call: RequestedTool): ToolResult | undefined;
}

type ResultPart = Extract<Part, { type: 'tool_result' }>;

interface ToolTexts {
  readonly given: string | undefined;
  readonly result: string | undefined;
}
const toolTexts = new WeakMap<StepFacts, ToolTexts>();
const resultsOf = new WeakMap<StepFacts, Map<string, ToolResult | undefined>>();
const longestText = 1_000;

/**
 * What was found is remembered with the facts it belongs to, as long as those live: a growing run is assembled again and again,
 * and would otherwise parse every prompt each time.
 */
export function linkContent(read: (seq: number) => StepContent): LinkedContent {
  let lastRead:
    | { readonly seq: number; readonly place: 'input' | 'output'; readonly results: ReadonlyMap<string, ResultPart> }
    | undefined;
  const resultsIn = (seq: number, place: 'input' | 'output'): ReadonlyMap<string, ResultPart> => {
    if (lastRead?.seq !== seq || lastRead.place !== place)
      lastRead = { seq, place, results: resultsBySign(read(seq)[place]) };
    return lastRead.results;
  };
  const textsOf = ({ span }: StepNode): ToolTexts | undefined => {
    if (!span) return undefined;
    let known = toolTexts.get(span.facts);
    if (!known) {
      const { toolArguments, toolResult } = read(span.seq);
      known = { given: toolArguments, result: toolResult?.slice(0, longestText) };
      toolTexts.set(span.facts, known);
    }
    return known;
  };
  return {
    toolArguments: (tool) => textsOf(tool)?.given,
    toolResult: (tool) => textsOf(tool)?.result,
    result({ span }, place, call) {
      if (!span) return undefined;
      const key = JSON.stringify([place, call.id, call.name]);
      let known = resultsOf.get(span.facts);
      if (!known) {
        known = new Map();
        resultsOf.set(span.facts, known);
      }
      if (!known.has(key)) {
        const part = resultsIn(span.seq, place).get(signOf(call.id, call.name));
        known.set(key, part && { isError: part.isError, text: part.result.slice(0, longestText) });
      }
      return known.get(key);
    },
  };
}

/** By id; without one, the latest result of that name. */
function resultsBySign(messages: readonly { readonly parts: readonly Part[] }[]): ReadonlyMap<string, ResultPart> {
  const results = new Map<string, ResultPart>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'tool_result') results.set(signOf(part.id, part.name ?? ''), part);
  }
  return results;
}

function signOf(id: string | undefined, name: string): string {
  return id === undefined ? `name ${name}` : `id ${id}`;
}

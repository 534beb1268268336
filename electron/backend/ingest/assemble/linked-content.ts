import type { Message } from '../../../../shared/model/message.ts';
import type { RequestedTool, StepContent, StepFacts } from '../../telemetry/step-facts.ts';
import type { StepNode } from './step-node.ts';
import { createPromptResults, resultAmong } from './tool-results.ts';
import type { ToolResult } from './tool-results.ts';

/** Long content of spans by their `seq`. */
export interface ContentReader {
  content(seq: number): StepContent;
  /** The messages that the span's input has beyond that of an earlier span; undefined where it does not go on from that. */
  inputBeyond(seq: number, earlier: number): readonly Message[] | undefined;
}

/** The few texts that linking needs. Reading a prompt is by far the dearest thing an assembly can do. */
export interface LinkedContent {
  toolArguments(tool: StepNode): string | undefined;
  /** What a tool's own span says that it gave. */
  toolResult(tool: StepNode): string | undefined;
  /** The result for this call in the step's input, or in its output where the provider ran the tool. */
  result(carrier: StepNode, place: 'input' | 'output', call: RequestedTool): ToolResult | undefined;
}

interface ToolTexts {
  readonly given: string | undefined;
  readonly result: string | undefined;
}
const toolTexts = new WeakMap<StepFacts, ToolTexts>();
const resultsOf = new WeakMap<StepFacts, Map<string, ToolResult | undefined>>();
const longestText = 1_000;

/**
 * What was found is remembered with the facts it belongs to, as long as those live: a growing run is assembled again and again,
 * and would otherwise read its prompts each time.
 */
export function linkContent(reader: ContentReader): LinkedContent {
  const promptResult = createPromptResults({
    input: (seq) => reader.content(seq).input,
    inputBeyond: (seq, earlier) => reader.inputBeyond(seq, earlier),
  });
  let lastOutput: { readonly seq: number; readonly messages: readonly Message[] } | undefined;
  const outputOf = (seq: number): readonly Message[] => {
    if (lastOutput?.seq !== seq) lastOutput = { seq, messages: reader.content(seq).output };
    return lastOutput.messages;
  };
  const textsOf = ({ span }: StepNode): ToolTexts | undefined => {
    if (!span) return undefined;
    let known = toolTexts.get(span.facts);
    if (!known) {
      const { toolArguments, toolResult } = reader.content(span.seq);
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
      if (!known.has(key))
        known.set(key, place === 'input' ? promptResult(span.seq, call) : resultAmong(outputOf(span.seq), call));
      return known.get(key);
    },
  };
}

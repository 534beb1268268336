import type { Message, Part } from '../../../shared/model/message.ts';

export type ToolCallPart = Extract<Part, { type: 'tool_call' }>;
export type ToolResultPart = Extract<Part, { type: 'tool_result' }>;

/** How texts are put together; nothing is known of other ways. */
const separators = [' ', '\n', ''] as const;

/**
 * The results of parallel tools that an instrumentation wrote into one, under the id of one of them (OpenInference of Strands 0.1): where
 * the tools' own steps gave just these texts, each call has its own result again. `resultOf`: what the step of a call gave.
 * The same list where nothing was joined.
 */
export function splitJoinedResults(
  input: readonly Message[],
  resultOf: (call: ToolCallPart) => ToolResultPart | undefined,
): readonly Message[] {
  const split = input.map((message, at): Message => {
    const calls = input[at - 1]?.parts.filter((part) => part.type === 'tool_call') ?? [];
    const [joined, ...more] = message.parts;
    if (calls.length < 2 || joined?.type !== 'tool_result' || more.length > 0) return message;
    if (!calls.some(({ id }) => id === joined.id) || holdsResult(input[at + 1])) return message;
    const results = calls.flatMap((call) => resultOf(call) ?? []);
    if (results.length < calls.length) return message;
    const texts = results.map(({ result }) => result);
    return separators.some((separator) => texts.join(separator) === joined.result)
      ? { ...message, parts: results }
      : message;
  });
  return split.some((message, at) => message !== input[at]) ? split : input;
}

const holdsResult = (message: Message | undefined): boolean =>
  message?.parts.some(({ type }) => type === 'tool_result') === true;

import type { Message, Part } from '../../../../shared/model/message.ts';
import type { AttributeReader } from '../../telemetry/span-view.ts';
import { readData } from './attribute-content.ts';
import { flatItems, flatText } from './flattened.ts';
import type { FlatNode } from './flattened.ts';
import { readToolResult } from './part-shapes.ts';
import { isStructure } from './structure.ts';

/**
 * What OpenInference of AutoGen writes beside a message: `thought`, the text of an answer that asks for tools, and the results of several
 * tools as JSON (`llm.input_messages.3.function.0`). Source: capture.
 */
export function withAutoGenParts(attributes: AttributeReader, item: FlatNode, message: Message): Message {
  const thought = flatText(attributes, item, 'thought');
  const results = flatItems(item, 'function').flatMap((result): Part[] => {
    const data = result.key === undefined ? undefined : readData(attributes, result.key)?.data;
    return isStructure(data) ? [readToolResult(data, false)] : [];
  });
  if (results.length > 0) return { role: 'tool', parts: results };
  return thought === undefined ? message : withThought(message, thought);
}

/** It is the content of the message that goes to the model. */
export const withThought = (message: Message, thought: string): Message => ({
  ...message,
  parts: [{ type: 'text', text: thought }, ...message.parts],
});

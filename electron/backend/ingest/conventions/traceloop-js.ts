import type { Message, Part } from '../../../../shared/model/message.ts';
import { dataOf, messagesOf, readData } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention } from './convention.ts';
import { readParts } from './part-shapes.ts';
import { asArray, isStructure, textField } from './structure.ts';

/** Traceloop's instrumentation of LangChain.js, which writes a content of blocks as JSON into one part of text (0.27): GenAI's names otherwise. */
export const traceloopJs: Convention = {
  ...silent,
  id: 'traceloop-js',
  version: 1,

  applies: (view) => view.scopeName === '@traceloop/instrumentation-langchain' && view.attributes.has(inputs),
  classify: () => undefined,
  input(view, kind) {
    const given = kind === 'llm' ? messagesOf(readData(view.attributes, inputs), 'user') : undefined;
    return given && { ...given, messages: given.messages.map(withBlocks) };
  },
  inputKeys: ['gen_ai.input.messages'],
};

const inputs = 'gen_ai.input.messages';

const withBlocks = (message: Message): Message => ({ ...message, parts: message.parts.flatMap(blocksOf) });

function blocksOf(part: Part): readonly Part[] {
  if (part.type !== 'text' || !part.text.startsWith('[{')) return [part];
  const blocks = asArray(dataOf(part.text)?.data);
  const areBlocks = blocks?.every((block) => isStructure(block) && textField(block, 'type') !== undefined);
  return areBlocks === true ? readParts(blocks) : [part];
}

import { firstText } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Classification, Convention, FactsPart } from './convention.ts';
import { isConversationValue } from './field-sources.ts';

/**
 * Spring AI's observations: chat models follow the GenAI conventions, what is around them says its kind in `spring.ai.kind`. Source: Spring
 * AI reference, Observability; FACTS.md, Other emitters.
 */
const kinds: ReadonlyMap<string, Classification> = new Map<string, Classification>([
  ['chat_client', { kind: 'chain', subKind: 'chat_client' }],
  ['advisor', { kind: 'chain', subKind: 'advisor', hidden: true }],
  ['tool_call', { kind: 'tool' }],
  ['vector_store', { kind: 'retrieval', subKind: 'vector' }],
]);

export const springAi: Convention = {
  ...silent,
  id: 'spring-ai',
  version: 1,
  inputKeys: ['spring.ai.tool.call.arguments'],

  applies: (view) => view.attributes.keysWithPrefix('spring.ai.').length > 0,
  classify: (view) => kinds.get(view.attributes.text('spring.ai.kind') ?? ''),

  facts({ attributes }, kind): FactsPart {
    const session = attributes.text('spring.ai.chat.client.conversation.id');
    return {
      name:
        kind === 'tool'
          ? attributes.text('spring.ai.tool.definition.name')
          : kind === 'chain'
            ? attributes.text('spring.ai.advisor.name')
            : undefined,
      conversation: isConversationValue(session)
        ? { key: 'spring.ai.chat.client.conversation.id', value: session }
        : undefined,
    };
  },

  toolArguments: ({ attributes }) => firstText(attributes, ['spring.ai.tool.call.arguments']),
  toolResult: ({ attributes }) => firstText(attributes, ['spring.ai.tool.call.result']),
};

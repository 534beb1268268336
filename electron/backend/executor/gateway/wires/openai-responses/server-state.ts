import { applySplices, elementsOf, memberOf, rootCursor, setMember, sourceOf } from '../../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../../base/json-cursor.ts';
import { asRecord, asText, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireAnswer } from '../../wire.ts';
import { outputItems } from './writing.ts';

/** `previous_response_id` and `conversation`: history that OpenAI keeps, written out (platform.openai.com, Conversation state). */

export function namedHistory(request: JsonRecord): string | undefined {
  const { conversation } = request;
  return asText(request['previous_response_id']) ?? asText(conversation) ?? asText(asRecord(conversation)['id']);
}

/** The same of a request that was not read: its conversation may be long. */
export function namedIn(root: JsonCursor): string | undefined {
  const member = (name: string): unknown => {
    const found = memberOf(root, name);
    return found && parseJson(sourceOf(found));
  };
  return namedHistory({
    previous_response_id: member('previous_response_id'),
    conversation: member('conversation'),
  });
}

/**
 * An answer's items as input. Their ids name what the provider keeps, which a changed history is not; reasoning without
 * `encrypted_content` is nothing without its id.
 */
export function answeredItems(answer: WireAnswer): readonly string[] {
  return outputItems(answer).flatMap((item) => {
    const { id: _id, status: _status, ...rest } = item;
    if (rest['type'] === 'reasoning' && rest['encrypted_content'] === undefined) return [];
    return [JSON.stringify(rest)];
  });
}

export function withHistory(body: string, history: readonly string[]): string {
  const root = rootCursor(body);
  const input = memberOf(root, 'input');
  const value = input && parseJson(sourceOf(input));
  const own =
    typeof value === 'string'
      ? [JSON.stringify({ type: 'message', role: 'user', content: value })]
      : input
        ? elementsOf(input).map(sourceOf)
        : [];
  const written = applySplices(
    body,
    [setMember(root, 'input', `[${[...history, ...own].join(',')}]`)].filter((splice) => splice !== undefined),
  );
  return ['previous_response_id', 'conversation'].reduce((text, member) => {
    const cursor = rootCursor(text);
    if (asRecord(parseJson(text))[member] === undefined) return text;
    const splice = setMember(cursor, member, undefined);
    return splice ? applySplices(text, [splice]) : text;
  }, written);
}

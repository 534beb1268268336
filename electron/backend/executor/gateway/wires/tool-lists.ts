import { applySplices, elementsOf, kindOf, memberOf, rootCursor, setMember } from '../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../base/json-cursor.ts';
import { asText } from '../../../base/json-values.ts';
import type { JsonRecord } from '../../../base/json-values.ts';

/** What the wire formats do alike with the tools of a request. */

/** The list that a member holds; none where it is something else. */
export function listAt(holder: JsonCursor, key: string): readonly JsonCursor[] {
  const list = memberOf(holder, key);
  return list && kindOf(list) === 'array' ? [list] : [];
}

/** Tools that a provider runs itself have a type and no name. */
export function nameOrType(definition: JsonRecord): string {
  return asText(definition['name']) ?? asText(definition['type']) ?? '';
}

export function withoutMembers(body: string, keys: readonly string[]): string {
  return keys.reduce((text, key) => {
    const splice = setMember(rootCursor(text), key, undefined);
    return splice ? applySplices(text, [splice]) : text;
  }, body);
}

export function withoutEmptyMembers(body: string, keys: readonly string[]): string {
  const root = rootCursor(body);
  return withoutMembers(
    body,
    keys.filter((key) => listAt(root, key).some((list) => elementsOf(list).length === 0)),
  );
}

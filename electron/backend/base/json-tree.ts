import { elementsOf, kindOf, membersOf, rootCursor, sourceOf } from './json-cursor.ts';
import type { JsonCursor } from './json-cursor.ts';

/** JSON as it is written: numbers as their signs, so that none loses a digit. A key that stands twice means its last value. */
export type JsonTree =
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'list'; readonly items: readonly JsonTree[] }
  | { readonly kind: 'text'; readonly text: string }
  /** A number, true, false or null. */
  | { readonly kind: 'scalar'; readonly source: string }
  /** Nested deeper than `deepest`: the JSON itself. */
  | { readonly kind: 'deep'; readonly source: string };

export type JsonMember = readonly [key: string, value: JsonTree];

/** Compilers give up on deeply nested literals. */
const deepest = 48;

/** Only for text that `JSON.parse` has accepted. */
export function readTree(text: string): JsonTree {
  return treeAt(rootCursor(text), 0);
}

function treeAt(cursor: JsonCursor, depth: number): JsonTree {
  const kind = kindOf(cursor);
  if (kind === 'string') return { kind: 'text', text: String(JSON.parse(sourceOf(cursor))) };
  if (kind === 'scalar') return { kind: 'scalar', source: sourceOf(cursor) };
  if (depth >= deepest) return { kind: 'deep', source: sourceOf(cursor) };
  if (kind === 'array') return { kind: 'list', items: elementsOf(cursor).map((item) => treeAt(item, depth + 1)) };
  const members = new Map(membersOf(cursor).map(({ key, value }) => [key, treeAt(value, depth + 1)]));
  return { kind: 'object', members: [...members] };
}

export function membersOfTree(tree: JsonTree | undefined): readonly JsonMember[] {
  return tree?.kind === 'object' ? tree.members : [];
}

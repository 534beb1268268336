import type { AttributeReader } from '../../telemetry/span-view.ts';

/**
 * Indexed attributes (`llm.input_messages.0.message.tool_calls.1…`, `gen_ai.prompt.3.role`) read as a tree of Maps.
 * Names come from a trace: an index is a Map key, never an array length, so `…999999999.x` costs one entry; the number of
 * array slots is capped as Langfuse does (10,001) and prototype names are refused.
 */
export interface FlatNode {
  /** Full attribute key when a value sits exactly here. */
  key: string | undefined;
  readonly children: Map<string, FlatNode>;
}

export interface Flattened {
  readonly root: FlatNode;
  /** An index missing between two present ones, or anything refused: attribute limits dropped part of it. */
  readonly incomplete: boolean;
}

export const maximumSlots = 10_001;
const maximumPathParts = 24;
const denied: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const indexPattern = /^\d+$/;

const node = (): FlatNode => ({ key: undefined, children: new Map() });

/** The keys under `prefix` (with its final dot), as a tree; undefined when there are none. */
export function readFlattened(attributes: AttributeReader, prefix: string): Flattened | undefined {
  const keys = attributes.keysWithPrefix(prefix);
  if (keys.length === 0) return undefined;
  const root = node();
  let slots = 0;
  let incomplete = false;
  for (const key of keys) {
    const parts = key.slice(prefix.length).split('.', maximumPathParts + 1);
    if (parts.length > maximumPathParts || parts.some((part) => denied.has(part))) {
      incomplete = true;
      continue;
    }
    let current: FlatNode | undefined = root;
    for (const part of parts) {
      let next: FlatNode | undefined = current.children.get(part);
      if (next === undefined) {
        if (indexPattern.test(part)) {
          slots += 1;
          if (slots > maximumSlots) {
            incomplete = true;
            current = undefined;
            break;
          }
        }
        next = node();
        current.children.set(part, next);
      }
      current = next;
    }
    if (current !== undefined) current.key = key;
  }
  return { root, incomplete: incomplete || hasGap(root) };
}

/** Numbered children in numeric order; holes are closed up. */
export function flatItems(parent: FlatNode | undefined, ...path: readonly string[]): readonly FlatNode[] {
  const found = flatNode(parent, ...path);
  if (found === undefined) return [];
  return [...found.children]
    .filter(([name]) => indexPattern.test(name))
    .toSorted(([left], [right]) => compareIndices(left, right))
    .map(([, child]) => child);
}

export function flatNode(parent: FlatNode | undefined, ...path: readonly string[]): FlatNode | undefined {
  let current = parent;
  for (const part of path) current = current?.children.get(part);
  return current;
}

export function flatText(
  attributes: AttributeReader,
  parent: FlatNode | undefined,
  ...path: readonly string[]
): string | undefined {
  const key = flatNode(parent, ...path)?.key;
  return key === undefined ? undefined : attributes.text(key);
}

/** Like `flatText`, but an empty string that was sent stays an empty string. */
export function flatValue(
  attributes: AttributeReader,
  parent: FlatNode | undefined,
  ...path: readonly string[]
): unknown {
  const key = flatNode(parent, ...path)?.key;
  return key === undefined ? undefined : attributes.get(key);
}

function compareIndices(left: string, right: string): number {
  return left.length === right.length ? (left < right ? -1 : 1) : left.length - right.length;
}

/** Only between numbered children of one parent; OpenAI Agents begins some lists at 1 until the system message is added. */
function hasGap(parent: FlatNode): boolean {
  const indices = [...parent.children.keys()]
    .filter((name) => indexPattern.test(name))
    .map(Number)
    .toSorted((left, right) => left - right);
  const first = indices[0];
  const last = indices.at(-1);
  if (first !== undefined && last !== undefined && last - first + 1 > indices.length) return true;
  for (const child of parent.children.values()) if (hasGap(child)) return true;
  return false;
}

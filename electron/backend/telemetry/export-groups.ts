import { bytesOf } from './any-value.ts';
import type { RawAttribute, RawResource, RawScope } from './raw-span.ts';

/**
 * Spans (or logs) as envelopes of OTLP: neighbours with the same resource and scope share one. The order of arrival is
 * kept and nothing is gathered, so that a run of any size is written in constant memory, and an import of the export
 * gives the same spans in the same order.
 */
export interface Grouped<Item> {
  readonly item: Item;
  readonly resourceChanged: boolean;
  readonly scopeChanged: boolean;
}

interface WithOrigin {
  readonly resource: RawResource;
  readonly scope: RawScope;
}

export function* groupNeighbours<Item extends WithOrigin>(items: Iterable<Item>): Generator<Grouped<Item>> {
  let resource: RawResource | undefined;
  let scope: RawScope | undefined;
  for (const item of items) {
    const sameResource =
      resource !== undefined && (resource === item.resource || sameResourceAs(resource, item.resource));
    const sameScope = sameResource && scope !== undefined && (scope === item.scope || sameScopeAs(scope, item.scope));
    yield { item, resourceChanged: !sameResource, scopeChanged: !sameScope };
    ({ resource, scope } = item);
  }
}

const sameResourceAs = (left: RawResource, right: RawResource): boolean =>
  left.schemaUrl === right.schemaUrl &&
  left.droppedAttributes === right.droppedAttributes &&
  sameAttributes(left.attributes, right.attributes);

const sameScopeAs = (left: RawScope, right: RawScope): boolean =>
  left.name === right.name &&
  left.version === right.version &&
  left.schemaUrl === right.schemaUrl &&
  left.droppedAttributes === right.droppedAttributes &&
  sameAttributes(left.attributes, right.attributes);

/** Same keys and values in the same order, byte for byte. */
function sameAttributes(left: readonly RawAttribute[], right: readonly RawAttribute[]): boolean {
  if (left === right) return true;
  return (
    left.length === right.length &&
    left.every((attribute, index) => {
      const other = right[index];
      if (other === undefined || other.key !== attribute.key || other.value.form !== attribute.value.form) return false;
      return valueBytes(attribute).equals(valueBytes(other));
    })
  );
}

const valueBytes = ({ value }: RawAttribute): Buffer => (value.form === 'text' ? bytesOf(value) : value.bytes);

/** An item that was already taken from an iterator, and the rest. */
export function* chain<Item>(first: Item, rest: Iterable<Item>): Generator<Item> {
  yield first;
  yield* rest;
}

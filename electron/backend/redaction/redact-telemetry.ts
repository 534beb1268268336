import { isUtf8 } from 'node:buffer';
import type { RedactionKind } from '../../../shared/model/redaction.ts';
import { readKeyName } from '../base/key-names.ts';
import { isKeyValue } from '../base/key-values.ts';
import { decodeValue, encodeValue, textOf, textRange } from '../telemetry/any-value.ts';
import type { RawAttribute, RawLog, RawResource, RawScope, RawSpan, RawValue } from '../telemetry/raw-span.ts';
import type { AttributeValue } from '../telemetry/span-view.ts';
import type { PrivateValues, Redactor } from './redactor.ts';

/** What is done with each text of a span or a log. `field` is the attribute whose value it stands in, or what else of the span it is. */
interface TextWork {
  text(text: string, field: string): string;
  bytes(bytes: Uint8Array, field: string): AttributeValue;
}

/** Looks at texts, and at bytes that are none. */
export interface TextVisitor {
  text(text: string, field: string): void;
  bytes(bytes: Uint8Array, field: string): void;
}

/** Learns what is private in telemetry. All that will be handed on together is learnt before any of it is redacted. */
export function learnSpan(values: PrivateValues, span: RawSpan): void {
  mapSpan(learning(values), (attribute) => learnAttribute(values, attribute), span);
}
export function learnLog(values: PrivateValues, log: RawLog): void {
  mapLog(learning(values), (attribute) => learnAttribute(values, attribute), log);
}

/** The same span with names for what is private; ids, times and figures are untouched. */
export function redactSpan(redactor: Redactor, span: RawSpan): RawSpan {
  return mapSpan(replacing(redactor), undefined, span);
}
export function redactLog(redactor: Redactor, log: RawLog): RawLog {
  return mapLog(replacing(redactor), undefined, log);
}

/** Every text of a span or log, as it is looked through. */
export function visitSpan(span: RawSpan, visitor: TextVisitor): void {
  mapSpan(visiting(visitor), undefined, span);
}
export function visitLog(log: RawLog, visitor: TextVisitor): void {
  mapLog(visiting(visitor), undefined, log);
}

const visiting = (visitor: TextVisitor): TextWork => ({
  text(text, field) {
    visitor.text(text, field);
    return text;
  },
  bytes(bytes, field) {
    const plain = plainText(bytes);
    if (plain === undefined) visitor.bytes(bytes, field);
    else visitor.text(plain, field);
    return bytes;
  },
});

const learning = (values: PrivateValues): TextWork =>
  visiting({ text: (text) => values.learn(text), bytes: () => undefined });

const replacing = (redactor: Redactor): TextWork => ({
  text: (text) => redactor.apply(text),
  bytes(bytes) {
    const plain = plainText(bytes);
    if (plain === undefined) {
      const name = redactor.nameOfBytes(bytes);
      return name === undefined ? bytes : Buffer.from(name);
    }
    const made = redactor.apply(plain);
    return made === plain ? bytes : Buffer.from(made);
  },
});

function plainText(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined;
}

/** Attributes whose values are private by what they are the value of. */
const privateAttributes: Readonly<Record<string, RedactionKind>> = {
  'host.name': 'host',
  'net.host.name': 'host',
  'user.email': 'mail',
};

function learnAttribute(values: PrivateValues, { key, value }: RawAttribute): void {
  const kind = privateAttributes[key];
  const name = readKeyName(key.slice(key.lastIndexOf('.') + 1));
  if (kind === undefined && !name) return;
  const decoded = decodeValue(value);
  for (const text of Array.isArray(decoded) ? decoded : [decoded]) {
    if (typeof text !== 'string') continue;
    if (kind !== undefined) values.learnValue(text, kind);
    const bare = text.replace(/^(?:Bearer|Basic|Token) /i, '');
    if (name && isKeyValue(bare, name, true)) values.learnValue(bare, bare === text ? 'key' : 'token');
  }
}

type Visit = ((attribute: RawAttribute) => void) | undefined;

function mapSpan(work: TextWork, visit: Visit, span: RawSpan): RawSpan {
  return {
    ...span,
    name: work.text(span.name, 'name'),
    traceState: work.text(span.traceState, 'trace state'),
    statusMessage: work.text(span.statusMessage, 'status'),
    attributes: mapAttributes(work, visit, span.attributes),
    events: span.events.map((event) => ({
      ...event,
      name: work.text(event.name, 'event'),
      attributes: mapAttributes(work, visit, event.attributes),
    })),
    links: span.links.map((link) => ({
      ...link,
      traceState: work.text(link.traceState, 'link'),
      attributes: mapAttributes(work, visit, link.attributes),
    })),
    resource: mapResource(work, visit, span.resource),
    scope: mapScope(work, visit, span.scope),
  };
}

function mapLog(work: TextWork, visit: Visit, log: RawLog): RawLog {
  return {
    ...log,
    severityText: work.text(log.severityText, 'severity'),
    eventName: work.text(log.eventName, 'event'),
    body: log.body && mapValue(work, log.body, 'log'),
    attributes: mapAttributes(work, visit, log.attributes),
    resource: mapResource(work, visit, log.resource),
    scope: mapScope(work, visit, log.scope),
  };
}

function mapResource(work: TextWork, visit: Visit, resource: RawResource): RawResource {
  return {
    ...resource,
    schemaUrl: work.text(resource.schemaUrl, 'schema'),
    attributes: mapAttributes(work, visit, resource.attributes),
  };
}

function mapScope(work: TextWork, visit: Visit, scope: RawScope): RawScope {
  return {
    ...scope,
    name: work.text(scope.name, 'scope'),
    version: work.text(scope.version, 'scope'),
    schemaUrl: work.text(scope.schemaUrl, 'schema'),
    attributes: mapAttributes(work, visit, scope.attributes),
  };
}

function mapAttributes(work: TextWork, visit: Visit, attributes: readonly RawAttribute[]): readonly RawAttribute[] {
  return attributes.map((attribute) => {
    visit?.(attribute);
    const key = work.text(attribute.key, 'attribute');
    const value = mapValue(work, attribute.value, attribute.key);
    return key === attribute.key && value === attribute.value ? attribute : { key, value };
  });
}

/** The same value where nothing changed, so that it is written byte for byte as it came. */
function mapValue(work: TextWork, value: RawValue, field: string): RawValue {
  if (value.form === 'text') {
    const text = textOf(value);
    const made = work.text(text, field);
    return made === text ? value : textRange(made);
  }
  const decoded = decodeValue(value);
  let changed = false;
  const made = mapDecoded(
    {
      text(text) {
        const after = work.text(text, field);
        changed ||= after !== text;
        return after;
      },
      bytes(bytes) {
        const after = work.bytes(bytes, field);
        changed ||= after !== bytes;
        return after;
      },
    },
    decoded,
    field,
  );
  return changed ? encodeValue(made) : value;
}

function mapDecoded(work: TextWork, value: AttributeValue, field: string): AttributeValue {
  if (typeof value === 'string') return work.text(value, field);
  if (value instanceof Uint8Array) return work.bytes(value, field);
  if (value instanceof Map)
    return new Map(
      [...(value as ReadonlyMap<string, AttributeValue>)].map(([key, item]) => [
        work.text(key, field),
        mapDecoded(work, item, field),
      ]),
    );
  if (Array.isArray(value)) return (value as readonly AttributeValue[]).map((item) => mapDecoded(work, item, field));
  return value;
}

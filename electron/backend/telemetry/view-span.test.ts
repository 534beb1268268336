import { describe, expect, test } from 'vitest';
import { nanos, spanId, traceId } from '../../../shared/model/units.ts';
import { encodeValue } from './any-value.ts';
import type { RawAttribute, RawLog, RawSpan } from './raw-span.ts';
import type { AttributeValue } from './span-view.ts';
import { readAttributes, viewSpan } from './view-span.ts';

const attributes = (values: readonly (readonly [string, AttributeValue])[]): readonly RawAttribute[] =>
  values.map(([key, value]) => ({ key, value: encodeValue(value) }));
const origin = { attributes: attributes([['service.name', 'agent']]), droppedAttributes: 0, schemaUrl: '' };
const scope = { name: 'sdk', version: '2', attributes: [], droppedAttributes: 0, schemaUrl: '' };

const span: RawSpan = {
  traceId: traceId('1'.repeat(32)),
  spanId: spanId('2'.repeat(16)),
  parentSpanId: undefined,
  traceState: '',
  flags: 0x301,
  name: 'chat',
  kind: 3,
  startNs: nanos(1n),
  endNs: nanos(2n),
  attributes: attributes([['a', 1]]),
  droppedAttributes: 4,
  events: [{ timeNs: nanos(5n), name: 'e', attributes: attributes([['b', true]]), droppedAttributes: 0 }],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  statusCode: 2,
  statusMessage: 'no',
  resource: origin,
  scope,
};

const log = (fields: Partial<RawLog>): RawLog => ({
  timeNs: nanos(0n),
  observedTimeNs: nanos(9n),
  severityNumber: 9,
  severityText: '',
  eventName: '',
  body: undefined,
  attributes: [],
  droppedAttributes: 0,
  flags: 0,
  traceId: span.traceId,
  spanId: span.spanId,
  resource: origin,
  scope,
  ...fields,
});

describe('attributes', () => {
  const reader = readAttributes(
    attributes([
      ['text', 'hello'],
      ['empty', ''],
      ['int', 5],
      ['big', 2n ** 60n],
      ['double', 1.5],
      ['nan', Number.NaN],
      ['yes', true],
      ['no', 'False'],
      ['digits', ' 42 '],
      ['word', 'many'],
      ['none', undefined],
      ['json', '{"a":[1,{"b":null}]}'],
      ['broken', '{"a":'],
      ['deep', `${'['.repeat(101)}${']'.repeat(101)}`],
      [
        'map',
        new Map<string, AttributeValue>([
          ['__proto__', 'x'],
          ['n', 2n ** 60n],
          ['bytes', Buffer.from('hi')],
        ]),
      ],
      ['list', ['x', 1]],
      ['twice', 'first'],
      ['twice', 'last'],
    ]),
  );

  test('text: strings, numbers and booleans; nothing else', () => {
    expect(
      ['text', 'empty', 'int', 'big', 'double', 'yes', 'map', 'list', 'none', 'absent'].map((key) => reader.text(key)),
    ).toEqual([
      'hello',
      undefined,
      '5',
      '1152921504606846976',
      '1.5',
      'true',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('number: finite, also from text', () => {
    expect(
      ['int', 'big', 'double', 'nan', 'digits', 'word', 'empty', 'yes', 'absent'].map((key) => reader.number(key)),
    ).toEqual([5, 2 ** 60, 1.5, undefined, 42, undefined, undefined, undefined, undefined]);
  });

  test('boolean, also from text', () => {
    expect(['yes', 'no', 'word', 'int', 'absent'].map((key) => reader.boolean(key))).toEqual([
      true,
      false,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('json: parsed text and structured values, bounded in depth, prototype-safe', () => {
    expect(['json', 'broken', 'deep', 'list', 'word', 'absent'].map((key) => reader.json(key))).toEqual([
      { a: [1, { b: null }] },
      undefined,
      undefined,
      ['x', 1],
      undefined,
      undefined,
    ]);
    const map = reader.json('map') as object;
    expect(Object.entries(map)).toEqual([
      ['__proto__', 'x'],
      ['n', '1152921504606846976'],
      ['bytes', 'aGk='],
    ]);
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
  });

  test('the last of duplicate keys wins; keys by prefix', () => {
    expect(reader.get('twice')).toBe('last');
    expect(reader.size).toBe(17);
    expect(reader.keysWithPrefix('n')).toEqual(['nan', 'no', 'none']);
    expect(reader.has('none')).toBe(true);
  });

  test('a value that is broken after all reads as none', () => {
    expect(
      readAttributes([{ key: 'k', value: { form: 'any', bytes: Buffer.from([0x0a, 50, 1]) } }]).get('k'),
    ).toBeUndefined();
  });
});

test('a span with its events, resource and remote parent', () => {
  const view = viewSpan(span, []);
  expect(view).toMatchObject({
    parentRemote: true,
    name: 'chat',
    statusCode: 2,
    statusMessage: 'no',
    droppedAttributes: 4,
    scopeName: 'sdk',
    scopeVersion: '2',
  });
  expect(view.resource.text('service.name')).toBe('agent');
  expect(view.resource).toBe(viewSpan({ ...span, attributes: [] }, []).resource);
  expect(view.events[0]?.attributes.boolean('b')).toBe(true);
  expect(viewSpan({ ...span, flags: 0x201 }, []).parentRemote).toBe(false);
});

test('the name of a log event: its own, the attribute, the body', () => {
  const names = viewSpan(span, [
    log({ eventName: 'own', attributes: attributes([['event.name', 'attribute']]) }),
    log({ attributes: attributes([['event.name', 'attribute']]) }),
    log({ body: encodeValue('gen_ai.choice') }),
    log({ body: encodeValue('hello'), timeNs: nanos(7n) }),
  ]).logs.map((view) => [view.eventName, view.timeNs]);
  expect(names).toEqual([
    ['own', 9n],
    ['attribute', 9n],
    ['gen_ai.choice', 9n],
    [undefined, 7n],
  ]);
});

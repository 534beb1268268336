import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ignoreRuleIds } from '../../../shared/model/comparison.ts';
import type { IgnoreRuleId } from '../../../shared/model/comparison.ts';
import { combineAspects, createNormaliser, rulesBetween } from './normalise.ts';
import { activeRules, listRules } from './rules.ts';

const all = createNormaliser(activeRules(undefined));
const off = (...ids: IgnoreRuleId[]) => createNormaliser(activeRules({ off: ids, keys: [] }));
const equal = (a: string, b: string, normaliser = all): boolean =>
  normaliser.aspect(a).normal === normaliser.aspect(b).normal;
const needed = (a: string, b: string) => [...rulesBetween(all.aspect(a), all.aspect(b))].sort();

/** Two texts that only the named rule makes equal. */
const equalByRule: Readonly<Record<IgnoreRuleId, readonly (readonly [string, string])[]>> = {
  // Only of two runs of which one was redacted: unnamed.test.ts, routes/compare-redacted.test.ts.
  names: [],
  ids: [
    ['run 5f0c6a52-9d1b-4b7c-8a53-0e1a2b3c4d5e done', 'run 0b7e9c10-1111-4222-8333-444455556666 done'],
    ['trace 4bf92f3577b34da6a3ce929d0e0e4736', 'trace 00f067aa0ba902b7c0ffee0123456789'],
    ['see call_g9r28QKhHC1szXUBFMpnkQOS', 'see call_ggMPQymwJeHlsMxVrQhRKmRA'],
    ['{"tool_call_id":"a1","x":1}', '{"tool_call_id":"b2","x":1}'],
    ['{"requestId":7}', '{"requestId":8}'],
    ['Chunk ID: 05f563\nOutput:\nok', 'Chunk ID: 9c83c5\nOutput:\nok'],
  ],
  times: [
    ['at 2026-11-23T17:49:50.180Z', 'at 2026-11-24T08:01:02Z'],
    ['[09:15:01] start', '[23:59:59.123] start'],
    ['3 passed in 0.35s', '3 passed in 12 ms'],
    ['ok 1\n  duration_ms: 0.291764', 'ok 1\n  duration_ms: 96.439221'],
    ['Mon Nov 23 17:49:50 2026', 'Tue Nov 24 01:02:03 2026'],
    ['{"created_at":1700000000}', '{"created_at":1800000000}'],
    ['{"durationMs":12.5}', '{"durationMs":99}'],
  ],
  'process-ids': [
    ['started pid 4711', 'started pid 99'],
    ['Process Group PGID: 9055', 'Process Group PGID: 12179'],
    ['{"pid":1}', '{"pid":2}'],
    ['process 12 exited', 'process 345 exited'],
  ],
  'temporary-paths': [
    ['wrote /tmp/tmpab12cd34/out.txt', 'wrote /tmp/tmpzz99yy88/out.txt'],
    ['{"path":"/tmp/retake-test-AbC12d/x"}', '{"path":"/tmp/retake-test-Qw9rTy/x"}'],
    ['/var/folders/ab/cd12/T/tmp.x8Kq20aa', '/tmp/tmp.YY12zz90'],
    ['C:\\Users\\me\\AppData\\Local\\Temp\\run-a1b2c3\\y', 'C:\\Users\\you\\AppData\\Local\\Temp\\run-d4e5f6\\y'],
  ],
  'key-order': [['{"a":1,"b":{"c":2,"d":3}}', '{"b":{"d":3,"c":2},"a":1}']],
  'white-space': [
    ['a  b\n', ' a\tb'],
    ['{ "a": [1, 2] }', '{"a":[1,2]}'],
  ],
  'float-noise': [
    ['{"x":0.30000000000000004}', '{"x":0.3}'],
    ['total 33.074999999999996', 'total 33.075'],
  ],
};

describe.each(ignoreRuleIds.filter((id) => id !== 'names'))('%s', (id) => {
  test.each(equalByRule[id])('%s = %s, only while the rule is on', (a, b) => {
    expect(equal(a, b)).toBe(true);
    expect(needed(a, b)).toEqual([id]);
    expect(equal(a, b, off(id))).toBe(false);
  });
});

test.each([
  ['{"order_id":"#W1234567"}', '{"order_id":"#W7654321"}'],
  ['{"user_id":"sara_doe_496"}', '{"user_id":"mei_kovacs_8020"}'],
  ['{"date":"2024-05-20"}', '{"date":"2024-05-21"}'],
  ['{"items":[1,2]}', '{"items":[2,1]}'],
  ['{"price":12.5}', '{"price":12.6}'],
  ['cat /tmp/report.txt', 'cat /tmp/notes.txt'],
  ['{"a":"1"}', '{"a":1}'],
  ['{"a":null}', '{}'],
  ['commit the answer', 'research the answer'],
])('%s differs from %s', (a, b) => {
  expect(equal(a, b)).toBe(false);
});

test("keys of the user's own are ignored by name or by path, and say so", () => {
  const own = createNormaliser(activeRules({ off: [], keys: ['etag', 'meta.score'] }));
  const a = own.aspect('{"etag":"x","meta":{"score":1},"score":5}');
  const b = own.aspect('{"etag":"y","meta":{"score":2},"score":5}');
  expect(a.normal).toBe(b.normal);
  expect([...rulesBetween(a, b)].sort()).toEqual(['key:etag', 'key:meta.score']);
  expect(equal('{"score":5}', '{"score":6}', own)).toBe(false);
});

test('combined texts keep what each rule did; parallel calls may come in any order', () => {
  const [x, y, later] = ['{"q":1}', '{"q":2}', '{ "q": 2 }'].map((text) => all.aspect(text));
  if (!x || !y || !later) throw new Error('three texts');
  expect(combineAspects([x, y]).normal).not.toBe(combineAspects([y, x]).normal);
  expect(combineAspects([x, y], 'any').normal).toBe(combineAspects([y, x], 'any').normal);
  expect([...rulesBetween(combineAspects([x, y]), combineAspects([x, later]))]).toEqual(['white-space']);
});

test('no short text stands for two', () => {
  const hash = (...texts: string[]) => combineAspects(texts.map((text) => all.aspect(text))).raw;
  expect(new Set([hash('a\n=b'), hash('a', 'b'), hash('a b'), hash('a'), hash('=a')]).size).toBe(5);
});

test('every rule is listed with words and can be switched off', () => {
  const rules = listRules({ off: ['times'], keys: [] });
  expect(rules.map(({ id, on }) => [id, on])).toEqual(ignoreRuleIds.map((id) => [id, id !== 'times']));
  for (const { title, detail } of rules) expect(title.length * detail.length).toBeGreaterThan(0);
});

test('hostile texts come to an end and never throw', () => {
  for (const piece of [
    '/tmp/',
    '1234567890',
    '00:00:',
    'call_',
    '{"a":',
    '[',
    '\\"',
    'tmp.',
    '1.',
    ' ',
    'Nov 11 ',
    '<script>',
    '\u0000',
  ]) {
    // Time that grows with the length: e2e/bench/growth.ts.
    expect(all.aspect(piece.repeat(200_000)), piece).toBeDefined();
  }
  fc.assert(
    fc.property(fc.json(), (text) => all.aspect(text).normal === all.aspect(text).normal),
    { numRuns: 200 },
  );
  expect(equal('{"__proto__":{"a":1}}', '{"__proto__":{"a":2}}')).toBe(false);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOf } from '../telemetry/any-value.ts';
import type { RawSpan } from '../telemetry/raw-span.ts';
import { escapedRange, makeSpan, runIdOf, spanOf, textAttribute, withDirectory } from './telemetry.testing.ts';
import { openLibraryWriter } from './writer.ts';

const key = 'gen_ai.input.messages';
const run = runIdOf(makeSpan());

const listOf = (span: RawSpan | undefined): unknown[] | undefined => {
  const value = span?.attributes.find((attribute) => attribute.key === key)?.value;
  return value?.form === 'text' ? (JSON.parse(textOf(value)) as unknown[]) : undefined;
};

test('whatever is left out of a list is what it has in common with the earlier one, whose last element it goes on from', async () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'tool'),
    content: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.constantFrom('a "quoted" ] text \\ '.repeat(30), '[{"not":"a message"},'.repeat(20)),
      fc.array(fc.record({ type: fc.constant('text'), text: fc.string({ maxLength: 300 }) }), { maxLength: 4 }),
    ),
  });
  const step = fc.record({
    from: fc.nat(30),
    drop: fc.constantFrom(0, 0, 0, 1, 3),
    add: fc.array(message, { maxLength: 6 }),
    separator: fc.constantFrom(',', ',', ',', ', '),
    escaped: fc.boolean(),
  });
  let shortened = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 25 }),
      fc.integer({ min: 1, max: 10 }),
      (steps, perCommit) =>
        withDirectory((directory) => {
          const lists: unknown[][] = [];
          const spans = steps.map(({ from, drop, add, separator, escaped }, index) => {
            const before = lists[Math.max(0, lists.length - 1 - (from > 20 ? from - 20 : 0))] ?? [];
            const list = [...before.slice(0, before.length - drop), ...add];
            lists.push(list);
            const text = `[${list.map((item) => JSON.stringify(item)).join(separator)}]`;
            return makeSpan({
              spanId: spanOf(index + 1),
              attributes: [escaped ? { key, value: escapedRange(text) } : textAttribute(key, text)],
            });
          });
          const writer = openLibraryWriter({ directory });
          for (let at = 0; at < spans.length; at += perCommit)
            writer.transaction(() => spans.slice(at, at + perCommit).forEach((span) => writer.putSpan(span)));
          for (const [seq, list] of lists.entries()) {
            for (const [earlier, before] of lists.slice(0, seq).entries()) {
              const rest = listOf(writer.readSpanBeyond(run, seq, earlier));
              if (rest === undefined) continue;
              shortened++;
              expect(rest.length).toBeGreaterThan(0);
              expect(list.slice(0, before.length)).toEqual(before);
              expect(list.length - rest.length).toBeLessThanOrEqual(before.length);
              expect(list.slice(-rest.length)).toEqual(rest);
            }
          }
          writer.close();
        }),
    ),
    { numRuns: 25 },
  );
  expect(shortened).toBeGreaterThan(20);
});

test('of a prompt that goes on the new messages are given, and nothing of one that does not', () =>
  withDirectory((directory) => {
    const message = (index: number) => ({ role: 'user', content: `message ${index} ${'x'.repeat(300)}` });
    const list = (...indexes: readonly number[]) => indexes.map(message);
    const spans = [list(0, 1, 2), list(0, 1, 2, 3, 4), list(0, 1, 2, 3, 4), list(0, 1, 9, 3, 4, 5)].map(
      (messages, index) =>
        makeSpan({ spanId: spanOf(index + 1), attributes: [textAttribute(key, JSON.stringify(messages))] }),
    );
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => spans.forEach((span) => writer.putSpan(span)));
    expect(listOf(writer.readSpanBeyond(run, 1, 0))).toEqual(list(3, 4));
    // Nothing is new, and an empty list would read as no prompt at all.
    expect(writer.readSpanBeyond(run, 2, 1)).toBeUndefined();
    expect(writer.readSpanBeyond(run, 3, 2)).toBeUndefined();
    expect(writer.readSpanBeyond(run, 0, 1)).toBeUndefined();
    expect(writer.readSpanBeyond(run, 1, 7)).toBeUndefined();
    writer.close();
  }));

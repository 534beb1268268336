import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOf } from '../telemetry/any-value.ts';
import type { RawSpan } from '../telemetry/raw-span.ts';
import {
  anySpan,
  difference,
  escapedRange,
  makeSpan,
  runIdOf,
  spanOf,
  textAttribute,
  withDirectory,
} from './telemetry.testing.ts';
import { openLibraryWriter } from './writer.ts';

test('any span reads back byte for byte, in the same and in a later session', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anySpan, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 12 }),
      (spans, perCommit) =>
        withDirectory((directory) => {
          const first = new Map<string, { readonly span: RawSpan; readonly seq: number }>();
          let writer = openLibraryWriter({ directory });
          for (let from = 0; from < spans.length; from += perCommit) {
            writer.transaction(() => {
              for (const span of spans.slice(from, from + perCommit)) {
                const { seq, outcome } = writer.putSpan(span);
                const key = span.traceId + span.spanId;
                if (outcome === 'new' || outcome === 'changed') first.set(key, { span, seq });
                expect(first.get(key)?.seq).toBe(seq);
              }
              for (const { span, seq } of first.values())
                expect(difference(writer.readSpan(runIdOf(span), seq), span)).toBeUndefined();
            });
          }
          writer.close();
          writer = openLibraryWriter({ directory });
          for (const { span, seq } of first.values())
            expect(difference(writer.readSpan(runIdOf(span), seq), span)).toBeUndefined();
          writer.close();
        }),
    ),
    { numRuns: 100 },
  );
});

test('a conversation that grows, forks, is edited and takes turns with another reads back byte for byte', async () => {
  const message = fc.record({
    role: fc.constantFrom('user', 'assistant'),
    content: fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.constantFrom('same text '.repeat(40), 'other text '.repeat(30)),
    ),
  });
  const step = fc.record({
    agent: fc.integer({ min: 0, max: 2 }),
    add: fc.array(message, { maxLength: 8 }),
    drop: fc.constantFrom(0, 0, 0, 1, 2, 5),
    edit: fc.option(fc.nat(20), { nil: undefined, freq: 6 }),
    restart: fc.constantFrom(false, false, false, false, false, true),
    again: fc.option(fc.nat(40), { nil: undefined, freq: 4 }),
    escaped: fc.boolean(),
    shape: fc.constantFrom('array', 'array', 'object', 'spaced'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 40 }),
      fc.integer({ min: 1, max: 10 }),
      (steps, perCommit) =>
        withDirectory((directory) => {
          const agents: { role: string; content: string }[][] = [[], [], []];
          const sent: { role: string; content: string }[][] = [];
          const spans = steps.map((change, index) => {
            let messages = change.restart
              ? []
              : [...((change.again === undefined ? undefined : sent[change.again]) ?? agents[change.agent] ?? [])];
            if (change.drop > 0) messages = messages.slice(0, -change.drop);
            const edited = change.edit === undefined ? undefined : messages[change.edit];
            if (edited && change.edit !== undefined)
              messages[change.edit] = { ...edited, content: `${edited.content}!` };
            if (change.again === undefined) messages.push(...change.add);
            agents[change.agent] = messages;
            sent.push(messages);
            const text =
              change.shape === 'object'
                ? JSON.stringify({ model: 'x', messages, tools: [{ name: 't', text: 'd'.repeat(300) }] })
                : change.shape === 'spaced'
                  ? `[${messages.map((item) => JSON.stringify(item)).join(', ')}]`
                  : JSON.stringify(messages);
            return makeSpan({
              spanId: spanOf(index + 1),
              attributes: [
                change.escaped
                  ? { key: 'gen_ai.input.messages', value: escapedRange(text) }
                  : textAttribute('gen_ai.input.messages', text),
              ],
            });
          });
          const writer = openLibraryWriter({ directory });
          for (let from = 0; from < spans.length; from += perCommit)
            writer.transaction(() => spans.slice(from, from + perCommit).forEach((span) => writer.putSpan(span)));
          for (const [seq, span] of spans.entries())
            expect(difference(writer.readSpan(runIdOf(span), seq), span)).toBeUndefined();
          writer.close();
        }),
    ),
    { numRuns: 200 },
  );
});

test('a value that went on from another is not mixed up with one that did not', () =>
  withDirectory((directory) => {
    const message = (name: string): string => `{"role":"user","content":"${name} ${'word '.repeat(60)}"}`;
    const texts = [[1], [1, 2, 3, 4, 5], [1], [1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2], [1, 2, 9], [1]].map(
      (names) => `[${names.map((name) => message(`m${name}`)).join(',')}]`,
    );
    const writer = openLibraryWriter({ directory });
    const spans = texts.map((text, index) =>
      makeSpan({ spanId: spanOf(index + 1), attributes: [textAttribute('a', text)] }),
    );
    writer.transaction(() => spans.forEach((span) => writer.putSpan(span)));
    for (const [seq, span] of spans.entries())
      expect(difference(writer.readSpan(runIdOf(span), seq), span)).toBeUndefined();
    writer.close();
  }));

test('half a surrogate pair and an unknown escape keep the form they were written in', () =>
  withDirectory((directory) => {
    const odd = (text: string) => ({
      form: 'text' as const,
      buffer: Buffer.from(text),
      start: 0,
      end: text.length,
      escaped: true,
    });
    const long = '\\ud83d x'.repeat(100);
    const span = makeSpan({
      attributes: [
        { key: 'short', value: odd('a\\ud83db') },
        { key: 'long', value: odd(long) },
        { key: 'escape', value: odd('a\\qb') },
        { key: 'pair', value: odd('\\ud83d\\ude00') },
      ],
    });
    const writer = openLibraryWriter({ directory });
    const { runId, seq } = writer.transaction(() => writer.putSpan(span));
    const stored = writer
      .readSpan(runId, seq)
      ?.attributes.map(({ value }) =>
        value.form === 'text' ? [value.escaped, value.buffer.toString('utf8', value.start, value.end)] : value,
      );
    expect(stored).toEqual([
      [true, 'a\\ud83db'],
      [true, long],
      [true, 'a\\qb'],
      [false, '😀'],
    ]);
    writer.close();
  }));

test('a text is given back in a buffer of its own', () =>
  withDirectory((directory) => {
    const text = JSON.stringify(
      Array.from({ length: 20 }, (_, index) => ({ role: 'user', content: `message ${index} ${'x'.repeat(200)}` })),
    );
    const writer = openLibraryWriter({ directory });
    const { runId, seq } = writer.transaction(() =>
      writer.putSpan(makeSpan({ attributes: [textAttribute('a', text)] })),
    );
    const value = writer.readSpan(runId, seq)?.attributes[0]?.value;
    expect(value?.form === 'text' && textOf(value)).toBe(text);
    writer.close();
  }));

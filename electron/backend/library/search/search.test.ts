import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { RunId } from '../../../../shared/model/units.ts';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import { textsToFind, wordsOfQuery } from '../../../../shared/query/query.ts';
import { Refused } from '../../base/faults.ts';
import { encodeValue, textRange } from '../../telemetry/any-value.ts';
import { followerFile } from '../library-files.ts';
import { openLibraryReader, openLibraryWriter } from '../open-library.ts';
import { listRuns } from '../queries/run-list.ts';
import { searchRuns } from '../queries/search.ts';
import { makeFacts, makeRun, makeStep } from '../runs.testing.ts';
import { makeLog, makeSpan, spanOf, textAttribute, traceOf, withDirectory } from '../telemetry.testing.ts';
import { ftsQuery } from './search-query.ts';
import { contentText } from './search-text.ts';
import { openSearchIndex } from './search.testing.ts';

const messages = (...texts: readonly string[]): string =>
  JSON.stringify(
    texts.map((text, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      parts: [{ type: 'text', content: text }],
    })),
  );
const filler = (word: string): string => `${word} ${'padding words that say nothing '.repeat(12)}`;

test('each text is found where it was first sent, newest run first, and quoted text is never syntax', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      for (const run of [1, 2]) {
        const history: string[] = [];
        for (let step = 0; step < 3; step++) {
          history.push(filler(`Question${step} of run${run} about "retry" AND backoff é \\ path/to/file.ts`));
          writer.putSpan(
            makeSpan({
              traceId: traceOf(run),
              spanId: spanOf(step + 1),
              attributes: [
                textAttribute('gen_ai.input.messages', messages(...history)),
                textAttribute('gen_ai.tool.call.arguments', `{"command":"npm run zebra${step}"}`),
              ],
            }),
          );
        }
        writer.putSpan(
          makeSpan({
            traceId: traceOf(run),
            spanId: spanOf(4),
            attributes: [
              {
                key: 'gen_ai.input.messages',
                value: encodeValue([
                  new Map<string, string>([
                    ['role', 'user'],
                    ['content', filler('structured giraffe')],
                  ]),
                ]),
              },
            ],
          }),
        );
        writer.putLog(
          makeLog({
            traceId: traceOf(run),
            spanId: spanOf(2),
            body: textRange(`{"content":"a small pelican ${run}"}`),
          }),
        );
        writer.putLog(
          makeLog({
            traceId: traceOf(run),
            spanId: spanOf(3),
            body: textRange(messages(filler(`great cormorant ${run}`))),
          }),
        );
        const steps = Array.from({ length: 4 }, (_, index) =>
          makeStep(index, {
            startNs: makeRun(run).startNs,
            ...(index === 3 ? { facts: makeFacts({ kind: 'tool', name: 'lookup_walrus' }) } : {}),
          }),
        );
        writer.replaceSteps(makeRun(run, { name: run === 1 ? 'Alpaca run' : 'Other run', steps }));
      }
    });
    const index = openSearchIndex({ directory });
    while (index.indexNew(10).remaining);
    expect(index.indexNew(1_000)).toEqual({ indexed: 0, remaining: false });
    const found = (query: string, runId?: RunId): readonly string[] =>
      index.search(query, { limit: 10, runId }).map((hit) => `${BigInt(`0x${hit.runId}`)}.${hit.step}`);
    const first = traceOf(1) as string as RunId;
    expect(found('question1')).toEqual(['2.1', '1.1']);
    expect(found('question1 run2')).toEqual(['2.1']);
    expect(found('Question2', first)).toEqual(['1.2']);
    expect(found('zebra2')).toEqual(['2.2', '1.2']);
    expect(found('"npm run zebra0"', first)).toEqual(['1.0']);
    expect(found('"run npm"')).toEqual([]);
    expect(found('giraffe')).toEqual(['1.3']);
    expect(found('pelican')).toEqual(['2.1', '1.1']);
    expect(found('cormorant', first)).toEqual(['1.2']);
    // A name is the run's own: none of its steps is a hit.
    expect(found('alpaca')).toEqual([]);
    expect(searchRuns(index.reader, { query: 'alpaca', limit: 5, perRun: 5 })).toMatchObject({
      total: 1,
      runs: [{ run: { name: 'Alpaca run' }, hits: [], more: 0 }],
    });
    expect(found('lookup_walrus', first)).toEqual(['1.3']);
    expect(found('zeb')).toHaveLength(6);
    expect(found('"zeb"')).toEqual([]);
    expect(found('parts')).toEqual([]);
    for (const query of [
      'NOT',
      'a OR b',
      'NEAR(',
      '"text:question1"',
      'x"; DROP TABLE content_text; "',
      'a\0b',
      '"{content_text}:x',
    ])
      expect(() => index.search(query, { limit: 5 })).not.toThrow();
    for (const query of ['"', '""', '*', '(', '- -', '\0', 'text:question1', 'staus:error'])
      expect(() => index.search(query, { limit: 5 })).toThrow(Refused);
    expect(index.search('question1 backoff', { limit: 1 })[0]).toMatchObject({
      kind: 'llm',
      name: 'gpt-5',
      excerpt: expect.stringContaining('Question1 of run2 about "retry" AND backoff é') as string,
    });
    const reader = openLibraryReader({ directory });
    const listed = (text: string): readonly string[] =>
      listRuns(reader, { filter: { text }, sort: 'started', descending: false, limit: 10 }).runs.map((run) => run.name);
    expect(listed('zebra1')).toEqual(['Alpaca run', 'Other run']);
    expect(listed('run2')).toEqual(['Other run']);
    expect(listed('cormorant 1')).toEqual(['Alpaca run']);
    expect(listed('hippopotamus')).toEqual([]);
    reader.close();
    index.close();
    writer.close();
  }));

test('the index goes on where it was, and is made anew when it is damaged or belongs to another library', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const put = (run: number, word: string): void =>
      writer.transaction(() => {
        writer.putSpan(makeSpan({ traceId: traceOf(run), attributes: [textAttribute('a', filler(word))] }));
        writer.replaceSteps(makeRun(run, { steps: [makeStep(0)] }));
      });
    put(1, 'one');
    let index = openSearchIndex({ directory });
    expect(index.indexNew(1_000).remaining).toBe(false);
    index.close();
    put(2, 'two');
    index = openSearchIndex({ directory });
    // Run, span and content of the second only.
    expect(index.indexNew(1_000)).toEqual({ indexed: 3, remaining: false });
    expect([index.search('one', { limit: 9 }).length, index.search('two', { limit: 9 }).length]).toEqual([1, 1]);
    index.close();
    writeFileSync(followerFile(directory, 'search'), 'rubbish '.repeat(5_000));
    index = openSearchIndex({ directory });
    expect(index.indexNew(1_000).indexed).toBe(6);
    expect(index.search('one', { limit: 9 })).toHaveLength(1);
    index.close();
    writer.close();
  }));

test('a span sent again is found by its later text', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const put = (word: string): void =>
      writer.transaction(() => {
        writer.putSpan(makeSpan({ attributes: [textAttribute('a', `the ${word} word`)] }));
        writer.replaceSteps(makeRun(1, { steps: [makeStep(0)] }));
      });
    const index = openSearchIndex({ directory });
    put('earlier');
    index.indexNew(1_000);
    expect(index.search('earlier', { limit: 9 })).toHaveLength(1);
    put('later');
    index.indexNew(1_000);
    expect([index.search('earlier', { limit: 9 }).length, index.search('later', { limit: 9 }).length]).toEqual([0, 1]);
    index.close();
    writer.close();
  }));

test('words of pieces: values without keys, nested JSON, no base64, no binary', () => {
  const text = (piece: string): string => contentText(Buffer.from(piece));
  expect(text(',{"role":"user","content":"say \\"hi\\"\\nnow"}')).toBe('user\nsay "hi"\nnow');
  expect(text('{"role":"assistant","parts":[')).toBe('assistant');
  expect(text('"half a fragment')).toBe('half a fragment');
  expect(text(`{"data":"${'A'.repeat(5_000)}","text":"seen"}`)).toBe(' \nseen');
  expect(text('plain text with "quotes": yes')).toBe('plain text with "quotes": yes');
  expect(contentText(Buffer.from([0x0a, 6, 0x0a, 4, ...Buffer.from('text'), 0xff]))).toBe('text');
  // AnyValue bytes: a record kept with a run would be found beside the steps that say the same.
  expect(contentText(Buffer.from([0x3a, 12, ...Buffer.from('words inside')]))).toBe('');
  expect(text(': words after a colon')).toBe(': words after a colon');
});

test('a query is words and phrases', () => {
  const words = (query: string): string | undefined => {
    const parsed = parseQuery(query);
    return parsed.ok ? ftsQuery(textsToFind(wordsOfQuery(parsed.query))) : 'wrong';
  };
  expect(words('one two')).toBe('"one" "two"*');
  expect(words('on* "two three" ')).toBe('"on*"* "two three"');
  expect(words('"open phrase')).toBe('"open phrase"');
  expect(words('status:error -not one')).toBe('"one"*');
  expect(words('status:error on')).toBe('"on"');
  expect(words('status:error')).toBeUndefined();
});

test('any part of what is written without blanks is found, with its place', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      writer.putSpan(
        makeSpan({
          traceId: traceOf(1),
          spanId: spanOf(1),
          name: '问候代理',
          attributes: [
            textAttribute(
              'gen_ai.input.messages',
              messages(`${'这里只有填充的文字。'.repeat(40)}数据库查询超时，请重试`),
            ),
            textAttribute('gen_ai.tool.call.arguments', '{"query":"全文検索の索引"}'),
            textAttribute('gen_ai.tool.call.result', 'ดิสก์เต็มจึงล้มเหลว และ ការដំឡើងបានបរាជ័យ'),
          ],
        }),
      );
      writer.replaceSteps(makeRun(1, { steps: [makeStep(0)] }));
    });
    const index = openSearchIndex({ directory });
    try {
      while (index.indexNew(1_000).remaining);
      for (const word of ['查询超时', '超时', '検索', '索引', '代理', '"超时 请重试"', 'ล้มเหลว', 'បរាជ័យ'])
        expect(index.search(word).length, word).toBe(1);
      expect(index.search('时超')).toEqual([]);
      expect(index.search('超时')[0]?.excerpt).toContain('查询超时');
    } finally {
      index.close();
      writer.close();
    }
  }));

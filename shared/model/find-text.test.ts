import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textFinder } from './find-text.ts';

const found = (within: string, ...texts: readonly string[]): readonly string[] =>
  (
    textFinder(texts.map((text) => ({ text: text.replace(/\*$/, ''), isBeginning: text.endsWith('*') })))?.(
      within,
      50,
    ) ?? []
  ).map(([from, to]) => within.slice(from, to));

test('words are found whole, in any case, without accents, whatever stands between them', () => {
  expect(found('A Timeout, timeouts, TIMED_OUT: npm  run\ntest', 'timeout', 'npm run', 'timed out')).toEqual([
    'Timeout',
    'TIMED_OUT',
    'npm  run',
  ]);
  expect(found('timeouts', 'timeout*')).toEqual(['timeout']);
  expect(found('Déjà vu, deja VU', 'deja vu')).toEqual(['Déjà vu', 'deja VU']);
  expect(found('İstanbul 😀 x', 'x')).toEqual(['x']);
  expect(found('anything', '…')).toEqual([]);
});

test('what is written without blanks is found by any part of it', () => {
  expect(found('全文検索の索引を作る', '検索', '索引')).toEqual(['検索', '索引']);
  expect(found('查询超时，请重试', '超时')).toEqual(['超时']);
  expect(found('超、时', '超时')).toEqual(['超、时']);
  expect(found('서버에서 오류가 났다', '서버', '오류')).toEqual(['서버', '오류']);
  expect(found('サーバーの エラー', 'サーバー')).toEqual(['サーバー']);
  expect(found('gpt5が応答しない', 'gpt5', '応答')).toEqual(['gpt5', '応答']);
  expect(found('ดิสก์เต็มจึงล้มเหลว', 'ล้มเหลว', 'เต็ม')).toEqual(['เต็ม', 'ล้มเหลว']);
  expect(found('ការដំឡើងបានបរាជ័យ', 'បរាជ័យ')).toEqual(['បរាជ័យ']);
  expect(found('ການຕິດຕັ້ງລົ້ມເຫຼວ', 'ລົ້ມເຫຼວ')).toEqual(['ລົ້ມເຫຼວ']);
  expect(found('gpt5x', 'gpt5')).toEqual([]);
  expect(found('超時 超时', '超时')).toEqual(['超时']);
});

test('ranges lie in the text, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 6 }),
      (within, text) => {
        for (const [from, to] of textFinder([{ text, isBeginning: true }])?.(within, 5) ?? []) {
          expect(from).toBeLessThan(to);
          expect(to).toBeLessThanOrEqual(within.length);
        }
      },
    ),
  );
});

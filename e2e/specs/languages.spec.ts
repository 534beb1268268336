import { follow, inspector, press, stepRow } from '../support/steps.ts';
import { callAttributes, exportRequest, importContent, newSpanId, newTraceId } from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

/** What is asked, answered, and searched for; the last is a piece of the answer. */
const languages = [
  ['Chinese', '今天的部署为什么失败了？', '部署失败，因为磁盘已满。', '磁盘已满'],
  ['Japanese', '東京の天気はどうですか。', '今日の東京は晴れです。', '晴れです'],
  ['Korean', '배포가 왜 실패했나요?', '디스크가 가득 차서 실패했습니다.', '가득'],
  ['Thai', 'ทำไมการติดตั้งล้มเหลว', 'ดิสก์เต็มจึงล้มเหลว', 'ล้มเหลว'],
  ['Hebrew', 'מדוע נכשלה ההתקנה?', 'הדיסק מלא, ולכן היא נכשלה.', 'הדיסק'],
  ['Arabic', 'لماذا فشل النشر؟', 'امتلأ القرص، فلذلك فشل.', 'القرص'],
  ['emoji', 'Is the 👩🏽‍💻 done?', 'The 👨‍👩‍👧‍👦 says: not yet 🚧.', 'says'],
] as const;

test('texts of all writings are whole in rows and messages, in their own direction, and found', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const traceId = newTraceId();
  const root = newSpanId();
  const startMs = 1_790_000_000_000;
  const calls = languages.map(([name, question, answer], at) => ({
    traceId,
    parentSpanId: root,
    name: `${name} ${question.slice(0, 4)}`,
    startMs: startMs + at * 1_000,
    endMs: startMs + at * 1_000 + 500,
    attributes: callAttributes({ model: 'gpt-5.1', input: 40, output: 20, question, answer }),
  }));
  const agent = {
    traceId,
    spanId: root,
    name: 'משלים 助手 🤖',
    startMs,
    endMs: startMs + 20_000,
    attributes: [
      ['gen_ai.operation.name', 'invoke_agent'],
      ['gen_ai.agent.name', 'משלים 助手 🤖'],
    ] as const,
  };
  await importContent(freshHost, exportRequest([agent, ...calls]));
  const page = await openRetake(freshHost, `#/run/${traceId}?step=1`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('משלים 助手 🤖');
  for (const [at, [, question, answer]] of languages.entries()) {
    await follow(page, `#/run/${traceId}?step=${at + 1}`);
    await expect(stepRow(page, at + 1)).toContainText(answer.slice(0, 6));
    await expect(inspector(page)).toContainText(question);
    await expect(inspector(page)).toContainText(answer);
  }
  // Where a line begins: on the right in Hebrew and Arabic, on the left elsewhere.
  const beginsAt = (text: string) =>
    inspector(page)
      .getByText(text, { exact: true })
      .first()
      .evaluate((element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const [line] = range.getClientRects();
        const block = element.closest('p, div')?.getBoundingClientRect();
        if (line === undefined || block === undefined) return 'nowhere';
        return line.left - block.left < block.right - line.right ? 'left' : 'right';
      });
  const hebrew = languages.findIndex(([name]) => name === 'Hebrew');
  await follow(page, `#/run/${traceId}?step=${hebrew + 1}`);
  expect(await beginsAt(languages[hebrew]?.[2] ?? '')).toBe('right');
  await takePictures('languages');
  expect(await seriousFaults()).toEqual([]);
  await follow(page, `#/run/${traceId}?step=1`);
  expect(await beginsAt(languages[0][2])).toBe('left');

  for (const [at, [, , , piece]] of languages.entries()) {
    await follow(page, '#/runs');
    await press(page, 'Control+k');
    await page.keyboard.insertText(piece);
    const hit = page.getByRole('option', { name: piece }).first();
    await expect(hit).toBeVisible();
    await hit.click();
    await expect(inspector(page)).toHaveAttribute('data-step', String(at + 1));
  }
});

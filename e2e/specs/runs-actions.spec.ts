import type { Locator, Page } from 'playwright';
import { listRuns, noteRun, tagRun } from '../support/command-line.ts';
import { idle } from '../support/idle.ts';
import { importCaptures, runRows as rows, runsList as list, shownOrder } from '../support/runs-list.ts';
import { follow, press } from '../support/steps.ts';
import {
  callAttributes,
  exportRequest,
  moneyText,
  newSpanId,
  newTraceId,
  sendTraces,
  shownHttpPort,
} from '../support/telemetry.ts';
import { expect, test } from '../support/window-test.ts';

const row = (page: Page, runId: string | undefined): Locator => list(page).locator(`[data-run="${runId}"]`);
const peek = (page: Page): Locator => page.getByRole('complementary', { name: 'Peek' });
const toolbar = (page: Page): Locator => page.getByRole('toolbar', { name: 'Selected runs' });

test('Delete removes the run, Undo and Z have it back, and a pinned run stays', async ({ freshHost, openRetake }) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  const order = await shownOrder(page);
  await press(page, 'j', 'j', 'Delete');
  await expect(row(page, order[1])).toHaveCount(0);
  await expect(page.getByText('1 run deleted')).toBeVisible();
  await expect(page.getByLabel('Totals')).toContainText('4 runs match');
  // The keyboard is on the run that stands in its place.
  await expect(row(page, order[2])).toHaveAttribute('data-current', 'true');
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, order[1])).toBeVisible();
  await idle(page);
  expect(await shownOrder(page)).toEqual(order);

  await press(page, 'p');
  await expect(row(page, order[2]).getByRole('img', { name: 'pinned' })).toBeVisible();
  await press(page, 'Delete');
  await expect(page.getByText('Nothing was deleted')).toBeVisible();

  await press(page, 'a', 'Delete');
  await expect(page.getByText('4 runs deleted')).toBeVisible();
  await expect(rows(page)).toHaveCount(1);
  await expect(toolbar(page)).toContainText('1 selected');
  await press(page, 'z');
  await expect(rows(page)).toHaveCount(5);
});

test('a tag and a note that a terminal gives beside the open window are shown in it', async ({
  freshHost,
  openRetake,
}) => {
  const [runId = ''] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost);
  await expect(row(page, runId)).toBeVisible();
  expect(await tagRun(freshHost, runId, 'from-afar')).toBe('from-afar\n');
  await expect(row(page, runId)).toContainText('from-afar');
  await noteRun(freshHost, runId, 'Seen in the terminal.');
  await follow(page, `#/run/${runId}`);
  await expect(page.getByText('Seen in the terminal.').first()).toBeVisible();
});

test('a name, tags and a note are given by keys, shown, kept and filtered by', async ({ freshHost, openRetake }) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  const order = await shownOrder(page);
  await press(page, 'j', 'F2');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('the good one');
  await press(page, 'Enter');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(row(page, order[0]).getByRole('link')).toHaveText('the good one');

  await press(page, 'e');
  await page.keyboard.type('two lines\nof a <b>note</b>');
  await press(page, 'Control+Enter');
  await press(page, 'x', 'j', 'x', 't');
  await expect(page.getByRole('dialog', { name: 'Tags of 2 runs' })).toBeVisible();
  await page.keyboard.type('baseline');
  await press(page, 'Enter');
  await page.keyboard.type('slow,');
  await press(page, 'Control+Enter');
  await expect(row(page, order[0])).toContainText('baseline');
  await expect(row(page, order[1])).toContainText('slow');

  await page.reload();
  await idle(page);
  expect((await listRuns(freshHost)).find(({ id }) => id === order[0])).toMatchObject({ name: 'the good one' });
  // One of both loses a tag: the other keeps it.
  await press(page, 'j', 't');
  await page.getByRole('button', { name: 'Remove the tag baseline' }).click();
  await press(page, 'Control+Enter');
  await expect(row(page, order[0])).not.toContainText('baseline');
  await expect(row(page, order[1])).toContainText('baseline');

  await row(page, order[1]).getByRole('gridcell').nth(4).click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Show only' }).hover();
  await page.getByRole('menuitem', { name: 'Tag baseline' }).click();
  await idle(page);
  expect(await shownOrder(page)).toEqual([order[1]]);
});

test("name, tags, note and pin are given on the run's own screen, by keys and by its menu", async ({
  freshHost,
  openRetake,
  takePictures,
}) => {
  const [runId] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
  const page = await openRetake(freshHost, `#/run/${runId}`);
  await expect(page.getByRole('button', { name: /^Note:/ })).toHaveCount(0);
  await press(page, 'F2');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('the retried one');
  await press(page, 'Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('the retried one');

  await press(page, 'n');
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeFocused();
  await page.keyboard.type('two lines\nof a <b>note</b>');
  await press(page, 'Control+Enter');
  const note = page.getByRole('button', { name: /^Note:/ });
  await expect(note).toContainText('two lines of a <b>note</b>');

  await press(page, '#');
  await expect(page.getByRole('textbox', { name: 'Tags' })).toBeFocused();
  await page.keyboard.type('baseline,');
  await press(page, 'Control+Enter');
  await expect(page.getByRole('list', { name: 'Tags' })).toContainText('baseline');

  await press(page, 'p');
  await expect(page.getByRole('img', { name: 'pinned' })).toBeVisible();
  expect((await listRuns(freshHost)).find(({ id }) => id === runId)).toMatchObject({
    name: 'the retried one',
    tags: ['baseline'],
    pinned: true,
  });
  await takePictures('run-labels');
  await page.getByRole('button', { name: 'Name, tags, note and pin' }).click();
  await page.getByRole('menuitem', { name: /^Unpin/ }).click();
  await expect(page.getByRole('img', { name: 'pinned' })).toHaveCount(0);

  // The keys of steps stay theirs.
  await note.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeFocused();
  await page.getByRole('textbox', { name: 'Note' }).fill('');
  await press(page, 'Control+Enter');
  await expect(note).toHaveCount(0);
  await press(page, 'e');
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('the menu of a row acts on it, and on the selection where it is part of that', async ({
  freshHost,
  openRetake,
}) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  const order = await shownOrder(page);
  const cell = (at: number) => row(page, order[at]).getByRole('gridcell').nth(4);
  await cell(0).click({ modifiers: ['Control'] });
  await cell(2).click({ modifiers: ['Shift'] });
  await expect(toolbar(page)).toContainText('3 selected');
  const costs = (await listRuns(freshHost)).filter(({ id }) => order.slice(0, 3).includes(id));
  await expect(toolbar(page)).toContainText(moneyText(costs.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)));
  await cell(1).click({ button: 'right' });
  await expect(page.getByRole('menuitem', { name: 'Compare 3 runs' })).toBeVisible();
  await page.getByRole('menuitem', { name: /^Pin/ }).click();
  await expect(list(page).getByRole('img', { name: 'pinned' })).toHaveCount(3);
  await cell(4).click({ button: 'right' });
  await page.getByRole('menuitem', { name: /^Delete/ }).click();
  await expect(row(page, order[4])).toHaveCount(0);
  await expect(page.getByText('1 run deleted')).toBeVisible();
  // The menu key, where the focus is on the list.
  await list(page).focus();
  await press(page, 'Escape', 'k');
  await page.keyboard.press('ContextMenu');
  await expect(page.getByRole('menuitem', { name: /^Rename/ })).toBeVisible();
});

test('Space looks at a run beside the list, and the arrows go on with it open', async ({ freshHost, openRetake }) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  const order = await shownOrder(page);
  const listed = new Map((await listRuns(freshHost)).map((run) => [run.id, run]));
  await press(page, 'Space');
  await expect(peek(page).getByRole('heading', { level: 2 })).toHaveText(listed.get(order[0] ?? '')?.name ?? '');
  await expect(peek(page)).toContainText('We handle 42,000 support conversations a month.');
  const failed = [...listed.values()].find(({ status }) => status === 'error');
  for (let at = 0; at < order.length && order[at] !== failed?.id; at += 1) await press(page, 'ArrowDown');
  await expect(peek(page)).toContainText('Failed first: step');
  await peek(page)
    .getByRole('link', { name: /^Go there: Failed first/ })
    .click();
  await expect(page).toHaveURL(new RegExp(`#/run/${failed?.id}\\?step=\\d+$`));
  await page.goBack();
  await idle(page);
  await expect(peek(page)).toBeVisible();
  await press(page, 'Escape');
  await expect(peek(page)).toHaveCount(0);
});

test('groups have their sums, open and shut by keys and clicks, and stand in the address', async ({
  freshHost,
  openRetake,
}) => {
  await importCaptures(freshHost);
  const listed = await listRuns(freshHost);
  const page = await openRetake(freshHost);
  await press(page, 'Shift+G');
  await page.getByRole('menuitemcheckbox', { name: 'Agent' }).click();
  await idle(page);
  await expect(page).toHaveURL(/#\/runs\?group=agent$/);
  const heads = list(page).locator('[role=row][aria-expanded]');
  const agents = [...new Set(listed.map(({ agent }) => agent))];
  await expect(heads).toHaveCount(agents.length);
  await expect(rows(page)).toHaveCount(0);
  await expect(page.getByLabel('Totals')).toContainText(`in ${agents.length} groups`);

  const counts = (await heads.locator('[role=gridcell]:nth-child(2)').allInnerTexts()).map((text) =>
    Number(/(\d+) runs?/.exec(text)?.[1]),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(listed.length);
  await press(page, 'j', 'ArrowRight');
  await expect(heads.first()).toHaveAttribute('aria-expanded', 'true');
  await expect(rows(page)).toHaveCount(counts[0] ?? 0);
  const [first] = await shownOrder(page);
  const agent = listed.find(({ id }) => id === first)?.agent;
  const ofAgent = listed.filter((run) => run.agent === agent);
  expect((await heads.first().getByRole('gridcell').last().innerText()).replace('≥ ', '')).toBe(
    moneyText(ofAgent.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0)),
  );
  await press(page, 'j', 'ArrowLeft');
  await expect(heads.first()).toHaveAttribute('aria-expanded', 'false');
  await heads.first().click();
  await expect(rows(page)).toHaveCount(counts[0] ?? 0);
  await page.reload();
  await idle(page);
  await expect(heads).toHaveCount(agents.length);
  for (const [name, count] of [
    ['Day', 1],
    ['Take tree', 1],
  ] as const) {
    await press(page, 'Shift+G');
    await page.getByRole('menuitemcheckbox', { name }).click();
    await idle(page);
    await expect(heads).toHaveCount(count);
  }
});

test('rows stay under the pointer and while the list is held; what came is counted and shown when asked', async ({
  freshHost,
  openRetake,
}) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  const order = await shownOrder(page);
  const port = await shownHttpPort(page);
  const send = async (name: string): Promise<string> => {
    const traceId = newTraceId();
    const now = Date.now();
    await sendTraces(
      port,
      exportRequest([
        {
          traceId,
          spanId: newSpanId(),
          name,
          startMs: now - 2_000,
          endMs: now - 1_000,
          attributes: callAttributes({ model: 'gpt-5.1', input: 10, output: 5, question: 'q', answer: 'a' }),
        },
      ]),
    );
    return traceId;
  };
  await row(page, order[1]).hover();
  const first = await send('chat one');
  await expect(page.getByRole('button', { name: /^1 new/ })).toBeVisible();
  await idle(page);
  expect(await shownOrder(page)).toEqual(order);
  await page.getByRole('heading', { name: 'Runs' }).hover();
  await expect(row(page, first)).toBeVisible();
  expect(await shownOrder(page)).toEqual([first, ...order]);

  await press(page, 'Shift+End');
  await expect(page.getByRole('button', { name: 'The list is held' })).toHaveAttribute('aria-pressed', 'false');
  const second = await send('chat two');
  await expect(page.getByRole('button', { name: /^1 new/ })).toBeVisible();
  expect(await shownOrder(page)).toEqual([first, ...order]);
  // What was had back by hand is there at once.
  await press(page, 'j', 'n');
  await expect(row(page, second)).toBeVisible();
  expect(await shownOrder(page)).toEqual([second, first, ...order]);
  await press(page, 'Shift+End');
  await expect(page.getByRole('button', { name: 'New runs are shown as they come' })).toBeVisible();
});

test('a list that the window opens with has no ring around it', async ({ freshHost, openRetake }) => {
  await importCaptures(freshHost);
  const page = await openRetake(freshHost);
  await follow(page, '#/runs');
  await expect(list(page)).toBeFocused();
  expect(await list(page).evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('none');
  await expect(list(page).locator('[data-current]')).toHaveCount(0);
});

import type { Page } from 'playwright';
import { shareRun } from '../support/command-line.ts';
import { generateRun, generateSmallRuns, wholeConversation } from '../support/generate-runs.ts';
import { idle } from '../support/idle.ts';
import { runRows, runsList } from '../support/runs-list.ts';
import { expectStep, follow, press, timeline } from '../support/steps.ts';
import { importContent } from '../support/telemetry.ts';
import {
  heapBytes,
  hold,
  median,
  noteLongTasks,
  scrollFrames,
  takeLongest,
  timeTo,
} from '../support/window-figures.ts';
import { expect, test } from '../support/window-test.ts';

/** Part of `npm run bench`: the bars of reading. On a quiet machine; each figure is the best of a few rounds, since other programs share it. */

test.use({ trace: 'off' });
// Of what is made before anything is measured: 100,000 runs take five minutes to import.
test.describe.configure({ timeout: 1_800_000 });

const rounds = 3;
/** `RETAKE_BENCH_SCALE=0.02`: a look at whether it works; its figures say nothing. */
const scale = Number(process.env['RETAKE_BENCH_SCALE'] ?? 1);
const scaled = (count: number): number => Math.max(40, Math.round(count * scale));

interface Bar {
  readonly what: string;
  readonly figure: number;
  readonly goal: number;
}

function report(bars: readonly Bar[]): void {
  for (const { what, figure, goal } of bars)
    console.log(`${figure <= goal ? 'met' : 'NOT MET'}  ${what}: ${figure.toFixed(1)} (goal ≤ ${goal})`);
  for (const { what, figure, goal } of bars) expect.soft(figure, what).toBeLessThanOrEqual(goal);
}

/** A run of so many steps: an agent, and a call with its tool each time. */
const runOf = (seed: number, steps: number): string =>
  [
    ...generateRun({
      ...wholeConversation(seed, steps / 2),
      contextLimitBytes: 4_000,
      resultBytes: [100, 300] as const,
    }),
  ].join('\n');

async function overTimeline(page: Page): Promise<void> {
  const box = await timeline(page).boundingBox();
  if (box === null) throw new Error('The timeline has no box.');
  await page.mouse.move(box.x + 200, box.y + 200);
}

test('30,000 steps and 1,000: opened, scrolled, walked', async ({ freshHost, openRetake, page: blank }) => {
  await noteLongTasks(blank);
  const [large = ''] = await importContent(freshHost, runOf(3, scaled(30_000)));
  const [small = ''] = await importContent(freshHost, runOf(4, scaled(1_000)));
  const page = await openRetake(freshHost);
  const figures = { large: [] as number[], small: [] as number[], frames: [] as number[], keys: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    // The library has the run at hand from the second round on, as it has for whoever goes to and fro.
    figures.large.push(await timeTo(page, `#/run/${large}?step=1`, '[data-step="1"][aria-selected=true]'));
    await expectStep(page, 1);
    await overTimeline(page);
    figures.frames.push(await scrollFrames(page, 120, 600));
    figures.keys.push(median(await hold(page, 'j', 40)));
    await follow(page, '#/runs');
    figures.small.push(await timeTo(page, `#/run/${small}?step=1`, '[data-step="1"][aria-selected=true]'));
    await follow(page, '#/runs');
  }
  report([
    { what: '30,000 steps opened, ms', figure: Math.min(...figures.large), goal: 1_000 },
    { what: '1,000 steps opened, ms', figure: Math.min(...figures.small), goal: 150 },
    {
      what: 'timeline of 30,000 steps scrolled, median work of a frame, ms',
      figure: Math.min(...figures.frames),
      goal: 16,
    },
    { what: 'key to paint in 30,000 steps, median, ms', figure: Math.min(...figures.keys), goal: 50 },
  ]);
});

test('a list of 100,000 runs: scrolled and walked', async ({ freshHost, openRetake }) => {
  await importContent(freshHost, [...generateSmallRuns(scaled(100_000))].join('\n'));
  const page = await openRetake(freshHost, '#/runs');
  await expect(runRows(page).first()).toBeVisible();
  const box = await runsList(page).boundingBox();
  if (box === null) throw new Error('The list has no box.');
  await page.mouse.move(box.x + 200, box.y + 200);
  const frames: number[] = [];
  const keys: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    frames.push(await scrollFrames(page, 120, 600));
    await idle(page);
    keys.push(median(await hold(page, 'j', 40)));
    await press(page, 'Home');
  }
  report([
    { what: 'list of 100,000 runs scrolled, median work of a frame, ms', figure: Math.min(...frames), goal: 16 },
    { what: 'key to paint in 100,000 runs, median, ms', figure: Math.min(...keys), goal: 50 },
  ]);
});

test('beside a payload of 20 MB', async ({ freshHost, openRetake, page: blank }) => {
  await noteLongTasks(blank);
  const [runId = ''] = await importContent(freshHost, withLargeResult(Math.round(20_000_000 * Math.min(1, scale * 4))));
  const page = await openRetake(freshHost, `#/run/${runId}?step=0`);
  const longest: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await takeLongest(page);
    // Over the step and back, in every tab that shows it.
    await press(page, 'j', 'j', '.', 'k', '.', 'k', 'Home');
    longest.push(await takeLongest(page));
  }
  report([{ what: 'longest task beside 20 MB, ms', figure: Math.min(...longest), goal: 100 }]);
});

test('sixty opens and closes', async ({ freshHost, openRetake }) => {
  const [runId = ''] = await importContent(freshHost, runOf(5, scaled(2_000)));
  const page = await openRetake(freshHost, '#/runs');
  const open = async (times: number): Promise<number> => {
    for (let time = 0; time < times; time += 1) {
      await follow(page, `#/run/${runId}?step=${time % 30}`);
      await follow(page, '#/runs');
    }
    return heapBytes(page);
  };
  // What is kept once, however often: code, caches of queries.
  const before = await open(10);
  const after = await open(60);
  report([{ what: 'memory left by sixty opens, MB', figure: (after - before) / 1e6, goal: 3 }]);
});

test('a shared file of 10,000 steps, without a network', async ({ freshHost, browser }) => {
  const [runId = ''] = await importContent(freshHost, runOf(6, scaled(10_000)));
  const address = await shareRun(freshHost, runId);
  const painted: number[] = [];
  const seen: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    page.on('request', (request) => seen.push(request.url()));
    page.on('pageerror', (error) => seen.push(error.message));
    await page.goto(address);
    await expect(page.getByRole('option').first()).toBeVisible();
    painted.push(
      await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity),
    );
    await context.close();
  }
  expect(seen).toEqual(Array.from({ length: rounds }, () => address));
  report([{ what: 'shared file of 10,000 steps, first paint, ms', figure: Math.min(...painted), goal: 1_000 }]);
});

/** An agent with a call of a tool that gave a text as long as that. */
function withLargeResult(bytes: number): string {
  const line = 'a line of a log that is as long as lines of logs are, with figures 0123456789\n';
  const text = (value: string) => ({ stringValue: value });
  const span = (
    id: string,
    parent: string | undefined,
    name: string,
    attributes: Readonly<Record<string, string>>,
  ) => ({
    traceId: '5'.repeat(32),
    spanId: id.repeat(16),
    ...(parent === undefined ? {} : { parentSpanId: parent.repeat(16) }),
    name,
    startTimeUnixNano: `179000000000000000${id}`,
    endTimeUnixNano: `179000000000000001${id}`,
    attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: text(value) })),
  });
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5.1' };
  const spans = [
    span('1', undefined, 'invoke_agent reader', {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': 'reader',
    }),
    span('2', '1', 'chat gpt-5.1', chat),
    span('3', '1', 'execute_tool read_log', {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'read_log',
      'gen_ai.tool.call.arguments': '{"path":"server.log"}',
      'gen_ai.tool.call.result': line.repeat(Math.ceil(bytes / line.length)),
    }),
    span('4', '1', 'chat gpt-5.1', chat),
  ];
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: 'bench' }, spans }] }] });
}

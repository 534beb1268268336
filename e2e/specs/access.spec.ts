import type { Page } from 'playwright';
import { idle } from '../support/idle.ts';
import { follow, openTab, press } from '../support/steps.ts';
import { expect, test } from '../support/window-test.ts';

type View = readonly [name: string, open: (page: Page, runId: string) => Promise<unknown>];

const runViews: readonly View[] = [
  ['run, messages', (page, runId) => follow(page, `#/run/${runId}?step=9`)],
  ['run, tools', (page) => openTab(page, 'Tools')],
  ['run, attributes', (page) => openTab(page, 'Attributes')],
  ['run, events', (page) => openTab(page, 'Events')],
  ['run, cost', (page) => openTab(page, 'Cost')],
  ['run, raw', (page) => openTab(page, 'Raw')],
  ['run, a failed tool', (page, runId) => follow(page, `#/run/${runId}?step=7`)],
  ['run, conversation', (page) => press(page, '2')],
];

const otherViews: readonly View[] = [
  ['runs', (page) => follow(page, '#/runs')],
  [
    'runs, a look at one, and two selected',
    async (page) => {
      await press(page, 'j', 'Space', 'x', 'Shift+ArrowDown');
      await expect(page.getByRole('complementary', { name: 'Peek' })).toBeVisible();
    },
  ],
  [
    'runs, grouped',
    async (page) => {
      await press(page, 'Escape', 'Escape');
      await follow(page, '#/runs?group=agent');
      await press(page, 'j', 'ArrowRight');
    },
  ],
  [
    'runs, name, tags and note',
    async (page) => {
      await press(page, 'j', 'F2');
      await expect(page.getByRole('dialog', { name: 'Name, tags and note' })).toBeVisible();
    },
  ],
  ['runs, afterwards', (page) => press(page, 'Escape')],
  [
    'runs, filtered to nothing',
    (page) => follow(page, `#/runs?filter=${encodeURIComponent('{"text":"nothing is called so"}')}`),
  ],
  ['connect', (page) => follow(page, '#/connect')],
  ['settings', (page) => follow(page, '#/settings')],
];

/** Sheets over the screen, each closed by the next. */
const sheets: readonly View[] = [
  [
    'palette',
    async (page) => {
      await press(page, 'Control+k');
      await page.keyboard.type('calculator');
    },
  ],
  [
    'keys',
    async (page) => {
      await press(page, 'Escape', '?');
      await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
    },
  ],
  [
    'paste',
    async (page) => {
      await press(page, 'Escape', 'Control+Shift+V');
      await expect(page.getByRole('dialog', { name: 'Paste telemetry' })).toBeVisible();
    },
  ],
  [
    'import report',
    async (page) => {
      await page
        .getByRole('textbox', { name: 'Telemetry to import' })
        .fill('{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "no id", "name": "broken"}]}]}]}');
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      await idle(page);
      await expect(page.getByRole('list', { name: 'Skipped' })).toBeVisible();
    },
  ],
];

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`axe finds nothing serious, ${colorScheme}`, () => {
    test.use({ colorScheme });

    test('on the start screen', async ({ freshHost, openRetake, seriousFaults }) => {
      await openRetake(freshHost);
      expect(await seriousFaults()).toEqual([]);
    });

    for (const [title, views] of [
      ['on a run', runViews],
      ['on the other screens', otherViews],
      ['on sheets', sheets],
    ] as const) {
      test(title, async ({ freshHost, openRetake, seriousFaults }) => {
        const [runId = ''] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
        const page = await openRetake(freshHost);
        for (const [name, open] of views) {
          await open(page, runId);
          expect(await seriousFaults(), name).toEqual([]);
        }
      });
    }
  });
}

/** What is wider than its place and can only be read by scrolling sideways. Settings to copy may: they are code. */
function sideways(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('*')]
      .filter(
        (element) =>
          !element.matches('pre') &&
          element.scrollWidth > element.clientWidth + 1 &&
          ['auto', 'scroll'].includes(getComputedStyle(element).overflowX),
      )
      .map(
        (element) =>
          `${element.tagName.toLowerCase()} ${element.getAttribute('aria-label') ?? element.className}: ${element.scrollWidth} in ${element.clientWidth}`,
      )
      .concat(document.documentElement.scrollWidth > window.innerWidth ? ['the page'] : []),
  );
}

test.describe('small window', () => {
  test.use({ viewport: { width: 1100, height: 700 } });

  test('nothing has to be scrolled sideways at 1100×700', async ({ freshHost, openRetake }) => {
    const page = await openRetake(freshHost);
    expect(await sideways(page), 'start').toEqual([]);
    const [runId = ''] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
    for (const [name, open] of [...runViews, ...otherViews, ...sheets]) {
      await open(page, runId);
      await idle(page);
      expect(await sideways(page), name).toEqual([]);
    }
  });
});

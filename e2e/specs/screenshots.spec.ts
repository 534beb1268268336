import { idle } from '../support/idle.ts';
import { follow, openTab, press } from '../support/steps.ts';
import { expect, test } from '../support/window-test.ts';

/** Pictures for people to look at beside the design, in test-results/screenshots. Only these: `--grep @pictures`. */
test.describe('pictures', { tag: '@pictures' }, () => {
  test('start, connect and settings', async ({ freshHost, openRetake, takePictures }) => {
    const page = await openRetake(freshHost);
    await takePictures('start');
    await follow(page, '#/connect');
    await takePictures('connect');
    await follow(page, '#/settings');
    await takePictures('settings');
  });

  test('runs and the import report', async ({ freshHost, openRetake, takePictures }) => {
    for (const capture of [
      'vercel-ai/normal',
      'openai-agents/normal',
      'anthropic-openinference/normal',
      'langgraph-openinference/fatal',
      'langfuse/normal',
      'otel-plain/retry',
      'anthropic-sdk-native/retry',
    ]) {
      await freshHost.importFixture(
        `${capture}/traces.jsonl${capture.startsWith('langgraph-openinference/normal') ? '.gz' : ''}`,
      );
    }
    const page = await openRetake(freshHost);
    await expect(page.getByRole('grid', { name: 'Runs' }).locator('[data-run]')).toHaveCount(7);
    await press(page, 'j', 'j', 'x');
    await takePictures('runs');
    await page.getByRole('button', { name: /^Open files/ }).focus();
    await press(page, 'Control+Shift+V');
    await page
      .getByRole('textbox', { name: 'Telemetry to import' })
      .fill(
        '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "no id", "name": "broken"}]}]}]}\n{"resourceSpans": [',
      );
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await idle(page);
    await takePictures('import-report');
  });

  test('run', async ({ freshHost, openRetake, takePictures }) => {
    const [runId] = await freshHost.importFixture('otel-plain/retry/traces.jsonl');
    const page = await openRetake(freshHost, `#/run/${runId}?step=9`);
    for (const tab of ['Messages', 'Tools', 'Attributes', 'Events', 'Cost', 'Raw'] as const) {
      await openTab(page, tab);
      await takePictures(`run-${tab.toLowerCase()}`);
    }
    await openTab(page, 'Messages');
    await follow(page, `#/run/${runId}?step=7`);
    await takePictures('run-failed-tool');
    await press(page, '2');
    await takePictures('run-conversation');
    await press(page, '1', 'Control+k');
    await page.keyboard.type('calculator');
    await takePictures('palette');
  });
});

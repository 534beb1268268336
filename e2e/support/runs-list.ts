import type { Locator, Page } from 'playwright';
import type { Host } from './host.ts';

/** Its agent fetched a page that is not there and mistyped an expression: two failed tools beside the failed calls. */
export const retriedCapture = 'otel-plain/retry';

export const captures = [
  'vercel-ai/normal',
  'openai-agents/normal',
  'anthropic-openinference/normal',
  'langfuse/fatal',
  retriedCapture,
] as const;

/** A tree where it is grouped. */
export const runsList = (page: Page): Locator =>
  page.locator('[role=grid][aria-label=Runs], [role=treegrid][aria-label=Runs]');
export const runRows = (page: Page): Locator => runsList(page).locator('[data-run]');

/** Imports five captures; the id of each run by the name of its capture. */
export async function importCaptures(host: Host): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const capture of captures) {
    const [runId, ...more] = await host.importFixture(`${capture}/traces.jsonl`);
    if (runId === undefined || more.length > 0) throw new Error(`${capture} gave ${more.length + 1} runs.`);
    ids.set(capture, runId);
  }
  return ids;
}

/** Ids of the runs, from the top down. */
export async function shownOrder(page: Page): Promise<readonly string[]> {
  return runRows(page).evaluateAll((elements) =>
    elements
      .toSorted((left, right) => Number(left.ariaRowIndex) - Number(right.ariaRowIndex))
      .map((element) => element.dataset.run ?? ''),
  );
}

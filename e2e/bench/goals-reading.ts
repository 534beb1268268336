import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { unpackStepTable } from '../../shared/packed-step-table.ts';
import { generateRun, generateSmallRuns, wholeConversation } from '../support/generate-runs.ts';
import { directoryBytes, importFile, newFolder, scaled, withBackend, writeLines } from './built-backend.ts';
import type { Client } from './built-backend.ts';
import { interleave, median, timed } from './harness.ts';
import type { BenchRow } from './harness.ts';

/** What opening, listing, summing and searching cost, beside the least that the same could cost. */
const rounds = 5;

async function medianMs(times: number, work: () => unknown): Promise<number> {
  const measured: number[] = [];
  for (let time = 0; time < times; time++) measured.push(await timed(work));
  return median(measured);
}

export async function promptRows(path: string): Promise<readonly BenchRow[]> {
  const folder = newFolder();
  const { runId, index, text } = await withBackend(folder, async (client) => {
    const [imported = ''] = await importFile(client, path);
    const { kind } = unpackStepTable(await client.steps.table({ runId: imported }));
    const last = kind.lastIndexOf('llm');
    const attribute = { runId: imported, index: last, key: 'gen_ai.input.messages', of: 'span' } as const;
    return { runId: imported, index: last, text: (await client.steps.attribute(attribute)).text };
  });
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++)
    await withBackend(folder, async (client) => {
      cold.push(await timed(() => client.steps.get({ runId, index })));
      warm.push(await medianMs(5, () => client.steps.get({ runId, index })));
    });
  const parse = await medianMs(20, () => JSON.parse(text));
  return (
    [
      ['cold', 1.2, median(cold)],
      ['again', 0.5, median(warm)],
    ] as const
  ).map(([name, goal, ms]) => ({
    name: `10 a prompt opened, ${name}`,
    meaning: `a step whose prompt has ${(text.length / 1e6).toFixed(1)} MB / JSON.parse of that prompt`,
    goal,
    figure: ms / parse,
    detail: `${ms.toFixed(1)} ms / ${parse.toFixed(1)} ms`,
  }));
}

export async function openRows(): Promise<readonly BenchRow[]> {
  const shape = { contextLimitBytes: 24_000, resultBytes: [300, 900] as const };
  const small = writeLines('steps-1000.jsonl', generateRun({ ...wholeConversation(2, scaled(500)), ...shape }));
  const large = writeLines('steps-10000.jsonl', generateRun({ ...wholeConversation(3, scaled(5_000)), ...shape }));
  const folder = newFolder();
  return withBackend(folder, async (client) => {
    const [smallId = ''] = await importFile(client, small);
    const [largeId = ''] = await importFile(client, large);
    const { left, right } = await interleave(rounds * 2, {
      left: () => timed(async () => unpackStepTable(await client.steps.table({ runId: largeId }))),
      right: () => timed(async () => unpackStepTable(await client.steps.table({ runId: smallId }))),
    });
    const table = await client.steps.table({ runId: largeId });
    const bytes = JSON.stringify(table).length;
    const database = new DatabaseSync(join(folder, 'library.db'), { readOnly: true });
    const select = database.prepare(
      'SELECT parent, depth, kind, origin, status, hidden, name, raw_name, agent, model, error, preview, start_us, duration_us, input, output, cache_read, cache_write, reasoning, usage_role, cost_usd, requested_by, parallel_group FROM step WHERE run = (SELECT id FROM run WHERE run_id = ?) ORDER BY step',
    );
    const bare = await medianMs(10, () => select.all(largeId));
    database.close();
    const { steps } = table;
    return [
      {
        name: '11 open a run, growth',
        meaning: '10,000 steps / 1,000 steps',
        goal: 11,
        figure: left / right,
        detail: `${left.toFixed(1)} ms / ${right.toFixed(1)} ms`,
      },
      {
        name: '11 open a run, over the rows',
        meaning: '10,000 steps / the bare SELECT of their rows',
        goal: 1.5,
        figure: left / bare,
        detail: `${left.toFixed(1)} ms / ${bare.toFixed(1)} ms`,
      },
      {
        name: '11 open a run, to the window',
        meaning: 'bytes for each step / 100',
        goal: 1,
        figure: bytes / steps / 100,
        detail: `${(bytes / 1e6).toFixed(2)} MB, ${steps.toLocaleString('en')} steps`,
      },
    ];
  });
}

const sorts = ['started', 'cost', 'duration', 'errors', 'input'] as const;
const listed = (client: Client, sort: (typeof sorts)[number], cursor?: string) =>
  client.runs.list({ filter: {}, sort, descending: true, limit: 100, ...(cursor === undefined ? {} : { cursor }) });

export async function manyRunsRows(): Promise<readonly BenchRow[]> {
  const count = scaled(100_000);
  const few = writeLines('runs-1000.jsonl', generateSmallRuns(scaled(1_000)));
  const many = writeLines('runs-100000.jsonl', generateSmallRuns(count));
  const listMs = (client: Client, sort: (typeof sorts)[number]) => medianMs(20, () => listed(client, sort));
  const small = await withBackend(newFolder(), async (client) => {
    await importFile(client, few);
    return Promise.all(sorts.map((sort) => listMs(client, sort)));
  });
  const folder = newFolder();
  return withBackend(
    folder,
    async (client) => {
      await importFile(client, many);
      const rows: BenchRow[] = [];
      for (const [index, sort] of sorts.entries()) {
        const ms = await listMs(client, sort);
        rows.push({
          name: `12 list runs by ${sort}`,
          meaning: `first 100 of ${count.toLocaleString('en')} / of 1,000`,
          goal: 1.5,
          figure: ms / (small[index] ?? Number.NaN),
          detail: `${ms.toFixed(1)} ms / ${(small[index] ?? 0).toFixed(1)} ms`,
        });
      }
      rows.push(await farDownRow(client), await costsRow(client, folder), await indexRow(client, folder));
      return rows;
    },
    { receive: true, otlpHttpPort: 0 },
  );
}

async function farDownRow(client: Client): Promise<BenchRow> {
  const first = await medianMs(20, () => listed(client, 'cost'));
  let cursor: string | undefined;
  for (let page = 0; page < scaled(900); page++) cursor = (await listed(client, 'cost', cursor)).nextCursor;
  const deep = await medianMs(20, () => listed(client, 'cost', cursor));
  return {
    name: '12 list runs, far down',
    meaning: 'the 901st hundred by cost / the first',
    goal: 1.5,
    figure: deep / first,
    detail: `${deep.toFixed(1)} ms / ${first.toFixed(1)} ms`,
  };
}

/** The same sums from the steps themselves. */
async function costsRow(client: Client, folder: string): Promise<BenchRow> {
  const costs = () => client.costs.summary({ by: 'model', filter: {}, limit: 100 });
  const kept = await medianMs(10, costs);
  const database = new DatabaseSync(join(folder, 'library.db'), { readOnly: true });
  const select = database.prepare(
    'SELECT start_us / 86400000000 AS day, model, count(*) AS calls, sum(CAST(round(cost_usd * 1e9) AS INTEGER)) AS nano FROM step WHERE usage_role IS NOT NULL OR model IS NOT NULL GROUP BY day, model',
  );
  const raw = await medianMs(5, () => select.all());
  const nano = select.all().reduce((sum, row) => sum + Number(row.nano ?? 0), 0);
  database.close();
  const { total } = await costs();
  if (total.costNanoUsd !== nano) throw new Error(`Costs are not equal: ${total.costNanoUsd} and ${nano} nano-dollars`);
  return {
    name: '13 costs by day and model',
    meaning: 'from the kept sums / from the rows of 100,000 calls, equal to the nano-dollar; at most 1 / 200',
    goal: 1 / 200,
    figure: kept / raw,
    detail: `${kept.toFixed(1)} ms / ${raw.toFixed(1)} ms`,
  };
}

/** As many as a year of an agent that runs every minute: two texts a run. */
export async function searchRows(): Promise<readonly BenchRow[]> {
  const runs = scaled(500_000);
  const path = writeLines('runs-500000.jsonl', generateSmallRuns(runs));
  return withBackend(
    newFolder(),
    async (client) => {
      await importFile(client, path);
      const search = (query: string) => client.search.runs({ query, limit: 50, perRun: 3 });
      while ((await search('question')).indexing) await sleep(250);
      const queries = ['question', `"Question ${scaled(77_123)} of the list"`, 'answer*', 'list'];
      const times: number[] = [];
      for (const query of queries) times.push(await medianMs(5, () => search(query)));
      return [
        {
          name: '14 search, the newest 50',
          meaning: `the slowest of a common word, a rare phrase and a beginning, in ${(runs * 2).toLocaleString('en')} texts / 100 ms`,
          goal: 1,
          figure: Math.max(...times) / 100,
          detail: times.map((ms, at) => `${queries[at] ?? ''} ${ms.toFixed(1)} ms`).join(', '),
        },
      ];
    },
    { receive: true, otlpHttpPort: 0 },
  );
}

async function indexRow(client: Client, folder: string): Promise<BenchRow> {
  while ((await client.search.runs({ query: 'question', limit: 1, perRun: 1 })).indexing) await sleep(250);
  const index = directoryBytes(folder, /^search\.db/);
  return {
    name: '15 search index',
    meaning: 'on disk / library',
    goal: 0.5,
    figure: index / directoryBytes(folder, /^library\.db/),
    detail: `${(index / 1e6).toFixed(1)} MB`,
  };
}

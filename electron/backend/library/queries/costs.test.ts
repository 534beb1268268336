import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byAttribute, costDimensions, costSortKeys, mostValuesPerRun } from '../../../../shared/model/costs.ts';
import type { CostBy, CostFigures } from '../../../../shared/model/costs.ts';
import { nanos } from '../../../../shared/model/units.ts';
import type { AssembledRun, AssembledStep } from '../../telemetry/step-facts.ts';
import { openLibraryReader, openLibraryWriter } from '../open-library.ts';
import { makeFacts, makeRun, makeStep, putRun } from '../runs.testing.ts';
import { makeSpan, traceOf, withDirectory } from '../telemetry.testing.ts';
import { readCostAttributes, readCosts } from './costs.ts';

const today = Math.floor(Date.now() / 86_400_000);
const dayNs = 86_400_000_000_000n;

/** What one step adds to each dimension, told anew from the step: the oracle shares no code with what is tested. */
function keyOf(by: CostBy, run: AssembledRun, step: AssembledStep): string {
  const { facts } = step;
  switch (by) {
    case 'model':
      return facts.responseModel ?? facts.requestModel ?? '';
    case 'provider':
      return facts.provider ?? '';
    case 'agent':
      return step.agent ?? '';
    case 'step':
      return step.rawName;
    case 'tier':
      return facts.serviceTier ?? '';
    case 'run':
      return run.id;
    case 'conversation':
      return run.conversationId ?? '';
    case 'service':
      return run.service ?? '';
    case 'environment':
      return run.environment ?? '';
    case 'user':
      return run.userId ?? '';
    case 'status':
      return run.status;
    case 'day':
      return facts.knownTimes === 'order' ? '' : new Date(Number(step.startNs / 1_000_000n)).toISOString().slice(0, 10);
    case 'tool':
      return '';
    default:
      return step.attributes?.get(by.slice('attribute:'.length)) ?? '';
  }
}

const attributeKeys = ['tenant', 'rare'] as const;

const counted = (step: AssembledStep): boolean => step.usageRole === 'own' || step.usageRole === undefined;
const nano = (step: AssembledStep): number =>
  step.cost === undefined || step.cost.kind === 'none' ? 0 : Math.round(step.cost.usd * 1e9);

const step = fc.record({
  daysAgo: fc.integer({ min: 0, max: 2 }),
  model: fc.constantFrom('a', 'b', undefined),
  provider: fc.constantFrom('openai', undefined),
  tier: fc.constantFrom('batch', undefined),
  agent: fc.constantFrom('x', undefined),
  name: fc.constantFrom('chat', 'summarise'),
  tenant: fc.constantFrom('acme', 'umbrella', '__proto__', undefined),
  rare: fc.constantFrom('yes', undefined, undefined, undefined),
  seconds: fc.option(fc.nat(100), { nil: undefined }),
  timeless: fc.boolean(),
  role: fc.constantFrom('own', 'rollup', 'duplicate', undefined),
  input: fc.option(fc.nat(1_000), { nil: undefined }),
  usd: fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { nil: undefined }),
  answered: fc.boolean(),
  failed: fc.boolean(),
});

test('groups by every dimension add up to the total and to the steps, to the last digit', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.array(step, { minLength: 1, maxLength: 6 })), {
        minLength: 1,
        maxLength: 8,
      }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(...costSortKeys),
      (assemblies, limit, sort) =>
        withDirectory((directory) => {
          const writer = openLibraryWriter({ directory });
          const latest = new Map<number, AssembledRun>();
          for (const [number, steps] of assemblies) {
            const run = makeRun(number, {
              conversationId: number % 2 === 0 ? 'talk' : undefined,
              status: number === 3 ? 'error' : 'ok',
              steps: steps.map((given, index) =>
                makeStep(index, {
                  rawName: given.name,
                  startNs: nanos(BigInt(today - given.daysAgo) * dayNs + 5n),
                  endNs:
                    given.seconds === undefined
                      ? undefined
                      : nanos(BigInt(today - given.daysAgo) * dayNs + 5n + BigInt(given.seconds) * 1_000_000_000n),
                  attributes: new Map(
                    attributeKeys.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]] as const])),
                  ),
                  agent: given.agent,
                  usageRole: given.role,
                  answered: given.answered,
                  cost:
                    given.usd === undefined
                      ? { kind: 'none', reason: 'no price' }
                      : { kind: 'reported', usd: given.usd, reportedUsd: given.usd, sourceName: 's', notes: [] },
                  facts: makeFacts({
                    requestModel: given.model,
                    provider: given.provider,
                    serviceTier: given.tier,
                    knownTimes: given.timeless ? 'order' : undefined,
                    usage: given.input === undefined ? undefined : { input: given.input },
                    status: given.failed ? 'error' : 'ok',
                  }),
                }),
              ),
            });
            writer.transaction(() => {
              writer.putSpan(makeSpan({ traceId: traceOf(number) }));
              writer.replaceSteps(run);
            });
            latest.set(number, run);
          }
          writer.close();
          const reader = openLibraryReader({ directory });
          for (const by of [...costDimensions, ...attributeKeys.map(byAttribute), byAttribute('nobody has it')]) {
            const { groups, rest, total, chart } = readCosts(reader, { by, filter: {}, limit });
            const expected = new Map<string, number>();
            let dated = 0;
            for (const run of latest.values())
              for (const one of run.steps.filter(counted)) {
                const key = keyOf(by, run, one);
                expected.set(key, (expected.get(key) ?? 0) + nano(one));
                if (one.facts.knownTimes === undefined) dated += nano(one);
              }
            for (const { key = '', figures } of groups) expect(figures.costNanoUsd).toBe(expected.get(key));
            const all = [...groups.map(({ figures }) => figures), ...(rest === undefined ? [] : [rest.figures])];
            expect(groups.length + (rest?.groups ?? 0)).toBe(expected.size);
            for (const name of Object.keys(total) as (keyof CostFigures)[])
              expect(all.reduce((sum, figures) => sum + figures[name], 0)).toBeCloseTo(total[name], 9);
            const sorted = readCosts(reader, { by, filter: {}, limit: 100, sort, descending: false });
            expect(sorted.groups.reduce((sum, { figures }) => sum + figures.costNanoUsd, 0)).toBe(total.costNanoUsd);
            expect(sorted.groups).toHaveLength(expected.size);
            expect(total.costNanoUsd).toBe([...expected.values()].reduce((sum, value) => sum + value, 0));
            expect(chart.bars.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part, 0)).toBe(dated);
          }
          reader.close();
        }),
    ),
    { numRuns: 25 },
  );
});

test('a filter chooses calls, and the days before are what is compared with', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const call = (daysAgo: number, usd: number, model: string, agent: string) =>
      makeStep(0, {
        startNs: nanos(BigInt(today - daysAgo) * dayNs),
        agent,
        cost: { kind: 'reported', usd, reportedUsd: usd, sourceName: 's', notes: [] },
        facts: makeFacts({ requestModel: model }),
      });
    writer.transaction(() => {
      putRun(writer, 1, { steps: [call(0, 1, 'a', 'coder')] });
      putRun(writer, 2, { steps: [call(1, 2, 'b', 'coder')], status: 'error' });
      putRun(writer, 3, { steps: [call(2, 4, 'a', 'planner')] });
      putRun(writer, 4, { steps: [call(40, 8, 'a', 'coder')] });
    });
    const reader = openLibraryReader({ directory });
    const recent = readCosts(reader, { by: 'model', filter: { days: 2 }, limit: 10 });
    expect(recent.groups.map(({ key, figures }) => [key, figures.costNanoUsd])).toEqual([
      ['b', 2e9],
      ['a', 1e9],
    ]);
    expect(recent.previousNanoUsd).toBe(4e9);
    expect(recent.runs).toEqual({ count: 2, medianNanoUsd: 1e9, p95NanoUsd: 2e9, failed: 1, failedNanoUsd: 2e9 });
    expect(recent.chart).toMatchObject({
      daysPerBar: 1,
      series: [0, 1],
      bars: [{ parts: [2e9, 0, 0] }, { parts: [0, 1e9, 0] }],
    });
    const coder = readCosts(reader, { by: 'conversation', filter: { agents: ['coder'], models: ['a'] }, limit: 10 });
    expect(coder.total.costNanoUsd).toBe(9e9);
    expect(coder.groups).toHaveLength(1);
    const months = readCosts(reader, { by: 'day', filter: { days: 365 }, limit: 2 });
    expect([months.chart.daysPerBar, months.chart.bars.length]).toEqual([7, 53]);
    expect(months.rest?.groups).toBe(2);
    reader.close();
    writer.close();
  }));

test('what was sent again, what caching saved and what a recording spared', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const line = (label: 'input' | 'output' | 'cache-read', tokens: number, usdPerMillion: number) => ({
      label,
      tokens,
      usdPerMillion,
      usd: (tokens * usdPerMillion) / 1e6,
    });
    const priced = (lines: readonly ReturnType<typeof line>[], uncachedUsd?: number) => ({
      kind: 'priced' as const,
      usd: lines.reduce((sum, { usd }) => sum + usd, 0),
      lines: [...lines],
      source: 'catalogue' as const,
      sourceName: 'x',
      matchedModel: 'm',
      notes: [],
      ...(uncachedUsd === undefined ? {} : { uncachedUsd }),
    });
    const llm = (index: number, usage: Readonly<Record<string, number>>, cost: AssembledStep['cost']) =>
      makeStep(index, { parentIndex: undefined, cost, facts: makeFacts({ usage }) });
    const tool = (index: number, name: string, requestedBy: number) =>
      makeStep(index, {
        parentIndex: undefined,
        requestedBy,
        cost: undefined,
        usageRole: undefined,
        answered: false,
        facts: makeFacts({
          kind: 'tool',
          name,
          usage: undefined,
          tool: { name, callId: undefined, isError: undefined, server: false },
        }),
      });
    writer.transaction(() =>
      putRun(writer, 1, {
        steps: [
          llm(0, { input: 1_000, output: 100 }, priced([line('input', 1_000, 2), line('output', 100, 10)])),
          tool(1, 'grep', 0),
          tool(2, 'bash', 0),
          // Of 1,500 tokens 1,100 were sent or said before: 400 came from the cache, 700 were paid for again.
          llm(
            3,
            { input: 1_500, output: 50, cacheRead: 400 },
            priced([line('input', 1_100, 2), line('cache-read', 400, 0.2), line('output', 50, 10)], 0.0035),
          ),
          llm(4, { input: 10, output: 1 }, { kind: 'recorded', usd: 0, insteadOfUsd: 0.5 }),
        ],
      }),
    );
    const reader = openLibraryReader({ directory });
    const { groups, total } = readCosts(reader, { by: 'tool', filter: {}, limit: 10 });
    expect(groups.map(({ key, figures }) => [key, figures.attempts, figures.costNanoUsd])).toEqual([
      [undefined, 2, 3_000_000],
      ['bash + grep', 1, 2_780_000],
    ]);
    expect(total).toMatchObject({ resent: 710, resentNanoUsd: 1_400_000, sparedNanoUsd: 500_000_000 });
    expect(total.uncachedNanoUsd - total.costNanoUsd).toBe(720_000);
    reader.close();
    writer.close();
  }));

test('how long the calls of a group took, within 4 %, and groups in any order', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const call = (index: number, model: string, ms: number | undefined, input = 100) => {
      const startNs = nanos(BigInt(today) * dayNs);
      return makeStep(index, {
        startNs,
        endNs: ms === undefined ? undefined : nanos(startNs + BigInt(ms) * 1_000_000n),
        facts: makeFacts({ requestModel: model, usage: { input, output: 1 } }),
      });
    };
    const lengths = Array.from({ length: 100 }, (_, at) => (at + 1) * 100);
    writer.transaction(() => {
      putRun(writer, 1, { steps: lengths.map((ms, at) => call(at, 'slow', ms, 5)) });
      putRun(writer, 2, { steps: [call(0, 'quick', 20), call(1, 'quick', 30)] });
      putRun(writer, 3, { steps: [call(0, 'never ended', undefined)] });
    });
    const reader = openLibraryReader({ directory });
    const sorted = (sort: (typeof costSortKeys)[number], descending = true) =>
      readCosts(reader, { by: 'model', filter: {}, limit: 10, sort, descending }).groups.map(({ key }) => key);
    expect(sorted('p95')).toEqual(['slow', 'quick', 'never ended']);
    expect(sorted('p50', false)).toEqual(['quick', 'slow', 'never ended']);
    expect(sorted('calls', false)).toEqual(['never ended', 'quick', 'slow']);
    expect(sorted('input')).toEqual(['slow', 'quick', 'never ended']);
    expect(sorted('name', false)).toEqual(['never ended', 'quick', 'slow']);
    for (const by of ['model', 'run', 'service'] as const) {
      const { groups } = readCosts(reader, { by, filter: {}, limit: 10, sort: 'p95' });
      const times = groups[0]?.times;
      const expected = by === 'service' ? [4_900, 9_500] : [5_000, 9_500];
      expect(Math.abs((times?.p50Ms ?? 0) / (expected[0] ?? 1) - 1)).toBeLessThan(0.045);
      expect(Math.abs((times?.p95Ms ?? 0) / (expected[1] ?? 1) - 1)).toBeLessThan(0.045);
    }
    // Assembled again with one call less: what it had added is taken away.
    writer.transaction(() => putRun(writer, 2, { steps: [call(0, 'quick', 20)] }));
    const { groups } = readCosts(reader, { by: 'service', filter: {}, limit: 10 });
    expect(groups.map(({ figures }) => figures.attempts)).toEqual([102]);
    writer.transaction(() =>
      writer.removeRuns(
        [1, 2, 3].map((number) => makeRun(number).id),
        nanos(1_000n),
      ),
    );
    expect(readCosts(reader, { by: 'service', filter: {}, limit: 10 }).groups).toEqual([]);
    reader.close();
    writer.close();
  }));

test('an attribute with a value of its own in each call is one group beyond so many, and the keys are listed', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    const steps = Array.from({ length: mostValuesPerRun + 50 }, (_, at) =>
      makeStep(at, {
        attributes: new Map([
          ['batch', String(at)],
          ['team', 'search'],
        ]),
      }),
    );
    writer.transaction(() => putRun(writer, 1, { steps }));
    const reader = openLibraryReader({ directory });
    const { groups, rest, total } = readCosts(reader, { by: byAttribute('batch'), filter: {}, limit: 1 });
    expect([groups[0]?.key, groups[0]?.figures.attempts]).toEqual([
      `further values (more than ${mostValuesPerRun} in one run)`,
      50,
    ]);
    expect([rest?.groups, rest?.figures.attempts, total.attempts]).toEqual([mostValuesPerRun, 200, 250]);
    expect(readCostAttributes(reader)).toEqual(['batch', 'team']);
    reader.close();
    writer.close();
  }));

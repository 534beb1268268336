import { afterEach, describe, expect, it } from 'vitest';
import { logsOf, spansOf } from '../../library/queries/telemetry.ts';
import { importCapture, truthOf } from './logs.testing.ts';
import type { ImportedCapture } from './logs.testing.ts';

/** Coding CLIs whose steps are in their logs, from captures of real runs through the pipeline into a library. */
let imported: ImportedCapture | undefined;

afterEach(async () => {
  await imported?.remove();
  imported = undefined;
});

async function load(
  capture: string,
  files: readonly string[],
): Promise<ImportedCapture & { readonly run: ImportedCapture['runs'][number] }> {
  imported = await importCapture(capture, files);
  const [run, ...more] = imported.runs;
  if (!run || more.length > 0) throw new Error(`${imported.runs.length} runs with model calls, not one`);
  return { ...imported, run };
}

const bothOrders = [
  ['traces.jsonl.gz', 'logs.jsonl.gz'],
  ['logs.jsonl.gz', 'traces.jsonl.gz'],
] as const;

describe('Claude Code', () => {
  it.each(bothOrders)(
    'has the tokens of its spans and the answers, arguments and costs of its logs (%s, then %s)',
    async (...files) => {
      const { run, shown, contents } = await load('claude-code/alt', files);
      const truth = truthOf('claude-code/alt');
      expect([run.status, run.llmCalls, run.toolCalls, run.errors]).toEqual([
        'ok',
        truth.llmCallsOk,
        truth.toolCalls.length,
        0,
      ]);
      expect(run.usage).toMatchObject({
        input: truth.usageTotal.input,
        output: truth.usageTotal.output,
        cacheRead: truth.usageTotal.cached,
        cacheWrite: truth.usageTotal.cacheWrite,
      });
      const steps = shown(run.id);
      expect(new Set(steps.map(({ step }) => step.origin))).toEqual(new Set(['span']));
      expect(steps[0]?.step.facts).toMatchObject({
        kind: 'agent',
        name: 'Claude Code',
        conversation: { key: 'gen_ai.conversation.id' },
      });

      const calls = steps.filter(({ step }) => step.facts.kind === 'llm');
      expect(
        calls.map(({ step }) => [step.facts.requestModel, step.facts.usage?.input, step.facts.usage?.output]),
      ).toEqual(truth.llmCalls.map(({ model, usage }) => [model, usage?.input, usage?.output]));
      // The client's own price of each call, and no call twice.
      expect(calls.every(({ step }) => (step.facts.reportedCostUsd ?? 0) > 0 && step.usageRole === 'own')).toBe(true);
      const asked = calls.map(({ step }) => step.facts.requestedTools.map(({ id, name }) => [id, name]));
      expect(asked).toEqual(
        truth.llmCalls.map(({ seq }) =>
          truth.toolCalls.filter(({ llmSeq }) => llmSeq === seq).map(({ id, name }) => [id, name]),
        ),
      );
      const first = calls[0] && contents.content(run.id, calls[0].step.spanSeq ?? Number.NaN)?.content;
      expect(first?.output[0]?.parts[0]).toEqual({
        type: 'text',
        text: "I'll start by looking at the project layout and its manifest.",
      });

      const tools = steps.filter(({ step }) => step.facts.kind === 'tool');
      // The client adds the default of one argument that the model left out.
      expect(
        tools.map((stored) => [
          stored.step.facts.tool?.callId,
          contents.tool(stored).arguments?.replace(',"replace_all":false', ''),
        ]),
      ).toEqual(truth.toolCalls.map(({ id, args }) => [id, args]));
      expect(
        tools.every((stored) => contents.tool(stored).result !== undefined && stored.step.requestedBy !== undefined),
      ).toBe(true);
    },
  );

  it('keeps what a run ended on, once, with the attempts that went before it', async () => {
    const { run, shown } = await load('claude-code/fatal', bothOrders[0]);
    // Six requests failed on the wire; the client tells of three attempts.
    expect([run.status, run.llmCalls, run.errors]).toEqual(['error', truthOf('claude-code/fatal').llmCallsOk, 3]);
    const last = shown(run.id).findLast(({ step }) => step.facts.kind === 'llm')?.step.facts;
    expect(last).toMatchObject({
      status: 'error',
      failedAttempts: 2,
      error: { type: 'HTTP 400', message: "Invalid 'messages[9]': tool result references an unknown tool call id." },
    });
  });

  it('is a run without any trace, under its session, and says what was blanked', async () => {
    const { run, shown, reader } = await load('claude-code/logs-only-no-content', ['logs.jsonl.gz']);
    const truth = truthOf('claude-code/logs-only-no-content');
    expect([run.status, run.llmCalls, run.toolCalls, run.service, run.conversationId]).toEqual([
      'ok',
      truth.llmCallsOk,
      truth.toolCalls.length,
      'claude-code',
      'bf2732b4-87eb-48ac-9953-eda5cbf157f9',
    ]);
    expect(run.usage).toMatchObject({
      input: truth.usageTotal.input,
      output: truth.usageTotal.output,
      cacheRead: truth.usageTotal.cached,
      cacheWrite: truth.usageTotal.cacheWrite,
    });
    const steps = shown(run.id).map(({ step }) => step);
    expect(new Set(steps.map(({ origin }) => origin))).toEqual(new Set(['logs']));
    expect(steps.map(({ facts }) => facts.kind).filter((kind) => kind !== 'llm' && kind !== 'tool')).toEqual(['agent']);
    expect(
      steps
        .filter(({ facts }) => facts.kind === 'tool')
        .map(({ facts, parentIndex, requestedBy }) => [
          facts.tool?.callId,
          facts.tool?.name,
          parentIndex,
          requestedBy !== undefined,
        ]),
    ).toEqual(truth.toolCalls.map(({ id, name }) => [id, name, 0, true]));
    expect(steps.find(({ facts }) => facts.kind === 'llm')?.facts.contentState).toBe('redacted');
    // A request lasts from its start, not from the event that was written at its end.
    expect(
      steps
        .filter(({ facts }) => facts.kind === 'llm')
        .every(({ startNs, endNs }) => endNs !== undefined && endNs - startNs > 100_000_000n),
    ).toBe(true);
    // The plugins of the client are logs of no run; all others are kept with theirs.
    expect(logsOf(reader, run.id)).toHaveLength(55);
  });

  it('tells of the Agent SDK in the same words, with the names of MCP tools as the model knows them', async () => {
    const { run, shown } = await load('claude-agent-sdk/fatal', bothOrders[0]);
    const truth = truthOf('claude-agent-sdk/fatal');
    expect([run.status, run.llmCalls, run.errors]).toEqual(['error', truth.llmCallsOk, 3]);
    expect(
      shown(run.id)
        .filter(({ step }) => step.facts.kind === 'tool')
        .map(({ step }) => step.facts.tool?.name),
    ).toEqual(truth.toolCalls.map(({ name }) => name));
  });
});

describe('Codex without traces', () => {
  it('is one run of its conversation: calls by their completions, programs with the tools that they called', async () => {
    const { run, shown, contents } = await load('codex/logs-json', ['logs.jsonl.gz']);
    const truth = truthOf('codex/logs-json');
    expect([run.status, run.llmCalls, run.conversationId]).toEqual([
      'ok',
      truth.llmCallsOk,
      '01a2097f-7bc2-7d01-ad15-80b950504ff3',
    ]);
    expect(run.usage).toMatchObject({
      input: truth.usageTotal.input,
      output: truth.usageTotal.output,
      cacheRead: truth.usageTotal.cached,
      reasoning: truth.usageTotal.reasoning,
    });
    const steps = shown(run.id);
    const calls = steps.filter(({ step }) => step.facts.kind === 'llm').map(({ step }) => step);
    expect(calls.map(({ facts }) => [facts.requestModel, facts.usage?.input, facts.usage?.output])).toEqual(
      truth.llmCalls.map(({ model, usage }) => [model, usage?.input, usage?.output]),
    );
    const tools = steps.filter(({ step }) => step.facts.kind === 'tool');
    const asked = tools.filter(({ step }) => step.requestedBy !== undefined);
    expect(
      asked.map((stored) => [stored.step.facts.tool?.callId, stored.step.facts.name, contents.tool(stored).arguments]),
    ).toEqual(truth.toolCalls.map(({ id, name, args }) => [id, name, args]));
    // Every other tool is one that a program of the model called: it is inside it.
    const inner = tools.filter(({ step }) => step.requestedBy === undefined);
    expect(inner).toHaveLength(11);
    expect(inner.every(({ step }) => asked.some((outer) => outer.step.index === step.parentIndex))).toBe(true);
    expect(
      inner.every(
        (stored) =>
          contents.tool(stored).arguments?.startsWith('{"cmd":') === true || stored.step.facts.name === 'apply_patch',
      ),
    ).toBe(true);
  });
});

describe('Codex with traces', () => {
  it.each(bothOrders)(
    'is one run of its 29 traces and its logs, of which 25 steps are shown (%s, then %s)',
    async (...files) => {
      const { run, shown, reader, contents } = await load('codex/alt', files);
      const truth = truthOf('codex/alt');
      expect([run.status, run.llmCalls, run.name, run.conversationId]).toEqual([
        'ok',
        truth.llmCallsOk,
        'Codex',
        '01a2097f-35d1-7461-afc4-50c90b7539c3',
      ]);
      expect(run.usage).toMatchObject({
        input: truth.usageTotal.input,
        output: truth.usageTotal.output,
        cacheRead: truth.usageTotal.cached,
        reasoning: truth.usageTotal.reasoning,
      });
      expect([run.steps, [...spansOf(reader, run.id)].length]).toEqual([1_803, 1_803]);
      const steps = shown(run.id);
      expect(steps.map(({ step }) => step.facts.kind)).toHaveLength(25);
      expect(new Set(steps.map(({ step }) => step.origin))).toEqual(new Set(['span']));
      // The turn tells the sum of its calls again: it is counted once.
      expect(steps.filter(({ step }) => step.usageRole !== undefined).map(({ step }) => step.usageRole)).toEqual([
        'rollup',
        ...truth.llmCalls.map(() => 'own'),
      ]);
      const asked = steps.filter(({ step }) => step.facts.kind === 'tool' && step.requestedBy !== undefined);
      expect(asked.map((stored) => [stored.step.facts.tool?.callId, contents.tool(stored).arguments])).toEqual(
        truth.toolCalls.map(({ id, args }) => [id, args]),
      );
      // A call lasts from its request to its counts, not the two milliseconds of the span that has them.
      const calls = steps
        .filter(({ step }) => step.facts.kind === 'llm')
        .map(({ step }) => Number((step.endNs ?? step.startNs) - step.startNs) / 1e6);
      expect(calls.every((milliseconds) => milliseconds > 100)).toBe(true);
    },
  );
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScriptedModel } from '../agents/scripted-model.ts';
import { signalProcess } from '../support/signal-process.ts';
import { agentCommand, deadUpstream, openWorkbench } from './workbench.ts';
import type { Shown, Workbench } from './workbench.ts';

export interface AgentUnderTest {
  readonly name: string;
  /** Before `--stream`. */
  readonly command: readonly string[];
  readonly stream: boolean;
  readonly family: 'openai.chat' | 'openai.responses' | 'anthropic.messages' | 'gemini.generate';
  /** After this status it asks again by itself; undefined: after none, unless it is told to. */
  readonly retriesAfter: number | undefined;
  /** Set where its language cannot reach what the test needs. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It says two things before the task (agent-tools.ts): messages 0 and 1. */
  readonly history: boolean;
  /** It can be asked for the other of stream and JSON. */
  readonly bothWays: boolean;
}

const rounds = 4;
/** Model calls of a run: four that ask for tools, one that answers. */
const callCount = rounds + 1;
/** The third of five: two before it, two after it. */
const forkCall = 2;

export function jsAgent(
  name: string,
  variant: string | undefined,
  stream: boolean,
  family: AgentUnderTest['family'],
  retriesAfter: number | undefined = 429,
): AgentUnderTest {
  return {
    name: [name.replace(/-agent$/, ''), variant, stream ? 'streaming' : 'JSON'].filter(Boolean).join(' '),
    command: agentCommand(name, ...(variant === undefined ? [] : [variant])),
    stream,
    family,
    retriesAfter,
    history: true,
    bothWays: true,
  };
}

interface EditCase {
  readonly name: string;
  readonly edit: (callId: string | undefined) => Readonly<Record<string, unknown>>;
  /** Of the fork's request and each later one: path and body as the model server got them. */
  readonly inForce: (request: string) => boolean;
}

function editCases({ family, history }: AgentUnderTest): readonly EditCase[] {
  const temperature = family === 'gemini.generate' ? { generationConfig: { temperature: 0.9 } } : { temperature: 0.9 };
  const has =
    (text: string, without?: string) =>
    (request: string): boolean =>
      request.includes(text) && (without === undefined || !request.includes(without));
  return [
    {
      name: 'system',
      edit: () => ({ op: 'message', item: 'system', text: 'You doubt everything.' }),
      inForce: has('You doubt everything.', 'You look things up.'),
    },
    {
      name: 'tool result',
      edit: (callId) => ({ op: 'tool_result', callId, content: 'found nothing at all' }),
      inForce: has('found nothing at all'),
    },
    {
      name: 'model',
      edit: () => ({ op: 'model', model: 'scripted-2', scope: 'run' }),
      inForce: has('scripted-2', 'scripted-1'),
    },
    {
      name: 'parameters',
      edit: () => ({ op: 'params', set: temperature, scope: 'run' }),
      inForce: has('"temperature":0.9', '"temperature":0.5'),
    },
    {
      name: 'prompt rule',
      edit: () => ({ op: 'prompt_rule', find: 'tea', replace: 'coffee', where: 'user' }),
      inForce: has('the price of coffee"'),
    },
    ...(history
      ? [
          {
            name: 'message',
            edit: () => ({ op: 'message', item: 0, text: 'Remember that the shop is in Bath.' }),
            inForce: has('the shop is in Bath.', 'Leeds'),
          },
          {
            name: 'inserted message',
            edit: () => ({ op: 'insert_message', item: 2, role: 'user', text: 'Mind the tax.' }),
            inForce: has('Mind the tax.'),
          },
          {
            name: 'removed message',
            edit: () => ({ op: 'remove_message', item: 1 }),
            inForce: (request: string) => !request.includes('Noted.'),
          },
        ]
      : []),
  ];
}

/** Record, replay, fork with every edit, kill and resume: the same for every agent (issue 3, "What must be shown"). */
export function describeAgent(agent: AgentUnderTest): void {
  const arguments_ = (stream: boolean): readonly string[] => [...agent.command, ...(stream ? ['--stream'] : [])];
  const command = arguments_(agent.stream);

  describe(agent.name, () => {
    let bench: Workbench;
    let model: ScriptedModel;
    let runId: string;
    let said: string;
    let parent: Shown;

    beforeAll(async () => {
      bench = openWorkbench(agent.environment);
      model = await bench.model({ rounds, parallel: 2 });
      const recorded = await bench.record(model, command);
      expect(recorded.code, recorded.stderr).toBe(0);
      ({ runId, said } = recorded);
      parent = await bench.show(runId);
    });
    afterAll(async () => {
      await bench?.close();
    });

    const llmStep = (at: number): number => parent.steps.filter(({ kind }) => kind === 'llm')[at]?.index ?? -1;
    const requestsFrom = (at: number): readonly string[] =>
      model.calls.slice(at).map(({ path, body }) => `${path} ${body}`);

    test('is recorded: every call a step, every tool run, the answer kept', () => {
      expect(model.calls).toHaveLength(callCount);
      expect(parent.run).toMatchObject({
        status: 'ok',
        llmCalls: callCount,
        toolCalls: 2 * rounds,
        usage: { input: 120 * callCount, output: 30 * callCount },
      });
      expect(bench.lookups()).toHaveLength(2 * rounds);
      expect(said).toContain('it read found');
      expect(
        parent.steps
          .findLast(({ kind }) => kind === 'llm')
          ?.output?.[0]?.parts.map((part) => (part.type === 'text' ? part.text : ''))
          .join(''),
      ).toBe(said);
      expect(model.calls.every(({ authorization }) => authorization?.includes(bench.key))).toBe(true);
    });

    test('replays whole with the provider gone: no live call, the same result', async () => {
      const before = model.calls.length;
      const { code, take, stderr } = await bench.rerun(
        runId,
        ['--from', String(parent.steps.length), '--upstream', deadUpstream],
        command,
      );
      expect(code, stderr).toBe(0);
      expect(take).toMatchObject({
        status: 'ok',
        served: { recorded: callCount, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 },
        divergence: null,
      });
      expect(stderr).toContain(said);
      expect(model.calls).toHaveLength(before);
    });

    test.runIf(agent.bothWays)(
      'replays what was recorded the other way: streams from JSON, JSON from streams',
      async () => {
        const { code, take, stderr } = await bench.rerun(
          runId,
          ['--from', String(parent.steps.length), '--upstream', deadUpstream],
          arguments_(!agent.stream),
        );
        expect(code, stderr).toBe(0);
        expect(take).toMatchObject({ status: 'ok', served: { recorded: callCount, live: 0, held: 0, skipped: 0 } });
        expect(stderr).toContain(said);
      },
    );

    test.each(editCases(agent))(
      'forked in the middle: $name holds in the fork and in each later request; exactly the rest is live',
      async ({ edit, inForce }) => {
        const callId = parent.steps.find(({ kind }) => kind === 'tool')?.tool?.callId ?? undefined;
        const before = model.calls.length;
        const { code, take, stderr } = await bench.rerun(
          runId,
          ['--from', String(llmStep(forkCall)), '--upstream', model.url, '--edit', bench.edits([edit(callId)])],
          command,
        );
        expect(code, stderr).toBe(0);
        expect(take).toMatchObject({
          parentRunId: runId,
          status: 'ok',
          served: { recorded: forkCall, live: callCount - forkCall, edited: 0, held: 0, extra: 0, skipped: 0 },
          divergence: null,
        });
        const received = requestsFrom(before);
        expect(received).toHaveLength(callCount - forkCall);
        expect(received.map(inForce), received.at(-1)?.slice(0, 3_000)).toEqual(received.map(() => true));
      },
    );

    test('what was recorded is as it was', async () => {
      expect(await bench.show(runId)).toEqual(parent);
    });

    test('the answer of the fork written by hand: nothing is asked there, the agent goes on with it', async () => {
      const before = model.calls.length;
      const parts = [
        { type: 'tool_call', id: 'call_by_hand', name: 'lookup', arguments: '{"q":"asked by hand"}' },
        { type: 'tool_call', id: 'call_by_hand_2', name: 'lookup', arguments: '{"q":"asked again"}' },
      ];
      const { code, take, stderr } = await bench.rerun(
        runId,
        [
          '--from',
          String(llmStep(forkCall)),
          '--upstream',
          model.url,
          '--edit',
          bench.edits([{ op: 'response', parts }]),
        ],
        command,
      );
      expect(code, stderr).toBe(0);
      expect(take?.served).toEqual({
        recorded: forkCall,
        live: callCount - forkCall - 1,
        edited: 1,
        held: 0,
        extra: 0,
        skipped: 0,
      });
      const received = requestsFrom(before);
      expect(received.map((request) => request.includes('found asked by hand at'))).toEqual([true, true]);
      expect(bench.lookups()).toContain('asked by hand');
    });

    test.runIf(agent.retriesAfter !== undefined)(
      'a refused call that was asked again is one call on replay',
      async () => {
        const limited = await bench.model({ rounds, failures: new Map([[1, agent.retriesAfter ?? 429]]) });
        const recorded = await bench.record(limited, command);
        expect(recorded.code, recorded.stderr).toBe(0);
        expect(limited.calls).toHaveLength(callCount + 1);
        const { steps } = await bench.show(recorded.runId);
        const { code, take, stderr } = await bench.rerun(
          recorded.runId,
          ['--from', String(steps.length), '--upstream', deadUpstream],
          command,
        );
        expect(code, stderr).toBe(0);
        expect(take).toMatchObject({ served: { recorded: callCount, live: 0, held: 0, skipped: 0 } });
        expect(stderr).toContain(recorded.said);
      },
    );

    test('killed in the middle, it is resumed from the call that failed', async () => {
      const slow = await bench.model({ rounds, delayMs: 400 });
      const { ended } = bench.start(['run', '--upstream', slow.url, '--', ...command]);
      await expect.poll(() => slow.calls.length, { timeout: 120_000, interval: 20 }).toBe(forkCall + 1);
      signalProcess(Number(readFileSync(join(bench.directory, 'agent.pid'), 'utf8')), 'SIGKILL');
      const killed = await ended;
      expect(killed.code).not.toBe(0);
      const killedId = killed.stdout.trim().split('\n').at(-1) ?? '';
      const { run, steps } = await bench.show(killedId);
      expect(run.status).toBe('error');
      const from = steps.findLast(({ kind }) => kind === 'llm')?.index;
      const { code, take, stderr } = await bench.rerun(
        killedId,
        ['--from', String(from), '--upstream', slow.url],
        command,
      );
      expect(code, stderr).toBe(0);
      expect(take).toMatchObject({ status: 'ok', served: { recorded: forkCall, live: callCount - forkCall, held: 0 } });
      expect(stderr).toContain('it read found');
    });

    test('leaves no process and no key', async () => {
      await expect.poll(() => bench.leftovers(), { timeout: 120_000 }).toEqual([]);
      expect(bench.filesWithKey()).toEqual([]);
      const exported = await bench.run('export', runId);
      expect(exported.stdout.length).toBeGreaterThan(1_000);
      expect(exported.stdout).not.toContain(bench.key);
    });
  });
}

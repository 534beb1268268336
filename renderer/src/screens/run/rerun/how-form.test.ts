import { describe, expect, it } from 'vitest';
import { takeRequestSchema } from '../../../../../shared/model/take.ts';
import type { TakePlan } from '../../../../../shared/model/take.ts';
import { executorOf, firstHow, howOf, requestOf, savedOf } from './how-form.ts';
import type { HowForm } from './how-form.ts';
import { runnerOf, typedRunner } from './runner-form.ts';

const plan = {
  launch: { command: ['python', 'my agent.py'], cwd: '/home/me', source: 'recorded' },
  estimate: { perModel: [] },
  executors: [
    { kind: 'replay', available: false, reason: 'no recording' },
    { kind: 'continue', available: true },
    { kind: 'command', available: false },
  ],
} as unknown as TakePlan;

const build = (how: Partial<HowForm>, of: TakePlan | undefined = plan) =>
  requestOf({ ...firstHow, ...how }, { runId: 'r', fromStep: 9, edits: [], plan: of });

describe('the request of the form', () => {
  it('leaves the recorded start to the recording and keeps within the limits that are shown', () => {
    const { request, problems, takes } = build({ executor: 'replay' });
    expect(problems).toEqual(new Map());
    expect(takes).toBe(1);
    expect(request).toEqual({
      runId: 'r',
      fromStep: 9,
      resume: false,
      executor: 'replay',
      edits: [],
      repeat: 1,
      budget: { steps: 40, usd: 1 },
      afterFork: 'causal',
      workspace: 'inplace',
      trusted: false,
      tools: [],
      runners: [],
      models: [],
      breaks: [],
    });
    expect(takeRequestSchema.safeParse(request).success).toBe(true);
  });

  it('takes a typed command apart, and a typed folder with the recorded command', () => {
    expect(build({ executor: 'replay', command: 'python "my agent.py" --fast' }).request.launch).toEqual({
      command: ['python', 'my agent.py', '--fast'],
      cwd: '/home/me',
    });
    expect(build({ executor: 'replay', folder: '/tmp' }).request.launch).toEqual({
      command: ['python', 'my agent.py'],
      cwd: '/tmp',
    });
    const saved = { ...plan, launch: { command: ['a'], cwd: '/b', source: 'saved' } } as unknown as TakePlan;
    expect(build({ executor: 'replay' }, saved).request.launch).toEqual({ command: ['a'], cwd: '/b' });
    expect(build({ executor: 'continue', command: 'x' }).request.launch).toBeUndefined();
  });

  it('says what cannot be read, and leaves it out', () => {
    const { request, problems } = build({
      executor: 'replay',
      command: 'python "x',
      folder: 'here',
      steps: '0',
      usd: 'much',
      seconds: '1.5',
      repeat: '101',
      upstream: 'ftp://x',
    });
    expect([...problems.keys()].toSorted()).toEqual(['command', 'repeat', 'seconds', 'steps', 'upstream', 'usd']);
    expect(request).toMatchObject({ budget: {}, repeat: 1 });
    expect(request.upstream).toBeUndefined();
    expect(build({ executor: 'replay', folder: 'here' }).problems.get('folder')).toContain('whole path');
    expect(build({ executor: 'replay', command: 'a | b' }).hints.get('command')).toContain('No shell');
    expect(takeRequestSchema.safeParse(request).success).toBe(true);
  });

  it('reads money and empty limits', () => {
    expect(build({ steps: '', usd: '$ .5', seconds: '90' }).request.budget).toEqual({ usd: 0.5, seconds: 90 });
    expect(build({ repeat: '3', models: ['a', 'b'] }).takes).toBe(6);
  });

  it('begins with the first executor that can, and with what was saved', () => {
    expect(executorOf(firstHow, plan)).toBe('continue');
    expect(executorOf(firstHow, undefined)).toBe('replay');
    const how = howOf({
      agent: 'a',
      executor: 'command',
      launch: { command: ['my agent', "it's"], cwd: '/x' },
      upstream: 'http://localhost:1',
      tools: [{ tool: 'bash', action: 'deny' }],
      runners: [],
    });
    const built = requestOf(how, { runId: 'r', fromStep: 0, edits: [], plan });
    expect(built.request).toMatchObject({
      executor: 'command',
      launch: { command: ['my agent', "it's"], cwd: '/x' },
      upstream: 'http://localhost:1',
      tools: [{ tool: 'bash', action: 'deny' }],
    });
    expect(howOf(savedOf('a', built, plan))).toEqual(how);
  });
});

describe('a tool runner', () => {
  const form = {
    type: 'command',
    tool: 'bash',
    command: 'python "my tool.py"',
    folder: '/x',
    url: '',
    mutating: true,
  } as const;

  it('is read and typed again', () => {
    const built = runnerOf(form);
    expect(built).toEqual({
      runner: {
        type: 'command',
        tool: 'bash',
        mutating: true,
        command: ['python', 'my tool.py'],
        cwd: '/x',
        timeoutSeconds: 120,
      },
    });
    for (const other of [
      form,
      { ...form, type: 'mcp-command', tool: '*' },
      { ...form, type: 'mcp-url', tool: '*', url: 'http://localhost:1/mcp' },
      { ...form, type: 'http', url: 'https://x.test/t' },
    ] as const) {
      const first = runnerOf(other);
      if (!('runner' in first)) throw new Error('not read');
      expect(runnerOf(typedRunner(first.runner))).toEqual(first);
    }
  });

  it('says what is missing, by field', () => {
    expect(runnerOf({ ...form, tool: '', command: '' })).toEqual({
      problems: new Map([
        ['tool', 'The name of the tool.'],
        ['command', 'The command to run.'],
      ]),
    });
    expect(runnerOf({ ...form, type: 'http', url: 'javascript:1' })).toEqual({
      problems: new Map([['url', 'An http or https address.']]),
    });
    expect(runnerOf({ ...form, type: 'mcp-url', tool: '', url: 'http://localhost:1' })).toMatchObject({
      runner: { tool: '*' },
    });
  });
});

it('a limit of money that looks mistyped is asked about beside its field, and holds nothing up', () => {
  const estimated = { ...plan, estimate: { usd: 0.3, perModel: [] } };
  const built = build({ usd: '0.000003' }, estimated);
  expect(built.problems.size).toBe(0);
  expect(built.hints.get('usd')).toContain('Is $0.000003 right? One run usually costs $0.30');
  expect(build({ usd: '3000000' }, estimated).hints.get('usd')).toContain('Is $3,000,000 right?');
  expect(build({ usd: '0.5' }, estimated).hints.has('usd')).toBe(false);
});

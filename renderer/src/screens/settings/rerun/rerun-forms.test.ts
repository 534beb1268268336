import { describe, expect, it } from 'vitest';
import type { ModelProvider, SavedLaunch } from '../../../../../shared/model/take.ts';
import { modelProviderSchema, savedLaunchSchema } from '../../../../../shared/model/take.ts';
import { ignoreProblem } from './ignore-form.ts';
import { launchOf, typedLaunch } from './launch-form.ts';
import { needsNoKey, presets, providerOf, typedProvider } from './provider-form.ts';

describe('a provider', () => {
  it('of each preset is whole, but for the one to be filled in', () => {
    for (const { value, form } of presets) {
      const read = providerOf(form, []);
      if (value === 'other') expect('problems' in read && [...read.problems.keys()]).toEqual(['id', 'baseUrl']);
      else
        expect('provider' in read && modelProviderSchema.parse(read.provider)).toMatchObject({
          id: form.id,
          kind: form.kind,
        });
    }
  });

  it('is read and given back', () => {
    const provider: ModelProvider = {
      id: 'my.server-2',
      kind: 'anthropic',
      baseUrl: 'https://models.example/anthropic',
      keyVariable: 'MY_KEY',
    };
    expect(providerOf(typedProvider(provider), ['other'])).toEqual({ provider });
    expect(providerOf({ id: ' a ', kind: 'google', baseUrl: ' ', keyVariable: '' }, [])).toEqual({
      provider: { id: 'a', kind: 'google' },
    });
  });

  it('holds no key: not in the address, not in place of the variable', () => {
    const form = { id: 'a', kind: 'openai', baseUrl: '', keyVariable: '' } as const;
    for (const baseUrl of [
      'https://user:secret@models.example/v1',
      'https://models.example/v1?key=secret',
      'https://models.example/#secret',
      'ftp://models.example',
      'models.example',
    ]) {
      const read = providerOf({ ...form, baseUrl }, []);
      expect('problems' in read && [...read.problems.keys()], baseUrl).toEqual(['baseUrl']);
    }
    const read = providerOf({ ...form, id: 'taken', keyVariable: 'sk-proj-0123456789' }, ['taken']);
    expect('problems' in read && [...read.problems.values()]).toEqual([
      'There is a provider taken already.',
      'The name of a variable, like MY_API_KEY; not the key itself.',
    ]);
  });

  it('on this machine needs no key unless it names one', () => {
    const local: ModelProvider = { id: 'a', kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' };
    expect([
      needsNoKey(local),
      needsNoKey({ ...local, keyVariable: 'KEY' }),
      needsNoKey({ id: 'a', kind: 'openai' }),
      needsNoKey({ ...local, baseUrl: 'https://127.example/v1' }),
    ]).toEqual([true, false, false, false]);
  });
});

describe('a saved start', () => {
  const saved: SavedLaunch = savedLaunchSchema.parse({
    agent: 'research',
    executor: 'replay',
    launch: { command: ['python', 'agent.py', '--task', 'the price of tea'], cwd: '/home/me/agent' },
    upstream: 'http://127.0.0.1:11434/v1',
    tools: [
      { tool: 'a=b*', action: 'recorded' },
      { tool: 'send_mail', action: 'ask' },
    ],
    runners: [{ type: 'http', tool: 'search', url: 'http://127.0.0.1:1/x' }],
  });

  it('is read and given back, its runners among it', () => {
    expect(launchOf('research', typedLaunch(saved))).toEqual({ saved });
    expect(
      launchOf('research', { executor: 'continue', command: '', folder: '', upstream: '', tools: '\n', runners: [] }),
    ).toEqual({ saved: { agent: 'research', executor: 'continue', tools: [], runners: [] } });
  });

  it('says which field is wrong', () => {
    const problems = (change: Partial<ReturnType<typeof typedLaunch>>) => {
      const read = launchOf('research', { ...typedLaunch(saved), ...change });
      return 'problems' in read ? [...read.problems.keys()].toSorted() : [];
    };
    expect(problems({ command: '"open', upstream: 'tea' })).toEqual(['command', 'upstream']);
    expect(problems({ folder: 'relative' })).toEqual(['folder']);
    expect(problems({ command: '' })).toEqual(['command']);
    expect(problems({ executor: 'command', command: '', folder: '' })).toEqual(['command']);
    for (const tools of ['send_mail', 'send_mail = maybe', '= ask', `${'x'.repeat(201)} = ask`])
      expect(problems({ tools }), tools).toEqual(['tools']);
  });
});

describe('a rule for differences', () => {
  it('is a regular expression that leaves something to see', () => {
    expect(ignoreProblem(String.raw`Today is \w+, \d+ \w+`, ['x'])).toBeUndefined();
    expect(ignoreProblem('(', [])).toContain('Invalid regular expression');
    for (const rule of ['.*', '.+', String.raw`[\s\S]+`, '^.*$'])
      expect(ignoreProblem(rule, []), rule).toContain('any text');
    expect(ignoreProblem(String.raw`\d*`, [])).toContain('empty text');
    expect(
      [ignoreProblem('', []), ignoreProblem('x', ['x']), ignoreProblem('x'.repeat(1_001), [])].every(
        (problem) => problem !== undefined,
      ),
    ).toBe(true);
  });
});

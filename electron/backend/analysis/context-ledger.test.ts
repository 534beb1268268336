import { expect, test } from 'vitest';
import type { Cost } from '../../../shared/model/cost.ts';
import type { Message, ToolDefinition } from '../../../shared/model/message.ts';
import type { Usage } from '../../../shared/model/usage.ts';
import { ContextLedger } from './context-ledger.ts';
import { contextParts } from './context-parts.ts';
import type { LedgerCall, LedgerEntry } from './ledger-entry.ts';

interface Said {
  readonly system?: string;
  readonly tools?: readonly ToolDefinition[];
  readonly messages: readonly Message[];
  readonly usage: Usage;
  readonly change?: Partial<LedgerCall>;
}

/** A ledger of calls at steps 1, 3, 5 and on, a second apart. Answers are known by their text: `answer 3` was said at step 3. */
function ledgerOf(calls: readonly Said[]): {
  readonly ledger: ContextLedger;
  readonly entries: readonly LedgerEntry[];
} {
  const ledger = new ContextLedger((part) => {
    const said = /^answer (\d+)/.exec(part.text)?.[1];
    return said === undefined ? undefined : Number(said);
  });
  const entries = calls.map(({ system = 'Be careful.', tools = [], messages, usage, change }, at) =>
    ledger.add({
      step: 1 + at * 2,
      instance: 0,
      model: 'claude-haiku-4-5',
      startMs: at * 1_000,
      usage,
      cost: undefined,
      parts: contextParts(tools, [{ role: 'system', parts: [{ type: 'text', text: system }] }, ...messages]),
      gap: undefined,
      truncated: false,
      parameters: [],
      window: undefined,
      ...change,
    }),
  );
  // However often a part was carried and however its estimate moved: what all carried is what all calls took in.
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  expect(total(ledger.items.map(({ carried }) => carried))).toBeCloseTo(total(entries.map((entry) => entry.total)), 3);
  return { ledger, entries };
}

const text = (role: string, value: string): Message => ({ role, parts: [{ type: 'text', text: value }] });
const result = (id: string, value: string): Message => ({
  role: 'tool',
  parts: [{ type: 'tool_result', id, name: 'bash', result: value }],
});
const words = (count: number): string => Array.from({ length: count }, (_, at) => `word${at}`).join(' ');

const question = text('user', 'What is wrong with the retry?');
const history = [question, text('assistant', 'answer 1'), result('a', words(50))];

test('what was added is the difference of two reported inputs, an answer that comes back is its reported output', () => {
  const { ledger, entries } = ledgerOf([
    { messages: [question], usage: { input: 100, output: 20, reasoning: 8 } },
    { messages: history, usage: { input: 232, output: 5 } },
    { messages: [...history, text('user', 'Go on.')], usage: { input: 240 } },
  ]);
  expect(
    ledger.items.map(({ label, tokens, tokensFrom, origin, sent }) => [label, tokens, tokensFrom, origin, sent]),
  ).toEqual([
    ['system', expect.any(Number), 'estimated', undefined, 3],
    ['user', expect.any(Number), 'estimated', undefined, 3],
    ['assistant', 12, 'measured', 1, 2],
    ['bash', 120, 'measured', undefined, 2],
    ['user', 8, 'measured', undefined, 1],
  ]);
  for (const { categories, total } of entries) expect(categories.reduce((sum, one) => sum + one, 0)).toBe(total);
  expect(entries.map(({ total, scale }) => [total, scale])).toEqual([
    [100, 1],
    [232, 1],
    [240, 1],
  ]);
});

test('reported tokens of which the trace has no content are a part of their own', () => {
  const { ledger, entries } = ledgerOf([
    { messages: [question], usage: { input: 9_000 } },
    { messages: [...history], usage: { input: 9_200 } },
  ]);
  const unseen = ledger.items.find(({ category }) => category === 'unseen');
  expect(unseen?.tokens).toBeGreaterThan(8_900);
  expect(entries[1]?.categories.reduce((sum, one) => sum + one, 0)).toBe(9_200);
});

test('carrying a part costs what was paid where it stands: read from the cache, written to it, or in full', () => {
  const cost = (read: number, write: number): Cost => ({
    kind: 'priced',
    usd: 1,
    source: 'catalogue',
    sourceName: 'a catalogue',
    matchedModel: 'm',
    notes: [],
    lines: [
      { label: 'cache-read', tokens: read, usdPerMillion: 1, usd: 0 },
      { label: 'cache-write', tokens: write, usdPerMillion: 10, usd: 0 },
    ],
  });
  const { ledger } = ledgerOf([
    {
      messages: [question],
      usage: { input: 100, output: 12, cacheRead: 0, cacheWrite: 100 },
      change: { cost: cost(0, 100) },
    },
    { messages: history, usage: { input: 232, cacheRead: 100, cacheWrite: 132 }, change: { cost: cost(100, 132) } },
    { messages: history, usage: { input: 232 } },
  ]);
  const large = ledger.items.find(({ label }) => label === 'bash');
  expect(large?.rentUsd).toBeCloseTo((120 * 10) / 1e6, 12);
  expect(large?.unpriced).toBe(1);
  const first = ledger.items.filter(({ entered }) => entered === 1);
  // 100 tokens written once and read once; the third call has no price, and that is said.
  expect(first.reduce((sum, { rentUsd = 0 }) => sum + rentUsd, 0)).toBeCloseTo((100 * 10 + 100 * 1) / 1e6, 12);
});

const bash: ToolDefinition = { name: 'bash', description: 'Runs a command.' };
const cached: Usage = { input: 1_000, cacheRead: 0, cacheWrite: 1_000 };
const missed: Usage = { input: 1_100, cacheRead: 0, cacheWrite: 1_100 };
const long = [text('user', words(400)), text('assistant', words(20)), result('a', words(100))];

test.each([
  {
    name: 'a clock in the system prompt',
    before: { system: 'It is 10:41:55. Be careful.' },
    now: { system: 'It is 10:42:07. Be careful.' },
    cause: {
      kind: 'system',
      difference: {
        label: 'system',
        byte: 10,
        before: 'It is 10:41:55. Be careful.',
        after: 'It is 10:42:07. Be careful.',
      },
    },
  },
  {
    name: 'a tool more, and bytes of UTF-8 before the difference',
    before: { tools: [bash] },
    now: { tools: [{ name: 'añadir', description: 'Adds.' }, bash] },
    cause: {
      kind: 'tools',
      added: ['añadir'],
      removed: [],
      difference: { label: 'bash', byte: 0, before: 'bash\nRuns a command.\n', after: 'añadir\nAdds.\n' },
    },
  },
  {
    name: 'an earlier message changed',
    before: { messages: long },
    now: { messages: [text('user', `${words(399)} other`), ...long.slice(1)] },
    cause: { kind: 'message', how: 'changed' },
  },
  {
    name: 'a message taken out',
    before: { messages: long },
    now: { messages: [...long.slice(0, 1), ...long.slice(2)] },
    cause: { kind: 'message', how: 'removed' },
  },
  {
    name: 'another model',
    now: { change: { model: 'claude-sonnet-5' } },
    cause: { kind: 'model', from: 'claude-haiku-4-5', to: 'claude-sonnet-5' },
  },
  {
    name: 'a parameter that the cache depends on',
    now: { change: { parameters: [{ name: 'tool_choice', value: 'none' }] } },
    cause: { kind: 'parameters', name: 'tool_choice' },
  },
  {
    name: 'six minutes later',
    now: { change: { startMs: 360_000 } },
    cause: { kind: 'timeout', gapMs: 360_000, keptMs: 300_000 },
  },
  {
    name: 'six minutes later, kept for an hour',
    before: { usage: { ...cached, cacheWrite1h: 1_000 } },
    now: { change: { startMs: 360_000 } },
    cause: { kind: 'provider', gapMs: 360_000 },
  },
  { name: 'the same, at once', now: {}, cause: { kind: 'provider', gapMs: 1_000 } },
  {
    name: 'what came before is not in the trace',
    now: { change: { gap: 'its provider keeps it' } },
    cause: { kind: 'unknown', why: 'its provider keeps it' },
  },
])('a lost cache is explained: $name', ({ before = {}, now, cause }) => {
  const { entries } = ledgerOf([
    { messages: long, usage: cached, ...before },
    { messages: [...long, text('user', 'Go on.')], usage: missed, ...now },
  ]);
  expect(entries[1]?.drop).toMatchObject({ previous: 1, expected: 1_000, matched: 0, cause });
});

test('what differs behind all that was cached lost nothing, and little is no loss', () => {
  const { entries } = ledgerOf([
    { messages: long, usage: { input: 1_000, cacheRead: 0, cacheWrite: 600 } },
    {
      messages: [...long.slice(0, 2), text('user', 'Instead.')],
      usage: { input: 700, cacheRead: 590, cacheWrite: 10 },
    },
  ]);
  expect(entries[1]?.drop).toBeUndefined();
});

test('a compaction goes on from the conversation that it replaces, and says what was lost', () => {
  const turns = Array.from({ length: 6 }, (_, at) => [
    text('assistant', `thought ${at}`),
    result(`r${at}`, words(60)),
  ]).flat();
  const { ledger, entries } = ledgerOf([
    { messages: [question, ...turns], usage: { input: 2_000, cacheRead: 0, cacheWrite: 2_000 } },
    {
      system: 'Be careful!',
      messages: [text('user', 'Summary of the conversation so far: the retry is too short.'), ...turns.slice(-1)],
      usage: { input: 500, cacheRead: 0, cacheWrite: 500 },
    },
    { system: 'You name conversations.', messages: [text('user', 'Name this.')], usage: { input: 40 } },
  ]);
  expect(entries.map(({ conversation }) => conversation)).toEqual([0, 0, 1]);
  expect(entries[1]?.lost).toMatchObject({ compaction: true });
  expect(entries[1]?.lost?.items.map((index) => ledger.items[index]?.label)).toContain('bash');
  expect(entries[1]?.drop?.cause.kind).toBe('system');
  expect(entries[2]?.lost).toBeUndefined();
});

test('conversations of sub-agents that take turns keep their own contexts', () => {
  const of = (name: string, more: readonly Message[]): readonly Message[] => [text('user', `Task of ${name}`), ...more];
  const { entries } = ledgerOf([
    { messages: of('a', []), usage: { input: 50 } },
    { messages: of('b', []), usage: { input: 60 } },
    { messages: of('a', [text('assistant', 'answer 1')]), usage: { input: 55 } },
    { messages: of('b', [text('assistant', 'answer 3')]), usage: { input: 66 } },
  ]);
  expect(entries.map(({ conversation }) => conversation)).toEqual([0, 1, 0, 1]);
  expect(entries.every(({ lost, drop }) => lost === undefined && drop === undefined)).toBe(true);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editSchema } from '../../../../../shared/model/edit.ts';
import type { Edit } from '../../../../../shared/model/edit.ts';
import type { ForkItem, TakePlan } from '../../../../../shared/model/take.ts';
import { editsOf, emptyForm, fieldOf, formOf, problemsByField, textKey } from './edit-form.ts';
import type { EditForm, ForkRequest } from './edit-form.ts';

const text = (item: ForkItem['item'], role: string, content: string): ForkItem => ({
  item,
  role,
  texts: [{ part: 0, text: content, length: content.length }],
  toolCalls: [],
  toolResults: [],
  others: [],
});

const request: ForkRequest = {
  provider: 'openai',
  model: 'scripted-1',
  wire: 'openai.chat',
  stream: true,
  items: [
    text('system', 'system', 'You look things up.'),
    text(0, 'user', 'the price of tea'),
    {
      item: 1,
      role: 'assistant',
      texts: [],
      toolCalls: [{ id: 'call_1', name: 'lookup', arguments: '{"q":"tea"}' }],
      toolResults: [],
      others: [],
    },
    {
      item: 2,
      role: 'tool',
      texts: [],
      toolCalls: [],
      toolResults: [{ named: 'call_1', callId: 'call_1', text: '4.20', length: 4 }],
      others: [],
    },
    text(3, 'assistant', 'Tea is 4.20.'),
    text(4, 'user', 'and coffee?'),
  ],
  parameters: [
    { name: 'temperature', json: '0.5' },
    { name: 'stop', json: '["END"]' },
  ],
  tools: [{ name: 'lookup', description: 'Looks up', parameters: '{"type":"object"}' }],
  answer: [
    { type: 'reasoning', text: 'hm' },
    { type: 'text', text: 'Coffee is' },
    { type: 'tool_call', id: 'call_2', name: 'lookup', arguments: '{"q":"coffee"}' },
  ],
};

const changed = (change: Partial<EditForm>): EditForm => ({ ...emptyForm, ...change });
const edits = (change: Partial<EditForm>) => editsOf(changed(change), request).edits;
const originals: readonly string[] = ['user 0', 'assistant 1', 'tool 2', 'assistant 3', 'user 4'];

/** What the moves do to the messages, as the backend applies them: one after the other. */
function messagesAfter(list: readonly Edit[]): readonly string[] {
  const messages = [...originals];
  for (const edit of list) {
    if (edit.op === 'remove_message') messages.splice(edit.item, 1);
    if (edit.op === 'insert_message') messages.splice(edit.item, 0, `new ${edit.text}`);
  }
  return messages;
}

describe('edits of a form', () => {
  it('has none for a form that was only looked at', () => {
    expect(editsOf(emptyForm, request)).toEqual({ edits: [], fields: [], problems: [] });
    expect(
      edits({
        model: 'scripted-1',
        texts: new Map([[textKey('system', 0), { original: 'You look things up.', text: 'You look things up.' }]]),
        results: new Map([['call_1', { original: '4.20', text: '4.20', wasError: false, isError: false }]]),
        parameters: [{ name: 'temperature', json: ' 0.50 ' }],
        answer: { text: 'Coffee is', calls: [{ id: 'call_2', name: 'lookup', arguments: '{"q":"coffee"}' }] },
        inserted: [{ key: 1, before: 0, role: 'user', text: '  ' }],
      }),
    ).toEqual([]);
  });

  it('names the field of each edit', () => {
    const built = editsOf(
      changed({
        model: 'scripted-2',
        scope: 'fork',
        parameters: [
          { name: 'temperature', json: '1' },
          { name: 'stop', json: undefined },
          { name: 'seed', json: '7' },
        ],
        texts: new Map([[textKey('system', 0), { original: 'You look things up.', text: 'You are terse.' }]]),
        results: new Map([['call_1', { original: '4.20', text: 'out of stock', wasError: false, isError: true }]]),
        rules: [{ find: 'tea', replace: 'cocoa', where: 'user' }],
        toolsRemoved: new Set(['lookup']),
        answer: { text: '', calls: [{ id: undefined, name: 'lookup', arguments: '' }] },
      }),
      request,
    );
    expect(built.problems).toEqual([]);
    expect(built.fields.map((field, at) => [field, built.edits[at]])).toEqual([
      [fieldOf.rule(0), { op: 'prompt_rule', find: 'tea', replace: 'cocoa', where: 'user' }],
      [fieldOf.text('system', 0), { op: 'message', item: 'system', part: 0, text: 'You are terse.' }],
      [fieldOf.result('call_1'), { op: 'tool_result', callId: 'call_1', content: 'out of stock', isError: true }],
      [fieldOf.model, { op: 'model', model: 'scripted-2', scope: 'fork' }],
      [fieldOf.parameter('temperature'), { op: 'params', set: { temperature: 1 }, scope: 'fork' }],
      [fieldOf.parameter('stop'), { op: 'params', set: { stop: null }, scope: 'fork' }],
      [fieldOf.parameter('seed'), { op: 'params', set: { seed: 7 }, scope: 'fork' }],
      [fieldOf.tools, { op: 'tools', remove: ['lookup'], scope: 'fork' }],
      [fieldOf.answer, { op: 'response', parts: [{ type: 'tool_call', name: 'lookup', arguments: '{}' }] }],
    ]);
    for (const edit of built.edits) expect(editSchema.safeParse(edit).success, edit.op).toBe(true);
  });

  it('changes the provider together with the model', () => {
    expect(edits({ provider: 'local', model: 'qwen3' })).toEqual([
      { op: 'provider', provider: 'local', model: 'qwen3', scope: 'run' },
    ]);
    expect(edits({ provider: 'anthropic' })).toEqual([
      { op: 'provider', provider: 'anthropic', model: 'scripted-1', scope: 'run' },
    ]);
    expect(formOf(edits({ provider: 'local', model: 'qwen3' }), request).form).toMatchObject({
      provider: 'local',
      model: 'qwen3',
    });
  });

  it('numbers messages so that each edit still means the one it was made at', () => {
    const list = edits({
      removed: new Set([1, 2]),
      inserted: [
        { key: 1, before: 3, role: 'user', text: 'a' },
        { key: 2, before: 3, role: 'user', text: 'b' },
        { key: 3, before: 5, role: 'assistant', text: 'end' },
        { key: 4, before: 0, role: 'user', text: 'first' },
      ],
    });
    expect(messagesAfter(list)).toEqual(['new first', 'user 0', 'new a', 'new b', 'assistant 3', 'user 4', 'new end']);
  });

  it('leaves a removed message’s text alone', () => {
    expect(
      edits({ removed: new Set([3]), texts: new Map([[textKey(3, 0), { original: 'Tea is 4.20.', text: 'x' }]]) }),
    ).toEqual([{ op: 'remove_message', item: 3 }]);
  });

  it('says what cannot be sent, and sends the rest', () => {
    const built = editsOf(
      changed({
        parameters: [
          { name: 'temperature', json: 'hot' },
          { name: 'stop', json: '' },
          { name: 'seed', json: '1' },
        ],
        rules: [{ find: '', replace: 'x', where: 'all' }],
        toolsAdded: [{ name: 'new', parameters: '{' }],
        answer: { text: '', calls: [] },
      }),
      request,
    );
    expect(built.fields).toEqual([fieldOf.parameter('seed')]);
    expect(built.problems.map(({ field }) => field)).toEqual([
      fieldOf.rule(0),
      fieldOf.parameter('temperature'),
      fieldOf.parameter('stop'),
      fieldOf.tools,
      fieldOf.answer,
    ]);
    expect(built.problems[1]?.message).toContain('"hot"');
  });

  it('never makes an object key of a parameter’s name by accident', () => {
    const [edit] = edits({ parameters: [{ name: '__proto__', json: '1' }] });
    expect(edit?.op === 'params' && Object.keys(edit.set)).toEqual(['__proto__']);
  });
});

describe('the form of edits', () => {
  it('changes results that carry no id, each by itself', () => {
    const result = (at: number, content: string) => ({
      named: `lookup#${at}`,
      name: 'lookup',
      text: content,
      length: content.length,
    });
    const gemini: ForkRequest = {
      ...request,
      items: [
        text(0, 'user', 'tea and coffee'),
        { ...text(1, 'tool', ''), texts: [], toolResults: [result(1, '4.20'), result(2, '3.10')] },
      ],
    };
    const edit: Edit = { op: 'tool_result', callId: 'lookup#2', content: 'sold out' };
    const { form, problems } = formOf([edit], gemini);
    expect(problems).toEqual([]);
    expect(form.results.get('lookup#2')).toMatchObject({ original: '3.10', text: 'sold out' });
    expect(editsOf(form, gemini).edits).toEqual([edit]);
    expect(formOf([{ ...edit, callId: 'lookup' }], gemini).problems).toHaveLength(1);
  });

  it('names what fits no message of this request', () => {
    const { problems } = formOf(
      [
        { op: 'message', item: 9, text: 'x' },
        { op: 'remove_message', item: 7 },
        { op: 'insert_message', item: 8, role: 'user', text: 'y' },
        { op: 'tool_result', callId: 'other', content: 'z' },
      ],
      request,
    );
    expect(problems).toHaveLength(4);
  });

  it('follows numbers through the moves before them', () => {
    const { form, problems } = formOf(
      [
        { op: 'remove_message', item: 0 },
        { op: 'message', item: 2, text: 'Tea is dear.' },
        { op: 'insert_message', item: 0, role: 'user', text: 'hello' },
        { op: 'message', item: 0, text: 'hello there' },
      ],
      request,
    );
    expect(problems).toEqual([]);
    expect([...form.texts]).toEqual([[textKey(3, 0), { original: 'Tea is 4.20.', text: 'Tea is dear.' }]]);
    expect(form.inserted).toEqual([{ key: 1, before: 0, role: 'user', text: 'hello there' }]);
  });

  const anyEdits = fc.record({
    removed: fc.uniqueArray(fc.nat({ max: 4 })),
    before: fc.array(fc.nat({ max: 5 }), { maxLength: 5 }),
    system: fc.string(),
    result: fc.string(),
    temperature: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.6, max: 2 })),
    model: fc.constantFrom('', 'other'),
  });

  it('makes the same edits again', () => {
    fc.assert(
      fc.property(anyEdits, ({ removed, before, system, result, temperature, model }) => {
        const form = changed({
          model,
          removed: new Set(removed),
          inserted: before.map((at, key) => ({ key: key + 1, before: at, role: 'user', text: `m${key}` })),
          texts: new Map([[textKey('system', 0), { original: 'You look things up.', text: system }]]),
          results: new Map([['call_1', { original: '4.20', text: result, wasError: false, isError: false }]]),
          parameters: temperature === null ? [] : [{ name: 'temperature', json: JSON.stringify(temperature) }],
        });
        const once = editsOf(form, request).edits;
        const again = editsOf(formOf(once, request).form, request).edits;
        expect(messagesAfter(again)).toEqual(messagesAfter(once));
        const others = (list: readonly Edit[]) =>
          list.filter(({ op }) => op !== 'remove_message' && op !== 'insert_message');
        expect(others(again)).toEqual(others(once));
      }),
      { numRuns: 300 },
    );
  });
});

it('shows a plan’s problem at the field that it is about', () => {
  const built = editsOf(
    changed({
      model: 'scripted-2',
      results: new Map([['call_1', { original: '4.20', text: 'x', wasError: false, isError: false }]]),
      parameters: [{ name: 'seed', json: '' }],
    }),
    request,
  );
  const plan = {
    problems: [
      { edit: 0, message: 'too long' },
      { edit: 1, message: 'no such model' },
      { message: 'no command' },
      { edit: 99, message: 'elsewhere' },
    ],
  } as unknown as TakePlan;
  expect(problemsByField(built, plan)).toEqual(
    new Map([
      [fieldOf.parameter('seed'), ['A value, or take the parameter away.']],
      [fieldOf.result('call_1'), ['too long']],
      [fieldOf.model, ['no such model']],
      ['', ['no command', 'elsewhere']],
    ]),
  );
});

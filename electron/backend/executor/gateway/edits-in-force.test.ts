import { describe, expect, test } from 'vitest';
import type { Edit } from '../../../../shared/model/edit.ts';
import { editRequest } from './edit-request.ts';
import { createEditsInForce } from './edits-in-force.ts';
import { anthropicMessages } from './wires/anthropic-messages/anthropic-messages.ts';
import { geminiGenerate } from './wires/gemini-generate/gemini-generate.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';

const path = '/v1/chat/completions';
const chat = (...messages: readonly string[]): string =>
  `{"model": "m", "messages": [${messages.join(', ')}], "temperature": 0.50}`;
const system = '{"role": "system", "content": "now 10:00"}';
const drifted = '{"role": "system", "content": "now 11:30"}';
const user = '{"role": "user", "content": "hi"}';
const call =
  '{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}';
const result = (text: string): string => `{"role": "tool", "tool_call_id": "c1", "content": "${text}"}`;

test('edits made at the fork are in every later request of the thread, and drift of the replayed part is in none', () => {
  const edits: Edit[] = [
    { op: 'tool_result', callId: 'c1', content: 'three rows' },
    { op: 'model', model: 'm2', scope: 'run' },
    { op: 'params', set: { temperature: 1 }, scope: 'fork' },
    { op: 'prompt_rule', find: 'now', replace: 'now now', where: 'system' },
  ];
  const recorded = chat(system, user, call, result('two rows'));
  const live = chat(drifted, user, call, result('two rows, later'));
  const outgoing = editRequest(openAiChat, { path, body: recorded }, edits);
  expect(outgoing.body).toBe(
    '{"model": "m2", "messages": [{"role": "system", "content": "now now 10:00"}, ' +
      `${user}, ${call}, ${result('three rows')}], "temperature": 1}`,
  );
  const pin = createEditsInForce(
    openAiChat,
    { live, recorded, outgoing: outgoing.body },
    { own: edits, inherited: [] },
  );
  const later = chat(
    drifted,
    user,
    call,
    result('two rows, later'),
    '{"role": "assistant", "content": "three"}',
    '{"role": "user", "content": "sure?"}',
  );
  expect(pin.covers(later)).toBe(true);
  expect(pin.covers(live)).toBe(true);
  expect(pin.covers(chat(drifted, user))).toBe(false);
  expect(pin.covers(chat(drifted, '{"role": "user", "content": "another thread"}', call, result('x')))).toBe(false);
  // Two calls later the edits hold, the change for the fork's call alone does not.
  expect(JSON.parse(pin.apply({ path, body: later }, true).request.body)).toEqual({
    model: 'm2',
    temperature: 0.5,
    messages: [
      { role: 'system', content: 'now now 10:00' },
      JSON.parse(user),
      JSON.parse(call),
      JSON.parse(result('three rows')),
      { role: 'assistant', content: 'three' },
      { role: 'user', content: 'sure?' },
    ],
  });
});

test('instructions beside the list are pinned while the agent sends the same, and cache marks stay with the newest message', () => {
  const text = (value: string, marked = false): string =>
    `{"type":"text","text":"${value}"${marked ? ',"cache_control":{"type":"ephemeral"}' : ''}}`;
  const body = (instructions: string, ...messages: readonly string[]): string =>
    `{"model":"c","system":[${text(instructions, true)}],"messages":[${messages.map((content) => `{"role":"user","content":[${content}]}`).join(',')}]}`;
  const edits: Edit[] = [{ op: 'message', item: 'system', text: 'Edited.' }];
  const outgoing = editRequest(anthropicMessages, { path, body: body('As recorded.', text('hi', true)) }, edits);
  const recorded = body('As recorded.', text('hi', true));
  const pin = createEditsInForce(
    anthropicMessages,
    { live: recorded, recorded, outgoing: outgoing.body },
    { own: edits, inherited: [] },
  );
  expect(pin.apply({ path, body: body('As recorded.', text('hi'), text('more', true)) }, true).request.body).toBe(
    body('Edited.', text('hi'), text('more', true)),
  );
  expect(
    pin.apply({ path, body: body('The agent changed it.', text('hi'), text('more', true)) }, true).request.body,
  ).toBe(body('The agent changed it.', text('hi'), text('more', true)));
});

/** What an agent of several turns sends: the fork's call, and one of each later form that clients give a history. */
const message = (role: string, content: string) => ({ role, content });
const callOf = (id: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: `{"id":"${id}"}` } }],
});
const resultOf = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content });
const bodyOf = (...messages: readonly unknown[]): string => JSON.stringify({ model: 'm', messages });
const messagesOf = (body: string) =>
  (JSON.parse(body) as { readonly messages: readonly { readonly content: unknown }[] }).messages;

function inForce(own: readonly Edit[], recorded: string, live = recorded) {
  const outgoing = editRequest(openAiChat, { path, body: recorded }, own);
  return createEditsInForce(openAiChat, { live, recorded, outgoing: outgoing.body }, { own, inherited: [] });
}

describe('edits in later requests, in whatever form the agent sends its history', () => {
  const clock = (time: string) => message('system', `You are a clerk. MARK-blue It is ${time}.`);
  const task = message('user', 'Add up.');
  const first = [callOf('c1'), resultOf('c1', 'ORDER A1 TOTAL 10 at 10:00:01')];
  const second = [callOf('c2'), resultOf('c2', 'ORDER A2 TOTAL 20 at 10:00:02')];
  const third = [callOf('c3'), resultOf('c3', 'ORDER A3 TOTAL 30 at 10:00:03')];
  const recorded = bodyOf(clock('10:00'), task, ...first, ...second);
  const result: Edit = { op: 'tool_result', callId: 'c1', content: 'ORDER A1 TOTAL 1000' };

  test('a clock in the instructions: the result and the instructions stay edited, the time is the agent’s', () => {
    const system: Edit = { op: 'message', item: 'system', text: 'You are a clerk. MARK-green It is 10:00.' };
    const { request, states } = inForce([result, system], recorded).apply(
      { path, body: bodyOf(clock('10:07'), task, ...first, ...second, ...third) },
      true,
    );
    expect(messagesOf(request.body)[0]?.content).toBe('You are a clerk. MARK-green It is 10:07.');
    expect(messagesOf(request.body)[3]?.content).toBe('ORDER A1 TOTAL 1000');
    expect(states).toEqual([
      { edit: 0, state: 'kept' },
      { edit: 1, state: 'kept' },
    ]);
  });

  test('shortened outputs: the edit stands in place of what is left of its own', () => {
    const later = bodyOf(clock('10:00'), task, callOf('c1'), resultOf('c1', 'ORDER A1…'), ...second, ...third);
    const { request, states } = inForce([result], recorded).apply({ path, body: later }, true);
    expect(messagesOf(request.body)[3]?.content).toBe('ORDER A1 TOTAL 1000');
    expect(states).toEqual([{ edit: 0, state: 'kept' }]);
  });

  test('trimmed history: the edit is gone with its result, and in no other', () => {
    const later = bodyOf(clock('10:00'), task, ...second, ...third);
    const { request, states } = inForce([result], recorded).apply({ path, body: later }, true);
    expect(JSON.parse(request.body)).toEqual(JSON.parse(later));
    expect(states).toEqual([{ edit: 0, state: 'gone' }]);
  });

  test('trimmed history: the edit of the fork’s last result is not in the one that is last by now, nor a message’s in another', () => {
    const ofLast: Edit = { op: 'tool_result', callId: 'c2', content: 'ORDER A2 TOTAL 20 at 10:00:02 and more' };
    const trimmed = bodyOf(clock('10:00'), task, ...third);
    const outcome = inForce([ofLast], recorded).apply({ path, body: trimmed }, true);
    expect(JSON.parse(outcome.request.body)).toEqual(JSON.parse(trimmed));
    expect(outcome.states).toEqual([{ edit: 0, state: 'gone' }]);

    const asked = bodyOf(clock('10:00'), task, message('assistant', '10.'), message('user', 'Now add up order A2.'));
    const ofMessage: Edit = { op: 'message', item: 2, text: 'Leave it.' };
    const later = bodyOf(clock('10:00'), task, message('assistant', '50.'), message('user', 'Now add up order A5.'));
    const left = inForce([ofMessage], asked).apply({ path, body: later }, true);
    expect(JSON.parse(left.request.body)).toEqual(JSON.parse(later));
    expect(left.states).toEqual([{ edit: 0, state: 'gone' }]);
  });

  test('trimmed history: the edit of an answer is not in another answer of the same form', () => {
    const said = (id: string, text: string) => ({ ...callOf(id), content: text });
    const asked = bodyOf(clock('10:00'), task, said('c1', 'I look. ncusore'), first[1], ...second);
    const later = bodyOf(clock('10:00'), task, said('c3', 'I look. nfilahu'), third[1]);
    const { request, states } = inForce([{ op: 'message', item: 1, text: 'I look. NOTED' }], asked).apply(
      { path, body: later },
      true,
    );
    expect(JSON.parse(request.body)).toEqual(JSON.parse(later));
    expect(states).toEqual([{ edit: 0, state: 'gone' }]);
  });

  test('a reminder that moves on with each call stays edited where it stands by now', () => {
    const reminder = (left: number) => message('user', `Reminder: ${left} steps are left.`);
    const asked = bodyOf(clock('10:00'), task, ...first, reminder(5));
    const edit: Edit = { op: 'message', item: 3, text: 'Reminder: 5 steps are left, so hurry.' };
    const { request, states } = inForce([edit], asked).apply(
      { path, body: bodyOf(clock('10:00'), task, ...first, ...second, reminder(4)) },
      true,
    );
    expect(messagesOf(request.body).at(-1)?.content).toBe('Reminder: 4 steps are left, so hurry.');
    expect(messagesOf(request.body).at(-2)?.content).toBe('ORDER A2 TOTAL 20 at 10:00:02');
    expect(states).toEqual([{ edit: 0, state: 'kept' }]);
  });

  test('shortened outputs: a result that was edited twice, or in the take before as well, is what the last edit says', () => {
    const later = bodyOf(clock('10:00'), task, callOf('c1'), resultOf('c1', 'ORDER A1…'), ...second, ...third);
    const again: Edit = { op: 'tool_result', callId: 'c1', content: 'ORDER A1 TOTAL 10 at 10:00:01, and no more' };
    const twice = inForce([result, again], recorded).apply({ path, body: later }, true);
    expect(messagesOf(twice.request.body)[3]?.content).toBe(again.content);
    expect(twice.states).toEqual([
      { edit: 0, state: 'kept' },
      { edit: 1, state: 'kept' },
    ]);
    const outgoing = editRequest(openAiChat, { path, body: recorded }, [again]);
    const ofTakeOfTake = createEditsInForce(
      openAiChat,
      { live: recorded, recorded, outgoing: outgoing.body },
      { own: [again], inherited: [result] },
    ).apply({ path, body: later }, true);
    expect(messagesOf(ofTakeOfTake.request.body)[3]?.content).toBe(again.content);
    expect(ofTakeOfTake.states).toEqual([{ edit: 0, state: 'kept' }]);
  });

  test('a transcript that quotes the result quotes the edited one', () => {
    const later = bodyOf(clock('10:00'), message('user', `So far: ${first[1]?.content ?? ''}. Go on.`));
    const { request, states } = inForce([result], recorded).apply({ path, body: later }, true);
    expect(messagesOf(request.body)[1]?.content).toBe('So far: ORDER A1 TOTAL 1000. Go on.');
    expect(states).toEqual([{ edit: 0, state: 'kept' }]);
  });

  test('a message that was taken out, and one that was put in', () => {
    const edits: Edit[] = [
      { op: 'remove_message', item: 0 },
      { op: 'insert_message', item: 2, role: 'user', text: 'Mind the tax.' },
    ];
    const { request, states } = inForce(edits, recorded).apply(
      { path, body: bodyOf(clock('10:07'), task, ...first, ...second, ...third) },
      true,
    );
    expect(messagesOf(request.body).map(({ content }) => content)).toEqual([
      'You are a clerk. MARK-blue It is 10:07.',
      null,
      'ORDER A1 TOTAL 10 at 10:00:01',
      'Mind the tax.',
      null,
      'ORDER A2 TOTAL 20 at 10:00:02',
      null,
      'ORDER A3 TOTAL 30 at 10:00:03',
    ]);
    expect(states.map(({ state }) => state)).toEqual(['kept', 'kept']);
  });

  test('instructions of another agent, to which the conversation was handed over, are left as they are', () => {
    const system: Edit = { op: 'message', item: 'system', text: 'You are a clerk. MARK-green It is 10:00.' };
    const other = message('system', 'Speak French; translate whatever comes.');
    const { request, states } = inForce([system], recorded).apply(
      { path, body: bodyOf(other, task, ...first, ...second) },
      true,
    );
    expect(messagesOf(request.body)[0]?.content).toBe('Speak French; translate whatever comes.');
    expect(states).toEqual([{ edit: 0, state: 'gone' }]);
  });

  test('another conversation is edited only where it names the object', () => {
    const edits = inForce([result, { op: 'message', item: 0, text: 'Add up all.' }], recorded);
    const elsewhere = bodyOf(clock('10:00'), task);
    expect(edits.holds(elsewhere)).toBe(false);
    expect(JSON.parse(edits.apply({ path, body: elsewhere }, false).request.body)).toEqual(JSON.parse(elsewhere));
    const branch = bodyOf(message('system', 'A branch.'), ...first);
    expect(edits.holds(branch)).toBe(true);
    expect(messagesOf(edits.apply({ path, body: branch }, false).request.body)[2]?.content).toBe('ORDER A1 TOTAL 1000');
  });
});

test('a transcript in one growing message is the same conversation; a sub-agent that begins alike is not', () => {
  const text = (rest: string) =>
    `Question: the sum of all orders.\nThought 1: look.\nObservation 1: 10.\n${rest}\nRespond now.`;
  const fork = bodyOf(message('system', 'S'), message('user', text('')));
  const edits = inForce([{ op: 'message', item: 'system', text: 'S edited' }], fork);
  const later = bodyOf(message('system', 'S'), message('user', text('Thought 2: I go on.\nObservation 2: 20.')));
  expect(edits.growsFrom(later, ['Thought 2: I go on.'])).toBe(true);
  expect(edits.growsFrom(later, ['Something else was said.'])).toBe(false);
  expect(messagesOf(edits.apply({ path, body: later }, true).request.body)[0]?.content).toBe('S edited');
});

test('instructions of Gemini under either name stay edited', () => {
  const gemini = (time: string, ...texts: readonly string[]) =>
    JSON.stringify({
      system_instruction: { parts: [{ text: `You are a clerk, at ${time}.` }] },
      contents: texts.map((one) => ({ role: 'user', parts: [{ text: one }] })),
    });
  const own: Edit[] = [{ op: 'message', item: 'system', text: 'You are a judge, at 10:00.' }];
  const recorded = gemini('10:00', 'Hello.');
  const outgoing = editRequest(geminiGenerate, { path: '/v1beta/models/g:generateContent', body: recorded }, own);
  const edits = createEditsInForce(
    geminiGenerate,
    { live: recorded, recorded, outgoing: outgoing.body },
    { own, inherited: [] },
  );
  const { request, states } = edits.apply({ path, body: gemini('10:09', 'Hello.', 'More.') }, true);
  expect(request.body).toContain('You are a judge, at 10:09.');
  expect(states).toEqual([{ edit: 0, state: 'kept' }]);
});

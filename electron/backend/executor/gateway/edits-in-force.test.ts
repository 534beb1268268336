import { expect, test } from 'vitest';
import type { Edit } from '../../../../shared/model/edit.ts';
import { editRequest } from './edit-request.ts';
import { createEditsInForce } from './edits-in-force.ts';
import { anthropicMessages } from './wires/anthropic-messages/anthropic-messages.ts';
import { openAiChat } from './wires/openai-chat/openai-chat.ts';

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
  const path = '/v1/chat/completions';
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
  const path = '/v1/messages';
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

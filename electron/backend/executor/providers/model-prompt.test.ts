import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WireCall, WireItem, WirePart } from '../gateway/wire.ts';
import { plainTextTools } from '../gateway/wires/openai-plain-text-tools.ts';
import { modelParameters } from './model-parameters.ts';
import { modelPrompt } from './model-prompt.ts';

const id = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined });
const part: fc.Arbitrary<WirePart> = fc.oneof(
  fc.string({ minLength: 1 }).map((text): WirePart => ({ type: 'text', text })),
  fc
    .record({ id, name: fc.constantFrom('read', 'write'), text: fc.oneof(fc.json(), fc.string()) })
    .map(({ id: callId, name, text }): WirePart => ({
      type: 'tool_call',
      name,
      arguments: text,
      ...(callId === undefined ? {} : { id: callId }),
    })),
  fc.record({ id, text: fc.string({ minLength: 1 }) }).map(({ id: callId, text }): WirePart => ({
    type: 'tool_result',
    result: text,
    ...(callId === undefined ? {} : { id: callId }),
  })),
  fc.string().map((text): WirePart => ({ type: 'reasoning', text, signature: 'signed' })),
  fc.string().map((raw): WirePart => ({ type: 'unknown', raw })),
);
const item: fc.Arbitrary<WireItem> = fc.record({
  role: fc.constantFrom('user', 'assistant', 'tool'),
  parts: fc.array(part, { maxLength: 4 }),
});
const callOf = (items: readonly WireItem[], params: ReadonlyMap<string, unknown> = new Map()): WireCall => ({
  family: 'openai.chat',
  model: 'm',
  stream: true,
  continues: undefined,
  system: [],
  tools: [],
  items,
  params,
});
const settings = { customTools: new Set<string>(), originOf: () => undefined };

test('whatever the conversation: each result answers a call before it, by id and name; no text of a user and no result is lost; what is lost is said', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 8 }), (items) => {
      const {
        options: { prompt },
        notes,
      } = modelPrompt(callOf(items), settings);
      const open = new Map<string, string[]>();
      for (const { role, content } of prompt) {
        if (typeof content === 'string') continue;
        for (const made of content) {
          if (made.type === 'tool-call')
            open.set(made.toolCallId, [...(open.get(made.toolCallId) ?? []), made.toolName]);
          if (made.type !== 'tool-result') continue;
          expect(role).toBe('tool');
          expect(open.get(made.toolCallId)).toContain(made.toolName);
        }
      }
      const whole = JSON.stringify(prompt);
      for (const { role, parts } of items) {
        for (const one of parts) {
          if (one.type === 'text' && role !== 'assistant') expect(whole).toContain(JSON.stringify(one.text));
          if (one.type === 'tool_result' && role !== 'assistant')
            expect(whole).toContain(JSON.stringify(one.result).slice(1, -1));
          if (one.type === 'reasoning') expect(notes.length).toBeGreaterThan(0);
        }
      }
      expect(whole).not.toContain('"signed"');
    }),
  );
});

test('parameters of all formats mean the same', () => {
  const read = (params: Record<string, unknown>) => modelParameters(new Map(Object.entries(params))).options;
  const stop = { maxOutputTokens: 9, temperature: 0, topP: 0.5, stopSequences: ['END'] };
  expect(read({ max_completion_tokens: 9, temperature: 0, top_p: 0.5, stop: 'END', tool_choice: 'required' })).toEqual({
    ...stop,
    toolChoice: { type: 'required' },
  });
  expect(
    read({ max_tokens: 9, temperature: 0, top_p: 0.5, stop_sequences: ['END'], tool_choice: { type: 'any' } }),
  ).toEqual({ ...stop, toolChoice: { type: 'required' } });
  expect(
    read({
      generationConfig: { maxOutputTokens: 9, temperature: 0, topP: 0.5, stopSequences: ['END'] },
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    }),
  ).toEqual({ ...stop, toolChoice: { type: 'required' } });
  const schema = { type: 'object', properties: { a: { type: 'string' } } };
  const json = { responseFormat: { type: 'json', schema, name: 'answer' } };
  expect(read({ response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } })).toEqual(json);
  expect(read({ text: { format: { type: 'json_schema', name: 'answer', schema } } })).toEqual(json);
  expect(read({ reasoning: { effort: 'low' } })).toEqual({ reasoning: 'low' });
});

test('what has no counterpart is named, what says nothing of the answer is not', () => {
  expect(
    modelParameters(
      new Map<string, unknown>([
        ['logit_bias', { 5: 1 }],
        ['metadata', { user_id: 'x' }],
        ['stream_options', {}],
        ['n', 1],
      ]),
    ).notes,
  ).toEqual([expect.stringContaining(': logit_bias.')]);
});

test('free-form tools are found in groups as well, and hostile nesting ends', () => {
  expect(
    plainTextTools({
      tools: [
        { type: 'custom', name: 'patch' },
        { type: 'custom', custom: { name: 'exec' } },
        { type: 'function', name: 'wait' },
      ],
      input: [{ type: 'additional_tools', tools: [{ type: 'namespace', tools: [{ type: 'custom', name: 'deep' }] }] }],
    }),
  ).toEqual(new Set(['patch', 'exec', 'deep']));
  let nested: unknown = { type: 'custom', name: 'bottom' };
  for (let level = 0; level < 10_000; level++) nested = { tools: [nested] };
  expect(plainTextTools(nested)).toEqual(new Set());
});

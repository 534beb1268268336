import { expect, test } from 'vitest';
import type { Edit } from '../../../../shared/model/edit.ts';
import { createKeyMaker } from './call-keys.ts';
import { recordedCall } from './matched-calls.ts';
import type { Decision } from './replay-decision.ts';
import { createReplayPlan } from './replay-plan.ts';
import { openAiResponses } from './wires/openai-responses/openai-responses.ts';

const route = { family: 'openai.responses', model: undefined, stream: undefined } as const;
const path = '/v1/responses';
const read = (text: string) => openAiResponses.readRequest(JSON.parse(text), route);
const body = (input: unknown, previous?: string): string =>
  JSON.stringify({ model: 'm', instructions: 'Be brief.', input, previous_response_id: previous });
const result = (id: string, output: string) => [{ type: 'function_call_output', call_id: id, output }];
const asks = (id: string, call: string) =>
  openAiResponses.readAnswer({
    id,
    status: 'completed',
    output: [{ type: 'function_call', call_id: call, name: 'look', arguments: '{}' }],
  });

/** An agent whose provider keeps its history (Microsoft Agent Framework): each request holds only what is new. */
const recorded = [
  { body: body([{ type: 'message', role: 'user', content: 'Add up A1 and A2.' }]), answer: asks('resp_1', 'call_1') },
  { body: body(result('call_1', 'A1 is 10'), 'resp_1'), answer: asks('resp_2', 'call_2') },
  { body: body(result('call_2', 'A2 is 20'), 'resp_2'), answer: asks('resp_3', 'call_3') },
];

async function forkedWith(edits: readonly Edit[]): Promise<readonly Decision[]> {
  const keys = createKeyMaker();
  const plan = createReplayPlan(
    {
      calls: recorded.map(({ body: text, answer }, seq) =>
        recordedCall({ seq, call: read(text), answer, status: 200 }, keys),
      ),
      forkSeq: 2,
      edits,
      afterFork: 'causal',
      recordedRequest: (seq) => Promise.resolve({ path, body: recorded[seq]?.body ?? '' }),
      formatOf: () => openAiResponses,
      decide: () => Promise.resolve('stop'),
    },
    keys,
  );
  const decisions: Decision[] = [];
  let previous: string | undefined;
  for (const [seq, text] of [
    ...recorded.map((call) => call.body),
    body(result('call_4', 'A3 is 30'), 'resp_4'),
  ].entries()) {
    const decision = await plan.decide(openAiResponses, read(text), { path, body: text }, false, { seq, ms: seq });
    decisions.push(decision);
    if (decision.kind === 'recorded') decision.delivered();
    if (decision.kind !== 'live') continue;
    previous = previous === undefined ? 'resp_4' : 'resp_5';
    const outgoing = Buffer.from(decision.outgoing.body);
    plan.answered?.({
      seq,
      served: 'live',
      answer: asks(previous, 'call_4'),
      call: read(decision.outgoing.body),
      format: openAiResponses,
      request: Buffer.from(text),
      outgoing,
    });
  }
  return decisions;
}

const sent = (decision: Decision | undefined): string =>
  decision?.kind === 'live' ? decision.outgoing.body : `not sent: ${decision?.kind}`;

test.each<{ readonly what: string; readonly edit: Edit; readonly before: string; readonly after: string }>([
  {
    what: 'a message',
    edit: { op: 'message', item: 0, text: 'Add up B1 and B2.' },
    before: 'Add up A1 and A2.',
    after: 'Add up B1 and B2.',
  },
  {
    what: 'a result',
    edit: { op: 'tool_result', callId: 'call_1', content: 'A1 is 1000' },
    before: 'A1 is 10"',
    after: 'A1 is 1000"',
  },
])('$what of the history that the provider keeps is edited at the fork, and in force after it', async (given) => {
  const decisions = await forkedWith([given.edit]);
  expect(decisions.map(({ kind }) => kind)).toEqual(['recorded', 'recorded', 'live', 'live']);
  for (const decision of decisions.slice(2)) {
    expect(sent(decision)).toContain(given.after);
    expect(sent(decision)).not.toContain(given.before);
    expect(sent(decision)).toContain('A2 is 20');
    expect(sent(decision)).not.toContain('previous_response_id');
    expect(decision.kind === 'live' && decision.edits).toEqual([{ edit: 0, state: 'kept' }]);
  }
  expect(sent(decisions[3])).toContain('A3 is 30');
});

test('a message that is taken out of that history stays out', async () => {
  const decisions = await forkedWith([{ op: 'remove_message', item: 0 }]);
  for (const decision of decisions.slice(2)) expect(sent(decision)).not.toContain('Add up');
});

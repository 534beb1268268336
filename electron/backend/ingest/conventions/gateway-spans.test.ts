import { expect, it } from 'vitest';
import { spanOf } from './conventions.testing.ts';
import type { TestAttributes } from './conventions.testing.ts';
import { readFacts } from './conventions.ts';

const attributes: TestAttributes = [
  ['gen_ai.operation.name', 'chat'],
  ['gen_ai.request.model', 'claude-sonnet-5'],
  ['gen_ai.response.id', 'msg_1'],
  ['retake.request_id', 'req_1'],
  ['retake.cost.billed', false],
];

it('what only the gateway knows of a call is believed of the gateway only', () => {
  expect(readFacts(spanOf({ name: 'chat claude-sonnet-5', scope: 'retake.gateway', attributes }))).toMatchObject({
    kind: 'llm',
    responseId: 'msg_1',
    requestId: 'req_1',
    recorded: true,
  });
  expect(readFacts(spanOf({ name: 'chat claude-sonnet-5', scope: 'other', attributes }))).toMatchObject({
    kind: 'llm',
    responseId: 'msg_1',
    requestId: undefined,
    recorded: undefined,
  });
});

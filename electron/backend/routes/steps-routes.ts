import type { LookedThrough } from '../../../shared/model/redaction.ts';
import type { Snippet } from '../../../shared/model/snippet.ts';
import { withContractErrors } from '../base/contract-errors.ts';
import { copyStep } from '../executor/snippets/copy-step.ts';
import type { SnippetRequest } from '../executor/snippets/copy-step.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function stepsRoutes(services: Services) {
  return {
    table: os.steps.table.handler(({ input }) => services.read().stepTable(input.runId)),
    get: os.steps.get.handler(({ input }) => services.read().stepDetail(input.runId, input.index, input.longestText)),
    list: os.steps.list.handler(({ input }) =>
      services.read().stepList(input.runId, input.from, input.to, input.messages),
    ),
    messages: os.steps.messages.handler(({ input }) =>
      services.read().stepMessages(input.runId, input.index, input.from, input.to, input.longestText),
    ),
    attribute: os.steps.attribute.handler(async ({ input }) => ({
      text: await services.read().stepAttribute(input.runId, input.index, input.key, input.of),
    })),
    sums: os.steps.sums.handler(({ input: { runId, ...which } }) => services.read().stepSums(runId, which)),
    text: os.steps.text.handler(({ input }) =>
      services.read().stepText(input.runId, input.index, input.place, input.from, input.to),
    ),
    json: os.steps.json.handler(({ input }) =>
      services.read().stepJson(input.runId, input.index, input.place, input.at, input.most, input.from),
    ),
    snippet: os.steps.snippet.handler(({ input }) => withContractErrors(snippet(services, input))),
    raw: os.steps.raw.handler(async ({ input }) => ({ json: await services.read().stepRaw(input.runId, input.index) })),
  };
}

async function* snippet(
  services: Services,
  request: SnippetRequest,
): AsyncGenerator<({ type: 'progress' } & LookedThrough) | { type: 'snippet'; snippet: Snippet }, void, void> {
  const read = services.read();
  const work = copyStep(
    {
      stepsWithMessages: (runId, from, to) => read.stepList(runId, from, to, true),
      recordedCalls: (runId) => read.recordedCalls(runId),
      exchange: (runId, seq) => read.exchange(runId, seq),
      async *redact(texts) {
        const id = await read.redactTextsOpen(texts);
        try {
          for (;;) {
            const next = await read.redactTextsNext(id);
            if ('texts' in next) return next;
            yield next;
          }
        } finally {
          await read.exportClose(id);
        }
      },
    },
    request,
  );
  for (;;) {
    const next = await work.next();
    if (next.done) return yield { type: 'snippet', snippet: next.value };
    yield { type: 'progress', ...next.value };
  }
}

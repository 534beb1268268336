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
    raw: os.steps.raw.handler(async ({ input }) => ({ json: await services.read().stepRaw(input.runId, input.index) })),
  };
}

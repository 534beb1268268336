import { withContractErrors } from '../base/contract-errors.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function takesRoutes(services: Services) {
  const { takes } = services;
  return {
    plan: os.takes.plan.handler(({ input }) => takes.plan(input)),
    forkItem: os.takes.forkItem.handler(({ input }) => takes.forkItem(input.runId, input.fromStep, input.item)),
    start: os.takes.start.handler(async ({ input }) => {
      const { batchId, takeIds } = await takes.start(input);
      return { batchId, takeIds: [...takeIds] };
    }),
    record: os.takes.record.handler(({ input }) => {
      const { batchId, takeIds } = takes.record(input);
      return { batchId, takeIds: [...takeIds] };
    }),
    watch: os.takes.watch.handler(({ signal }) => withContractErrors(takes.watch(signal))),
    control: os.takes.control.handler(({ input }) => {
      takes.control(input.batchId, input.takeId, input.action);
      return {};
    }),
    resolve: os.takes.resolve.handler(({ input }) => {
      takes.resolve(input.takeId, input.holdId, input.resolution);
      return {};
    }),
    setBreaks: os.takes.setBreaks.handler(async ({ input }) => {
      await takes.setBreaks(input.takeId, input.breaks);
      return {};
    }),
    tree: os.takes.tree.handler(({ input }) => services.takeTrees.tree(input.runId)),
    changes: os.takes.changes.handler(async ({ input }) => [...(await services.takeTrees.changes(input.runIds))]),
    verdict: os.takes.verdict.handler(({ input }) => services.verdict(input.runId)),
  };
}

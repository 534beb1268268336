import { withContractErrors } from '../base/contract-errors.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function filesRoutes(services: Services) {
  return {
    importPaths: os.files.importPaths.handler(({ input, signal }) =>
      withContractErrors(services.imports.paths(input.paths, signal)),
    ),
    importText: os.files.importText.handler(({ input, signal }) =>
      withContractErrors(services.imports.text(input.name, input.text, signal)),
    ),
  };
}

export function foldersRoutes({ folders }: Services) {
  return {
    list: os.folders.list.handler(() => folders.list()),
    sessions: os.folders.sessions.handler(({ input }) => folders.sessions(input.path)),
    follow: os.folders.follow.handler(({ input }) => folders.follow(input.path, input.isFollowed)),
  };
}

export function samplesRoutes(services: Services) {
  return {
    list: os.samples.list.handler(async () =>
      (await services.samples.list()).map((sample) => ({ ...sample, runIds: [...sample.runIds] })),
    ),
    startDemo: os.samples.startDemo.handler(() => {
      const { batchId, takeIds } = services.takes.record(services.demo.request);
      return { batchId, takeIds: [...takeIds] };
    }),
    open: os.samples.open.handler(async ({ input }) => ({ runIds: [...(await services.samples.open(input.id))] })),
  };
}

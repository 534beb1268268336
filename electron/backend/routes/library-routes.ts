import { isAbsolute } from 'node:path';
import { Refused } from '../base/faults.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function libraryRoutes(services: Services) {
  return {
    check: os.library.check.handler(() => services.care().check('fast')),
    salvage: os.library.salvage.handler(() => services.salvage()),
    removeRuns: os.library.removeRuns.handler(async ({ input }) => ({
      runIds: await services.runChanges.removeRuns(input.runIds),
    })),
    restoreRuns: os.library.restoreRuns.handler(async ({ input }) => ({
      runIds: await services.runChanges.restoreRuns(input.runIds),
    })),
    pinRuns: os.library.pinRuns.handler(async ({ input }) => ({
      runIds: await services.runChanges.pinRuns(input.runIds, input.pinned),
    })),
    labelRuns: os.library.labelRuns.handler(async ({ input }) => ({
      runIds: await services.runChanges.labelRuns(input.runIds, input.change),
    })),
    keepWithin: os.library.keepWithin.handler(async ({ input }) => ({
      runIds: [...(await services.keepWithin(input))],
    })),
    beyondKeeping: os.library.beyondKeeping.handler(async ({ input }) => ({
      runs: await services.beyondKeeping(input),
    })),
    // Not beside the list of runs: of a large library it takes seconds.
    sizes: os.library.sizes.handler(() => services.compare().librarySizes()),
    backUp: os.library.backUp.handler(({ input: { directory } }) => {
      if (!isAbsolute(directory)) throw new Refused(`Give the whole path of the folder, not “${directory}”.`);
      return services.care().backUp(directory);
    }),
  };
}

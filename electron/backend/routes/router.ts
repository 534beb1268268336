import type { Services } from '../services/services.ts';
import { appRoutes } from './app-routes.ts';
import { budgetsRoutes } from './budgets-routes.ts';
import { compareRoutes } from './compare-routes.ts';
import { costsRoutes } from './costs-routes.ts';
import { filesRoutes, foldersRoutes, samplesRoutes } from './files-routes.ts';
import { os } from './implementer.ts';
import { libraryRoutes } from './library-routes.ts';
import { pricesRoutes } from './prices-routes.ts';
import { runsRoutes } from './runs-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { receiverRoutes, settingsRoutes } from './settings-routes.ts';
import { stepsRoutes } from './steps-routes.ts';
import { takesRoutes } from './takes-routes.ts';

/** The whole contract, implemented. */
export function createRouter(services: Services) {
  return os.router({
    app: appRoutes(services),
    runs: runsRoutes(services),
    steps: stepsRoutes(services),
    costs: costsRoutes(services),
    budgets: budgetsRoutes(services),
    search: searchRoutes(services),
    compare: compareRoutes(services),
    takes: takesRoutes(services),
    files: filesRoutes(services),
    folders: foldersRoutes(services),
    samples: samplesRoutes(services),
    library: libraryRoutes(services),
    receiver: receiverRoutes(services),
    prices: pricesRoutes(services),
    settings: settingsRoutes(services),
  });
}

export type BackendRouter = ReturnType<typeof createRouter>;

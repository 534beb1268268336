import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function budgetsRoutes({ budgets }: Services) {
  return {
    today: os.budgets.today.handler(() => budgets.today()),
    put: os.budgets.put.handler(({ input }) => budgets.put(input.budget, input.isSure)),
    remove: os.budgets.remove.handler(async ({ input }) => ({ wasThere: await budgets.remove(input.id) })),
  };
}

import type { CatalogueChanges } from '../../../shared/model/prices.ts';
import { nanos } from '../../../shared/model/units.ts';
import { modelPriceOf } from '../pricing/pricing.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function pricesRoutes(services: Services) {
  const { prices } = services;

  /** Where the library cannot be written, another process may hold it: it would go on with the catalogue that it has read. */
  async function changed(work: () => Promise<CatalogueChanges>): Promise<CatalogueChanges> {
    await services.write();
    const changes = await work();
    await services.reprice();
    return changes;
  }

  return {
    get: os.prices.get.handler(async () => {
      const [repriced, pending] = await Promise.all([services.read().repriced(), services.read().pendingRepricing()]);
      return {
        catalogue: prices.state(),
        ...(repriced === undefined ? {} : { repriced }),
        ...(pending === undefined ? {} : { pending }),
      };
    }),
    ofModel: os.prices.ofModel.handler(({ input }) =>
      modelPriceOf(input.model, services.pricing(), nanos(BigInt(Date.now()) * 1_000_000n)),
    ),
    take: os.prices.take.handler(({ input: { name, text, date } }) =>
      changed(() => prices.take({ name, date, bytes: Buffer.from(text) })),
    ),
    download: os.prices.download.handler(() => changed(() => prices.download())),
    goBack: os.prices.goBack.handler(() => changed(() => prices.goBack())),
    repriced: os.prices.repriced.handler(async () => {
      const report = await (await services.write()).repriced();
      return report === undefined ? {} : { report };
    }),
  };
}

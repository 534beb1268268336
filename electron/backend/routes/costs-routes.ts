import type { WhatIf, WhatIfRequest } from '../../../shared/model/costs.ts';
import { nanos } from '../../../shared/model/units.ts';
import { createPricer, whatIf, withProofs } from '../pricing/pricing.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function costsRoutes(services: Services) {
  return {
    summary: os.costs.summary.handler(({ input }) => services.read().costs(input)),
    attributes: os.costs.attributes.handler(async () => [...(await services.read().costAttributes())]),
    file: os.costs.file.handler(({ input }) => services.read().costsFile(input)),
    whatIf: os.costs.whatIf.handler(({ input }) => answerWhatIf(services, input)),
  };
}

/** Models of the library that are looked at without being asked for: those that were used most. */
const offeredModels = 4;

async function answerWhatIf(services: Services, { filter, model, targets }: WhatIfRequest): Promise<WhatIf> {
  const [chosen, used, { takes, median }] = await Promise.all([
    services.read().spend({ ...filter, models: [model] }),
    services.read().spend({}),
    services.read().proofs({ ...filter, model }),
  ]);
  const offered = new Set(
    used
      .filter((spend) => spend.figures.priced > 0 && spend.model !== model && spend.model !== '')
      .map((spend) => spend.model),
  );
  const wanted = new Set([...targets, ...[...offered].slice(0, offeredModels)]);
  wanted.delete(model);
  const answer = whatIf(chosen, [...wanted], createPricer(services.pricing()), nanos(BigInt(Date.now()) * 1_000_000n));
  return withProofs(answer, takes, median);
}

import { calcPrice } from '@pydantic/genai-prices';
import { expect, test } from 'vitest';
import { nanos } from '../../../shared/model/units.ts';
import { packagedCatalogue } from './catalogue-data.ts';
import { catalogueOf } from './catalogue.ts';

const days = ['2024-05-01T02:00:00Z', '2025-07-01T17:00:00Z', '2026-11-20T12:00:00Z'];

/** What the package itself finds; undefined also where it stumbles over an entry. */
function ofPackage(model: string, at: Date, where: { readonly providerId?: string; readonly providerApiUrl?: string }) {
  try {
    const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model, { timestamp: at, ...where });
    return found === null
      ? undefined
      : { provider: found.provider.id, model: found.model.id, prices: found.model_price };
  } catch {
    return undefined;
  }
}

test('a name is looked up as the package of the catalogue does it: every model, by provider, by name alone, by address, on three days', () => {
  const catalogue = catalogueOf();
  const hosts = ['api.openai.com', 'foo.openai.azure.com', 'bedrock-runtime.eu-west-1.amazonaws.com', 'nobody.example'];
  let compared = 0;
  let stumbled = 0;
  let count = 0;
  for (const { id, models } of packagedCatalogue.providers) {
    for (const model of models) {
      // Each way with a third of the models: all of them take many seconds.
      const names = [[model.id], [`${model.id}-20260131`], [model.id.toUpperCase()]][count++ % 3] ?? [];
      const day = days[compared % days.length] ?? '';
      for (const name of names) {
        const ways = [
          { candidate: { provider: id, host: undefined }, where: { providerId: id } },
          { candidate: { provider: undefined, host: undefined }, where: {} },
          { candidate: { provider: 'litellm', host: undefined }, where: { providerId: 'litellm' } },
          {
            candidate: { provider: undefined, host: hosts[compared % hosts.length] },
            where: { providerApiUrl: `https://${hosts[compared % hosts.length]}` },
          },
        ];
        for (const { candidate, where } of ways) {
          const found = catalogue.find({ ...candidate, model: name }, nanos(BigInt(Date.parse(day)) * 1_000_000n));
          const own = ofPackage(name, new Date(day), where);
          compared += 1;
          if (own === undefined && found !== undefined) stumbled += 1;
          else
            expect([
              name,
              where,
              found && { provider: found.provider, model: found.model, prices: found.prices },
            ]).toEqual([name, where, own]);
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(5_000);
  expect(stumbled).toBe(0);
});

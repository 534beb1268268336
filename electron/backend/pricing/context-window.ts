import { candidatesOf } from './candidates.ts';
import type { CatalogueData } from './catalogue-data.ts';
import { catalogueOf } from './catalogue.ts';
import type { PriceRequest } from './price-request.ts';

/** Tokens that a model can take, as this price catalogue knows it (without one: that of Retake); undefined where it does not. */
export function contextWindowOf(
  request: Pick<PriceRequest, 'requestModel' | 'responseModel' | 'provider' | 'serverAddress' | 'atNs'>,
  catalogue: CatalogueData | undefined,
): number | undefined {
  const models = catalogueOf(catalogue);
  for (const candidate of candidatesOf(request)) {
    const found = models.find(candidate, request.atNs);
    if (found?.contextWindow !== undefined) return found.contextWindow;
  }
  return undefined;
}

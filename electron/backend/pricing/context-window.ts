import { candidatesOf } from './candidates.ts';
import { catalogueOf } from './catalogue.ts';
import type { PriceRequest } from './price-request.ts';

/** Tokens that a model can take, as the price catalogue knows it; undefined where it does not. */
export function contextWindowOf(
  request: Pick<PriceRequest, 'requestModel' | 'responseModel' | 'provider' | 'serverAddress' | 'atNs'>,
): number | undefined {
  const models = catalogueOf();
  for (const candidate of candidatesOf(request)) {
    const found = models.find(candidate, request.atNs);
    if (found?.contextWindow !== undefined) return found.contextWindow;
  }
  return undefined;
}

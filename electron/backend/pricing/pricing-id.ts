import { createHash } from 'node:crypto';
import { packagedCatalogue } from './catalogue-data.ts';
import type { Pricing } from './pricer.ts';

/** Raised when the same prices give other amounts: all runs are then priced again. */
const version = 1;

/** Names what steps are priced with: the same name, the same amounts. */
export function pricingId({ overrides, contracts, catalogue = packagedCatalogue }: Pricing): string {
  return createHash('sha256')
    .update(JSON.stringify([version, catalogue.id, overrides, contracts]))
    .digest('hex');
}

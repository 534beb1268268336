/** The money of a step: what the rest of the backend uses of this folder. */
export type { PriceRequest, Pricer } from './price-request.ts';
export { createPricer, packagedPricing } from './pricer.ts';
export type { Pricing } from './pricer.ts';
export { packagedCatalogue } from './catalogue-data.ts';
export type { CatalogueData } from './catalogue-data.ts';
export { catalogueChanges, catalogueCounts } from './catalogue-changes.ts';
export { catalogueAddress, largestCatalogue, readCatalogue } from './read-catalogue.ts';
export { isKeptCatalogueTooLarge, keptCatalogueFile, keptCatalogueOf, parseKeptCatalogue } from './kept-catalogue.ts';
export type { KeptCatalogue } from './kept-catalogue.ts';
export { modelPriceOf } from './model-price.ts';
export { pricingId } from './pricing-id.ts';
export { contextWindowOf } from './context-window.ts';
export { withProofs } from './proof.ts';
export { whatIf } from './what-if.ts';

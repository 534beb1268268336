/** The money of a step: what the rest of the backend uses of this folder. */
export type { PriceRequest, Pricer } from './price-request.ts';
export { createPricer } from './pricer.ts';
export { contextWindowOf } from './context-window.ts';
export { withProofs } from './proof.ts';
export { whatIf } from './what-if.ts';

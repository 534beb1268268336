import type { Cost } from '../../../shared/model/cost.ts';
import type { Nanos } from '../../../shared/model/units.ts';
import type { Usage } from '../../../shared/model/usage.ts';

/** What is known of one step that used tokens. Everything but the time may be missing, and every text is foreign. */
export interface PriceRequest {
  /** Inclusive counts (shared/model/usage.ts). */
  readonly usage: Usage;
  readonly requestModel: string | undefined;
  readonly responseModel: string | undefined;
  /** In the words of gen_ai.provider.name. */
  readonly provider: string | undefined;
  /** Host name or URL the client called; compared with known hosts as text, never contacted. */
  readonly serverAddress: string | undefined;
  readonly serviceTier: string | undefined;
  readonly reportedCostUsd: number | undefined;
  /** Start of the step: prices are dated. */
  readonly atNs: Nanos;
}

export interface Pricer {
  /** Never throws: what cannot be priced is `none` with the reason, or `reported` when the client named an amount. */
  price(request: PriceRequest): Cost;
}

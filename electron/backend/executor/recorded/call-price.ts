import type { Usage } from '../../../../shared/model/usage.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { Exchange } from '../gateway/exchange.ts';

type PriceOnly = Pick<ExecutorServices, 'price' | 'now'>;

/** What the answer cost, or would have cost where it came from the recording. Undefined: no price, or no usage. 0 for a failure. */
export function priceOfExchange(
  services: PriceOnly,
  { call, format, answer, startNs, serverAddress, status, provider = format?.provider }: Exchange,
): number | undefined {
  if (!call || status >= 400) return 0;
  if (answer?.usage === undefined) return undefined;
  return usdOf(
    services.price({
      usage: answer.usage,
      requestModel: call.model,
      responseModel: answer.model,
      provider,
      serverAddress,
      serviceTier: undefined,
      reportedCostUsd: undefined,
      atNs: startNs,
    }),
  );
}

/** The same tokens at today's price of a model. */
export function priceOfTokens(
  services: PriceOnly,
  usage: Usage | undefined,
  model: string | undefined,
  provider: string | undefined,
): number | undefined {
  if (usage === undefined || model === undefined) return undefined;
  return usdOf(
    services.price({
      usage,
      requestModel: model,
      responseModel: undefined,
      provider,
      serverAddress: undefined,
      serviceTier: undefined,
      reportedCostUsd: undefined,
      atNs: services.now(),
    }),
  );
}

function usdOf(cost: ReturnType<ExecutorServices['price']>): number | undefined {
  return cost.kind === 'none' ? undefined : cost.usd;
}

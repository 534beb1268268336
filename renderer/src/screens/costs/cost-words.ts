import { attributeOf } from '../../../../shared/model/costs.ts';
import type { CostBy, CostDimension, CostFigures, CostGroup } from '../../../../shared/model/costs.ts';
import { formatMoneyAtLeast, unknown } from '../../lib/format.ts';

interface Words {
  readonly title: string;
  /** What a group without a value is called. */
  readonly none: string;
}

export const dimensionWords: { readonly [Dimension in CostDimension]: Words } = {
  model: { title: 'Model', none: 'model not sent' },
  provider: { title: 'Provider', none: 'provider not sent' },
  agent: { title: 'Agent', none: 'outside of an agent' },
  tool: { title: 'Tool results read', none: 'no tool results read' },
  step: { title: 'Step name', none: 'no name' },
  tier: { title: 'Service tier', none: 'standard' },
  run: { title: 'Run', none: 'no run' },
  conversation: { title: 'Conversation', none: 'no conversation' },
  service: { title: 'Service', none: 'service not sent' },
  environment: { title: 'Environment', none: 'environment not sent' },
  user: { title: 'User', none: 'user not sent' },
  status: { title: 'State of the run', none: 'unknown' },
  day: { title: 'Day (UTC)', none: 'no date in the file' },
};

export function wordsOfGroups(by: CostBy): Words {
  const attribute = attributeOf(by);
  return attribute === undefined ? dimensionWords[by as CostDimension] : { title: attribute, none: 'not sent' };
}

export function groupName(group: CostGroup, by: CostBy): string {
  return group.name ?? group.key ?? wordsOfGroups(by).none;
}

export const usdOf = (nanoUsd: number): number => nanoUsd / 1e9;

/** The money of these calls: at least so much where some have no price, `—` where nothing is known to be paid for. */
export function moneyOf({ priced, unpriced, costNanoUsd }: CostFigures): string {
  if (priced === 0) return unpriced > 0 ? formatMoneyAtLeast(undefined, unpriced) : unknown;
  return formatMoneyAtLeast(usdOf(costNanoUsd), unpriced);
}

/** `25 Oct` of an ISO day; with its year where the days beside it are of another one. */
export function shortDay(day: string, withYear = false): string {
  return (withYear ? yearFormat : dayFormat).format(new Date(`${day}T00:00:00Z`));
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const yearFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

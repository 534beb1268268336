import type { PriceOverride } from '../../../shared/model/cost.ts';
import { matchesGlob } from '../pricing/overrides.ts';
import type { Pricing } from '../pricing/pricing.ts';

/**
 * Which models a change of prices may touch. Generous: a run carries the model that answered, an override may name the one that
 * was asked for (`gpt-5` and `gpt-5-2026-01-31`), with or without a provider in front. Pricing again what did not change is harmless.
 */
export function touchedModels(before: Pricing, after: Pricing): (model: string) => boolean {
  const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);
  // A provider's models are not known by their names, and what a catalogue means by a name is its own business.
  if (before.catalogue?.id !== after.catalogue?.id || !isSame(before.contracts, after.contracts)) return () => true;
  const [old, now] = [before.overrides, after.overrides].map(
    (all) => new Map(all.map((one) => [JSON.stringify(one), one])),
  );
  if (old === undefined || now === undefined) return () => true;
  const changed = [...[...old].filter(([text]) => !now.has(text)), ...[...now].filter(([text]) => !old.has(text))].map(
    ([, one]) => one,
  );
  // The later of two equals comes first: another order is a change too.
  return touchedByOverrides(
    changed.length > 0 ? changed : isSame(before.overrides, after.overrides) ? [] : after.overrides,
  );
}

function touchedByOverrides(overrides: readonly PriceOverride[]): (model: string) => boolean {
  const patterns = overrides.map(({ model }) => `*${model.trim().toLowerCase()}*`);
  const names = overrides.map(({ model }) => model.trim().toLowerCase());
  return (model) => {
    const text = model.toLowerCase();
    return patterns.some((pattern) => matchesGlob(pattern, text)) || names.some((name) => name.includes(text));
  };
}

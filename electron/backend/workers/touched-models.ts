import type { PriceOverride } from '../../../shared/model/cost.ts';
import { matchesGlob } from '../pricing/overrides.ts';

/**
 * Which models a change of overrides may touch. Generous: a run carries the model that answered, an override may name the one that
 * was asked for (`gpt-5` and `gpt-5-2026-01-31`), with or without a provider in front. Pricing again what did not change is harmless.
 */
export function touchedByOverrides(overrides: readonly PriceOverride[]): (model: string) => boolean {
  const patterns = overrides.map(({ model }) => `*${model.trim().toLowerCase()}*`);
  const names = overrides.map(({ model }) => model.trim().toLowerCase());
  return (model) => {
    const text = model.toLowerCase();
    return patterns.some((pattern) => matchesGlob(pattern, text)) || names.some((name) => name.includes(text));
  };
}

import type { IgnoreChoice } from '../../../shared/model/comparison.ts';
import { logsOf, spansOf } from '../library/queries/telemetry.ts';
import { learnLog, learnSpan } from '../redaction/redact-telemetry.ts';
import { createPrivateValues } from '../redaction/redactor.ts';
import { unnamedBy } from '../redaction/unnamed.ts';
import { createNormaliser } from './normalise.ts';
import type { Normaliser } from './normalise.ts';
import { activeRules, withUnnamed } from './rules.ts';
import type { RunComparer } from './run-comparer.ts';

const keptPairs = 4;

/**
 * For two runs. Where a name stands in one of them for a private value, the other is read as if it was redacted too. As long as neither is
 * known to hold a name (`names` of its fingerprint), they are compared as they are: looking for private values in two runs takes seconds.
 */
export function normaliserOf(
  comparer: RunComparer,
  ignore: IgnoreChoice | undefined,
  a: string,
  b: string,
): Normaliser {
  const active = activeRules(ignore);
  const { loader, unnamed } = comparer;
  if (!active.ids.has('names') || !(loader.hasNames(a) || loader.hasNames(b))) return createNormaliser(active);
  // A run that grew says more.
  const pair = JSON.stringify([a, b].sort().map((id) => [id, loader.detail(id).spans, loader.detail(id).logs]));
  const known = unnamed.get(pair) ?? unnamedRuns(comparer, [a, b]);
  unnamed.delete(pair);
  unnamed.set(pair, known);
  for (const oldest of unnamed.keys()) {
    if (unnamed.size <= keptPairs) break;
    unnamed.delete(oldest);
  }
  return createNormaliser(withUnnamed(active, known, pair));
}

/** What one text tells of may stand bare in another: all is learnt first. */
function unnamedRuns(reader: RunComparer, runIds: readonly string[]): (text: string) => string {
  const values = createPrivateValues({ rules: [], patterns: [] });
  for (const runId of runIds) {
    for (const { span } of spansOf(reader, runId)) learnSpan(values, span);
    for (const { log } of logsOf(reader, runId)) learnLog(values, log);
  }
  return unnamedBy(values);
}

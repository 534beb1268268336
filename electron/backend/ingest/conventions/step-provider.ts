import type { StepKind } from '../../../../shared/model/step.ts';
import type { SpanView } from '../../telemetry/span-view.ts';
import { meaningful } from './attribute-content.ts';
import type { FactsPart } from './convention.ts';
import { textSources } from './field-sources.ts';
import { pick } from './pick.ts';
import { normaliseProvider, providerOfHost, providerOfModel } from './providers.ts';

/** Only for steps a model provider has a part in: instrumentations stamp `llm.system` on tools and wrappers too. */
const providerKinds: ReadonlySet<StepKind> = new Set<StepKind>(['llm', 'embedding', 'rerank', 'agent']);

/** Who served the call: as stated, else by its host or its model. Undefined where nothing tells. */
export function providerOf(
  view: SpanView,
  kind: StepKind,
  parts: readonly FactsPart[],
  model: string | undefined,
  serverAddress: string | undefined,
): string | undefined {
  if (!providerKinds.has(kind)) return undefined;
  for (const key of textSources.provider) {
    const stated = meaningful(view.attributes.text(key));
    const found = stated === undefined ? undefined : normaliseProvider(stated);
    if (found !== undefined) return found;
  }
  const stated = pick(parts, (part) => part.provider);
  const named = stated === undefined ? undefined : normaliseProvider(stated);
  if (named !== undefined || kind === 'agent') return named;
  // llm.system last: the OpenAI Agents instrumentation writes `openai` whatever served the call.
  const system = meaningful(view.attributes.text('llm.system'));
  return (
    (serverAddress === undefined ? undefined : providerOfHost(serverAddress)) ??
    (model === undefined ? undefined : providerOfModel(model)) ??
    (system === undefined ? undefined : normaliseProvider(system))
  );
}

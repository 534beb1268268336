import type { SpanView } from '../../telemetry/span-view.ts';
import { silent } from './convention.ts';
import type { Convention } from './convention.ts';
import { printedUsage } from './printed-usage.ts';

/**
 * CrewAI's own count of what a crew used, over all of its models: OpenLLMetry writes it as Python prints it, OpenInference in the crew's output. Neither
 * sends the model calls themselves (FACTS.md, Other emitters).
 */
const usageKeys = ['crewai.crew.usage_metrics', 'crewai.crew.token_usage'] as const;
const isKickoff = ({ scopeName, name }: SpanView): boolean =>
  scopeName === 'openinference.instrumentation.crewai' && name.endsWith('.kickoff');

export const crewAi: Convention = {
  ...silent,
  id: 'crewai',
  version: 2,

  applies: (view) => usageKeys.some((key) => view.attributes.has(key)) || isKickoff(view),
  classify: () => undefined,

  facts(view, kind) {
    if (kind === 'llm') return {};
    const key = usageKeys.find((one) => view.attributes.has(one));
    const reading = printedUsage(view.attributes.text(key ?? 'output.value') ?? '');
    return reading === undefined ? {} : { usage: [reading], usageIsAggregate: true };
  },
};

import type { SpanView } from '../../telemetry/span-view.ts';
import { silent } from './convention.ts';
import type { Convention } from './convention.ts';
import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

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
  version: 1,

  applies: (view) => usageKeys.some((key) => view.attributes.has(key)) || isKickoff(view),
  classify: () => undefined,

  facts(view, kind) {
    if (kind === 'llm') return {};
    const key = usageKeys.find((one) => view.attributes.has(one));
    const reading = readCounts(view.attributes.text(key ?? 'output.value') ?? '');
    return reading === undefined ? {} : { usage: [reading], usageIsAggregate: true };
  },
};

/** `'prompt_tokens': 7`, `prompt_tokens=7` and `"prompt_tokens": 7`; the counts stand at the end of a long output. */
function readCounts(text: string): UsageReading | undefined {
  const at = text.lastIndexOf('total_tokens');
  if (at === -1) return undefined;
  const counts = new Map(
    [...text.slice(at, at + longest).matchAll(/\b([a-z_]{1,40})["']?[=:] ?(\d{1,15})\b/g)].map(
      ([, name = '', count]) => [name, tokenCount(Number(count))] as const,
    ),
  );
  const input = counts.get('prompt_tokens');
  if (input === undefined) return undefined;
  return {
    ...emptyReading,
    input,
    output: counts.get('completion_tokens'),
    total: counts.get('total_tokens'),
    cacheRead: counts.get('cached_prompt_tokens'),
    cacheWrite: counts.get('cache_creation_tokens'),
    reasoning: counts.get('reasoning_tokens'),
    inputBasis: 'inclusive',
    outputBasis: 'inclusive',
  };
}

const longest = 500;

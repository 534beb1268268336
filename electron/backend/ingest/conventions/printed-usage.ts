import { emptyReading, tokenCount } from './usage-basis.ts';
import type { UsageReading } from './usage-basis.ts';

/**
 * Counts in a text that Python printed: `'prompt_tokens': 7`, `prompt_tokens=7` and `"prompt_tokens": 7`, the last ones of it, which stand at the
 * end of a long output (CrewAI's crews, smolagents' raw answers). OpenAI's names, so input includes what was cached.
 */
export function printedUsage(text: string): UsageReading | undefined {
  const total = text.lastIndexOf('total_tokens');
  const begin = text.lastIndexOf('usage', total);
  if (total === -1) return undefined;
  const at = begin === -1 || total - begin > longest ? total : begin;
  const counts = new Map(
    [...text.slice(at, total + longest).matchAll(/\b([a-z_]{1,40})["']?[=:] ?(\d{1,15})\b/g)].map(
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
    cacheRead: counts.get('cached_prompt_tokens') ?? counts.get('cached_tokens'),
    cacheWrite: counts.get('cache_creation_tokens') ?? counts.get('cache_write_tokens'),
    reasoning: counts.get('reasoning_tokens'),
    inputBasis: 'inclusive',
    outputBasis: 'inclusive',
  };
}

const longest = 500;

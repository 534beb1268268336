import type { CostLine } from '../../../shared/model/cost.ts';
import type { Usage } from '../../../shared/model/usage.ts';

/** USD per million tokens; a rate that is missing is not zero. */
export interface Rates {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
  readonly cacheWrite1h: number | undefined;
  readonly reasoning: number | undefined;
  readonly audioInput: number | undefined;
  readonly audioCacheRead: number | undefined;
  readonly audioOutput: number | undefined;
  /** USD per call, whatever its size. */
  readonly request: number | undefined;
}

/** The same rates, all of them times a factor. */
export function scaled(rates: Rates, factor: number): Rates {
  if (factor === 1) return rates;
  const scale = (rate: number | undefined): number | undefined => (rate === undefined ? undefined : rate * factor);
  return {
    input: scale(rates.input),
    output: scale(rates.output),
    cacheRead: scale(rates.cacheRead),
    cacheWrite: scale(rates.cacheWrite),
    cacheWrite1h: scale(rates.cacheWrite1h),
    reasoning: scale(rates.reasoning),
    audioInput: scale(rates.audioInput),
    audioCacheRead: scale(rates.audioCacheRead),
    audioOutput: scale(rates.audioOutput),
    request: scale(rates.request),
  };
}

export interface Arithmetic {
  /** Empty when no rate fits anything that was used. */
  readonly lines: readonly CostLine[];
  readonly usd: number;
  /** The same tokens with none of them cached; absent where none are, or input has no price. */
  readonly uncachedUsd: number | undefined;
  readonly notes: readonly string[];
}

/**
 * Splits inclusive counts into disjoint lines, each with its rate (FACTS.md, Prices): cached parts never exceed
 * the input, reasoning and audio never the output. What has no rate of its own takes that of the plain tokens, and a note says so.
 */
export function priceLines(usage: Usage, rates: Rates): Arithmetic {
  const notes: string[] = [];
  const input = count(usage.input);
  const output = count(usage.output);
  if (usage.input === undefined) notes.push('The client sent no input tokens: this is what the output costs.');
  if (usage.output === undefined && rates.output !== undefined)
    notes.push('The client sent no output tokens: this is what the input costs.');

  const statedWrite = Math.max(count(usage.cacheWrite), count(usage.cacheWrite5m) + count(usage.cacheWrite1h));
  const cacheRead = Math.min(count(usage.cacheRead), input);
  const cacheWrite = Math.min(statedWrite, input - cacheRead);
  const cacheWrite1h = Math.min(count(usage.cacheWrite1h), cacheWrite);
  if (usage.input !== undefined && count(usage.cacheRead) + statedWrite > input) {
    notes.push('The client reported more cached tokens than input tokens: the cached ones were cut to fit.');
  }
  // Cached audio is part of both: it is charged once, at its own rate.
  const audioCacheRead = Math.min(count(usage.audioCacheRead), cacheRead, count(usage.audioInput));
  const audioInput = Math.min(count(usage.audioInput) - audioCacheRead, input - cacheRead - cacheWrite);
  const audioOutput = Math.min(count(usage.audioOutput), output);
  const reasoning = Math.min(count(usage.reasoning), output - audioOutput);

  const lines: CostLine[] = [];
  const add = (
    label: CostLine['label'],
    tokens: number,
    own: number | undefined,
    fallback: number | undefined,
    what: string,
  ): void => {
    if (tokens <= 0) return;
    const rate = own ?? fallback;
    if (rate === undefined) {
      notes.push(`There is no price for ${what}: ${tokens} tokens are not in this amount.`);
      return;
    }
    lines.push({ label, tokens, usdPerMillion: rate, usd: (tokens * rate) / 1e6 });
  };
  const without = (tokens: number, own: number | undefined, what: string, instead: string): void => {
    if (tokens > 0 && own === undefined)
      notes.push(`There is no own price for ${what}: the price of ${instead} was taken.`);
  };

  add('input', input - cacheRead - cacheWrite - audioInput, rates.input, undefined, 'input');
  without(cacheRead - audioCacheRead, rates.cacheRead, 'cached input', 'input');
  add('cache-read', cacheRead - audioCacheRead, rates.cacheRead, rates.input, 'cached input');
  without(audioCacheRead, rates.audioCacheRead, 'cached audio input', 'audio input');
  add(
    'audio-cache-read',
    audioCacheRead,
    rates.audioCacheRead,
    rates.audioInput ?? rates.cacheRead ?? rates.input,
    'cached audio input',
  );
  without(cacheWrite - cacheWrite1h, rates.cacheWrite, 'writing to the cache', 'input');
  add('cache-write', cacheWrite - cacheWrite1h, rates.cacheWrite, rates.input, 'writing to the cache');
  without(
    cacheWrite1h,
    rates.cacheWrite1h,
    'writing to the one-hour cache',
    rates.cacheWrite === undefined ? 'input' : 'the five-minute cache',
  );
  add(
    'cache-write-1h',
    cacheWrite1h,
    rates.cacheWrite1h,
    rates.cacheWrite ?? rates.input,
    'writing to the one-hour cache',
  );
  without(audioInput, rates.audioInput, 'audio input', 'input');
  add('audio-input', audioInput, rates.audioInput, rates.input, 'audio input');
  add('output', output - audioOutput - reasoning, rates.output, undefined, 'output');
  add('reasoning', reasoning, rates.reasoning, rates.output, 'reasoning');
  without(audioOutput, rates.audioOutput, 'audio output', 'output');
  add('audio-output', audioOutput, rates.audioOutput, rates.output, 'audio output');
  if (rates.request !== undefined)
    lines.push({ label: 'request', tokens: 1, usdPerMillion: rates.request * 1e6, usd: rates.request });
  return { lines, usd: sumOf(lines), uncachedUsd: uncached(lines, rates), notes };
}

function sumOf(lines: readonly CostLine[]): number {
  return lines.reduce((sum, line) => sum + line.usd, 0);
}

function uncached(lines: readonly CostLine[], rates: Rates): number | undefined {
  if (rates.input === undefined || !lines.some(({ label }) => cachedLabels.has(label))) return undefined;
  const { input, audioInput = input } = rates;
  return sumOf(
    lines.map((line) => {
      if (!cachedLabels.has(line.label)) return line;
      const rate = line.label === 'audio-cache-read' ? audioInput : input;
      return { ...line, usd: (line.tokens * rate) / 1e6 };
    }),
  );
}

const cachedLabels: ReadonlySet<CostLine['label']> = new Set([
  'cache-read',
  'cache-write',
  'cache-write-1h',
  'audio-cache-read',
]);

function count(tokens: number | undefined): number {
  return tokens !== undefined && Number.isFinite(tokens) && tokens > 0 ? tokens : 0;
}

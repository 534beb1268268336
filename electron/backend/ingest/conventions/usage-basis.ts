import type { Usage, UsageBasis } from '../../../../shared/model/usage.ts';

/**
 * Token counts as one carrier wrote them, before they are made inclusive (FACTS.md, Token basis).
 * `input` includes cached tokens only where `inputBasis` says so.
 */
export interface UsageReading {
  readonly input: number | undefined;
  readonly output: number | undefined;
  readonly total: number | undefined;
  readonly cacheRead: number | undefined;
  readonly cacheWrite: number | undefined;
  readonly cacheWrite5m: number | undefined;
  readonly cacheWrite1h: number | undefined;
  readonly reasoning: number | undefined;
  readonly audioInput: number | undefined;
  readonly audioCacheRead: number | undefined;
  readonly audioOutput: number | undefined;
  /** What the emitter's own rule says; undefined where it has none. */
  readonly inputBasis: 'inclusive' | 'exclusive' | undefined;
  readonly outputBasis: 'inclusive' | 'exclusive' | undefined;
}

export const emptyReading: UsageReading = {
  input: undefined,
  output: undefined,
  total: undefined,
  cacheRead: undefined,
  cacheWrite: undefined,
  cacheWrite5m: undefined,
  cacheWrite1h: undefined,
  reasoning: undefined,
  audioInput: undefined,
  audioCacheRead: undefined,
  audioOutput: undefined,
  inputBasis: undefined,
  outputBasis: undefined,
};

const countFields = [
  'input',
  'output',
  'total',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'reasoning',
  'audioInput',
  'audioCacheRead',
  'audioOutput',
] as const;

/** No call of a model has more, and the sums of a run stay exact. */
const mostTokens = 1e12;

/** A negative, fractional or boundless token count is a mistake of the emitter, not a figure. */
export function tokenCount(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= mostTokens ? Math.round(value) : undefined;
}

export function isEmptyReading(reading: UsageReading): boolean {
  return countFields.every((name) => reading[name] === undefined);
}

export interface NormalisedUsage {
  readonly usage: Usage;
  readonly basis: UsageBasis;
  /** Only the total told of the reasoning. */
  readonly isReasoningOfTotal?: boolean;
}

/**
 * Joins the readings of one span, most trusted first: later ones fill only what is missing. A raw provider reading with a
 * known exclusive basis and the same input count proves that the first one was exclusive too.
 * `isReasoningApart`: the model's API counts reasoning beside the output; where it was not sent, it is what the total holds more
 * (Gemini's thoughts, which OpenLLMetry leaves out). undefined when no reading knows input or output.
 */
export function joinReadings(readings: readonly UsageReading[], isReasoningApart = false): NormalisedUsage | undefined {
  const present = readings.filter((reading) => !isEmptyReading(reading));
  const primary = present.find((reading) => reading.input !== undefined || reading.output !== undefined) ?? present[0];
  if (primary === undefined) return undefined;
  const normalised = present
    .filter((reading) => reading !== primary)
    .map((reading) => ({ raw: reading, inclusive: normalise(reading) }));
  const proof = normalised.find(
    ({ raw }) =>
      raw.inputBasis === 'exclusive' && raw.input !== undefined && raw.input === primary.input && cached(raw) > 0,
  );
  const others = normalised.map(({ inclusive }) => inclusive.usage);
  const cachedElsewhere = others.find((usage) => usage.cacheRead !== undefined || usage.cacheWrite !== undefined);
  const first = normalise({
    ...primary,
    cacheRead: primary.cacheRead ?? cachedElsewhere?.cacheRead,
    cacheWrite: primary.cacheWrite ?? cachedElsewhere?.cacheWrite,
    reasoning: primary.reasoning ?? others.find((usage) => usage.reasoning !== undefined)?.reasoning,
    inputBasis: proof === undefined ? primary.inputBasis : 'exclusive',
  });
  const usage = others.reduce(fill, first.usage);
  if (usage.input === undefined && usage.output === undefined) return undefined;
  const rest = isReasoningApart ? restOf(usage, present.find(({ total }) => total !== undefined)?.total) : 0;
  if (rest === 0) return { usage, basis: first.basis };
  const whole = { ...usage, output: (usage.output ?? 0) + rest, reasoning: rest };
  return { usage: whole, basis: first.basis, isReasoningOfTotal: true };
}

function restOf({ input, output, reasoning }: Usage, total: number | undefined): number {
  if (input === undefined || output === undefined || reasoning !== undefined || total === undefined) return 0;
  return Math.max(total - input - output, 0);
}

function fill(left: Usage, right: Usage): Usage {
  return { ...right, ...left };
}

const cached = (reading: UsageReading): number => (reading.cacheRead ?? 0) + (reading.cacheWrite ?? 0);

/** Rule 9: the vendor's rule, else cached > input, else the total decides, else inclusive is assumed. */
export function normalise(reading: UsageReading): NormalisedUsage {
  const splitWrite = (reading.cacheWrite5m ?? 0) + (reading.cacheWrite1h ?? 0);
  const cacheWrite =
    reading.cacheWrite === undefined
      ? splitWrite > 0
        ? splitWrite
        : undefined
      : Math.max(reading.cacheWrite, splitWrite);
  const extra = (reading.cacheRead ?? 0) + (cacheWrite ?? 0);
  const reasoning = reading.reasoning ?? 0;
  const output =
    reading.output !== undefined && leavesReasoningOut(reading, reading.output, reasoning)
      ? reading.output + reasoning
      : reading.output;

  const basis = inputBasis(reading, extra, output ?? 0);
  const input = reading.input !== undefined && basis === 'exclusive-fixed' ? reading.input + extra : reading.input;
  return {
    basis,
    usage: present({
      input,
      output,
      cacheRead: reading.cacheRead,
      cacheWrite,
      cacheWrite5m: reading.cacheWrite5m,
      cacheWrite1h: reading.cacheWrite1h,
      reasoning: reading.reasoning,
      audioInput: reading.audioInput,
      audioCacheRead: reading.audioCacheRead,
      audioOutput: reading.audioOutput,
    }),
  };
}

/** The emitter's rule, else reasoning > output, else the total decides (Gemini counts thoughts apart, whoever passes its figures on). */
function leavesReasoningOut(reading: UsageReading, output: number, reasoning: number): boolean {
  if (reading.outputBasis !== undefined) return reading.outputBasis === 'exclusive';
  if (reasoning > output) return true;
  return reasoning > 0 && reading.total !== undefined && reading.total === (reading.input ?? 0) + output + reasoning;
}

function inputBasis(reading: UsageReading, extra: number, output: number): UsageBasis {
  const { input, total } = reading;
  if (input === undefined) return 'assumed';
  if (reading.inputBasis === 'exclusive') return extra > 0 ? 'exclusive-fixed' : 'inclusive';
  if (extra > input) return 'exclusive-fixed';
  if (reading.inputBasis === 'inclusive') return 'inclusive';
  if (extra === 0) return reading.cacheRead === undefined && reading.cacheWrite === undefined ? 'assumed' : 'inclusive';
  if (total !== undefined) {
    if (input + output === total) return 'inclusive';
    if (input + extra + output === total) return 'exclusive-fixed';
  }
  return 'assumed';
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Leaves out what is unknown, so that a spread never overwrites a known figure with undefined. */
function present(counts: { readonly [K in keyof Usage]-?: number | undefined }): Usage {
  const usage: Writable<Usage> = {};
  for (const [name, value] of Object.entries(counts) as [keyof Usage, number | undefined][]) {
    if (value !== undefined) usage[name] = value;
  }
  return usage;
}

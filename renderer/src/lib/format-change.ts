import { formatCount, formatDuration, formatMoney, formatTokens, unknown } from './format.ts';

/** How a figure went from one value to another. An unknown side makes the change unknown, never 0. */
export interface Change {
  /** With its sign: `+$0.012`, `−1.2s`, `±0`. */
  readonly text: string;
  readonly direction: 'up' | 'down' | 'equal' | 'unknown';
  /** `+77%`, `−1.5%`; undefined when the first value is 0 or unknown. */
  readonly percent: string | undefined;
}

export type Unit = 'count' | 'tokens' | 'money' | 'duration';

const formats = { count: formatCount, tokens: formatTokens, money: formatMoney, duration: formatDuration } as const;

export function formatChange(before: number | undefined, after: number | undefined, unit: Unit): Change {
  if (before === undefined || after === undefined) return { text: unknown, direction: 'unknown', percent: undefined };
  const change = after - before;
  if (change === 0) return { text: '±0', direction: 'equal', percent: before === 0 ? undefined : '±0%' };
  return {
    text: signed(change, formats[unit](Math.abs(change))),
    direction: change > 0 ? 'up' : 'down',
    percent: before === 0 ? undefined : formatPercent(change / before),
  };
}

/** Whole percent from 10 % on, one decimal below. */
function formatPercent(share: number): string {
  const percent = Math.abs(share) * 100;
  const text = percent < 0.05 ? '<0.1' : percent < 9.95 ? percent.toFixed(1) : formatCount(percent);
  return signed(share, `${text}%`);
}

/** What is too little to be written out is less than that either way: `<1ms`, without a sign before the sign. */
function signed(value: number, text: string): string {
  if (text.startsWith('<')) return text;
  return value < 0 ? `−${text}` : `+${text}`;
}

import { isDated } from '../../../shared/model/units.ts';
/** Figures for a terminal. Unknown is a dash, never 0. */

export function formatTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime()) || !isDated(milliseconds)) return '–';
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

export function formatDuration(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–';
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `≥` where some calls have no price. */
export function formatUsd(usd: number | undefined, atLeast: boolean): string {
  if (usd === undefined) return '–';
  const digits = usd !== 0 && usd < 0.1 ? 4 : 2;
  return `${atLeast ? '≥' : ''}$${usd.toFixed(digits)}`;
}

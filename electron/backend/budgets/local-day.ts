/** A day of this machine: from its midnight up to the next one, which daylight saving makes 23 or 25 hours. Milliseconds since 1970. */
export interface LocalDay {
  /** ISO day. */
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export function localDayOf(ms: number): LocalDay {
  const at = new Date(ms);
  const [year, month, date] = [at.getFullYear(), at.getMonth(), at.getDate()];
  const pad = (value: number, length = 2): string => String(value).padStart(length, '0');
  return {
    day: `${pad(year, 4)}-${pad(month + 1)}-${pad(date)}`,
    fromMs: new Date(year, month, date).getTime(),
    toMs: new Date(year, month, date + 1).getTime(),
  };
}

/** `Europe/Berlin`. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

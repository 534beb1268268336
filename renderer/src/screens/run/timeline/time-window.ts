/** A stretch of a run, in milliseconds from the run's start. `undefined` in its place means the whole run. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/** A window is never narrower than this share of the run: below it floating point and the eye both give up. */
const narrowestShare = 1 / 20_000;

/** Puts a wanted stretch inside the run; `undefined` when it holds (nearly) the whole run. */
export function clampWindow(wanted: TimeWindow, durationMs: number): TimeWindow | undefined {
  const total = Math.max(durationMs, 0);
  if (total === 0) return undefined;
  const width = Math.min(Math.max(Math.abs(wanted.to - wanted.from), total * narrowestShare), total);
  if (width >= total * 0.999) return undefined;
  const left = Math.min(wanted.from, wanted.to);
  const from = Math.min(Math.max(left, 0), total - width);
  return { from, to: from + width };
}

/** Zooms about `aroundMs` (kept at the same place on screen): factor 0.5 shows half as much, 2 twice as much. */
export function zoomWindow(
  current: TimeWindow | undefined,
  durationMs: number,
  factor: number,
  aroundMs: number,
): TimeWindow | undefined {
  const { from, to } = current ?? { from: 0, to: durationMs };
  const centre = aroundMs < from || aroundMs > to ? (from + to) / 2 : aroundMs;
  return clampWindow({ from: centre - (centre - from) * factor, to: centre + (to - centre) * factor }, durationMs);
}

/** Moves the window by a share of its own width: -0.25 is a quarter to the left. */
export function panWindow(current: TimeWindow | undefined, durationMs: number, share: number): TimeWindow | undefined {
  if (current === undefined) return undefined;
  const by = (current.to - current.from) * share;
  return clampWindow({ from: current.from + by, to: current.to + by }, durationMs);
}

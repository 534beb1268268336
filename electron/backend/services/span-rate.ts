/** Spans per second over the last few seconds, for the status bar. */
export interface SpanRate {
  add(spans: number): void;
  read(): { readonly spansPerSecond: number; readonly lastSpanAt: number | undefined };
  close(): void;
}

const windowMs = 5_000;

export function createSpanRate(): SpanRate {
  let arrivals: { readonly atMs: number; readonly spans: number }[] = [];
  let lastSpanAt: number | undefined;
  const forget = (): void => {
    const from = performance.now() - windowMs;
    arrivals = arrivals.filter(({ atMs }) => atMs >= from);
  };
  return {
    add(spans) {
      forget();
      arrivals.push({ atMs: performance.now(), spans });
      lastSpanAt = Date.now();
    },
    read() {
      forget();
      const spans = arrivals.reduce((sum, arrival) => sum + arrival.spans, 0);
      return { spansPerSecond: Math.round((spans / windowMs) * 10_000) / 10, lastSpanAt };
    },
    close() {
      arrivals = [];
    },
  };
}

import type { Notice } from '../../../../shared/model/run.ts';

/** What the reader of a run should know, said once for each code however many steps it concerns. */
export interface RunNotices {
  add(code: string, message: string, stepIndex?: number): void;
  has(code: string): boolean;
  list(): readonly Notice[];
}

export function createRunNotices(): RunNotices {
  const byCode = new Map<string, { message: string; step: number | undefined; count: number }>();
  return {
    add(code, message, stepIndex) {
      const known = byCode.get(code);
      if (known) known.count += 1;
      else byCode.set(code, { message, step: stepIndex, count: 1 });
    },
    has: (code) => byCode.has(code),
    list: () =>
      [...byCode].map(([code, { message, step, count }]) => ({
        code,
        message: count === 1 ? message : `${message} (and ${count - 1} more like this)`,
        ...(step === undefined ? {} : { step }),
      })),
  };
}

import { readFileSync } from 'node:fs';

/** As far as it is needed of Electron's ProcessMetric. */
export interface ProcessFigures {
  readonly type: string;
  /** Since the figures were asked for last. */
  readonly cpu: { readonly percentCPUUsage: number };
  /** kB. */
  readonly memory: { readonly workingSetSize: number; readonly privateBytes?: number };
}

/**
 * kB of a process that are its own, and its share of what others use too. Only Linux tells; elsewhere Electron's own figures count.
 * Electron's working sets count each shared page once for each process: 767 MB where these are a third of it.
 */
export function proportionalKb(pid: number): number | undefined {
  try {
    const kb = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb);
  } catch {
    return undefined;
  }
}

/** What `--measure` writes into the log: all processes of the app, and each kind of them. */
export function measureLine(processes: readonly ProcessFigures[], isHidden: boolean): string {
  const megabytes = (figures: readonly ProcessFigures[]): number =>
    Math.round(figures.reduce((sum, { memory }) => sum + (memory.privateBytes ?? memory.workingSetSize), 0) / 1024);
  const percent = processes.reduce((sum, { cpu }) => sum + cpu.percentCPUUsage, 0);
  const kinds = [...Map.groupBy(processes, ({ type }) => type)].map(([type, ones]) => `${type} ${megabytes(ones)}`);
  const window = isHidden ? 'hidden' : 'shown';
  return `measure: window ${window}, ${processes.length} processes, ${megabytes(processes)} MB, ${percent.toFixed(1)} % of a core (${kinds.join(', ')} MB)`;
}

/** As far as it is needed of Electron's ProcessMetric. */
export interface ProcessFigures {
  readonly type: string;
  /** Since the figures were asked for last. */
  readonly cpu: { readonly percentCPUUsage: number };
  /** kB. */
  readonly memory: { readonly workingSetSize: number; readonly privateBytes?: number };
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

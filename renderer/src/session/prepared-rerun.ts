/** How a re-run is to be made, said on another screen than that of its run: the sheet begins with it when it opens next. */
export interface PreparedRerun {
  readonly models: readonly string[];
  /** As the sheet's field has it. */
  readonly repeat: string;
}

const prepared = new Map<string, PreparedRerun>();

export function prepareRerun(runId: string, how: PreparedRerun): void {
  prepared.set(runId, how);
}

/** Once. */
export function takePreparedRerun(runId: string): PreparedRerun | undefined {
  const how = prepared.get(runId);
  prepared.delete(runId);
  return how;
}

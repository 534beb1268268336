/**
 * Counts what the window is busy with besides queries: running calls, imports, delayed refetches.
 * idle.ts waits for all of it.
 */
const counts = new Map<string, number>();

function change(label: string, by: number): void {
  const count = (counts.get(label) ?? 0) + by;
  if (count > 0) counts.set(label, count);
  else counts.delete(label);
}

/** Marks the start of something; call the result once when it is over (more calls do nothing). */
export function startWork(label: string): () => void {
  let over = false;
  change(label, 1);
  return () => {
    if (over) return;
    over = true;
    change(label, -1);
  };
}

export async function whileWorking<T>(label: string, work: Promise<T>): Promise<T> {
  const done = startWork(label);
  try {
    return await work;
  } finally {
    done();
  }
}

/** What is going on now, e.g. `['call runs.list', 'import']`. */
export function workInProgress(): readonly string[] {
  return [...counts.keys()];
}

/**
 * Signals one process. Throws for what is none: to `kill`, -1 is every process of this machine and 0 the group of the test itself,
 * and both come about by themselves where a number is looked up and not found.
 */
export function signalProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined || !Number.isInteger(pid) || pid < 2) throw new Error(`There is no process ${String(pid)}.`);
  process.kill(pid, signal);
}

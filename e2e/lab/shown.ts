import { execFile } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cliShowSchema } from '../../shared/cli-documents.ts';
import { launcher } from '../corpus/served-library.ts';
import type { CommandLine } from '../corpus/served-library.ts';
import type { Played } from './run-pair.ts';
import type { ShownRun } from './shown-run.ts';

const patienceMs = 400_000;
/** Processes of the command line at once. */
const atOnce = 4;

/** What Retake shows of each, once no run is running: the runs that hold its traces, in order of their start. */
export async function showPlayed(
  all: readonly Played[],
  line: CommandLine,
): Promise<ReadonlyMap<Played, readonly ShownRun[]>> {
  const traces = new Map(all.map((played) => [played, traceIdsOf(played)]));
  const listed = await endedRuns(line, new Set([...traces.values()].flatMap((ids) => [...ids])));
  const shown = new Map<Played, ShownRun[]>();
  const left = [...traces].flatMap(([played, ids]) =>
    listed.filter((run) => run.traceIds.some((id) => ids.has(id))).map(({ id }) => ({ played, id })),
  );
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const run = await show(line, next.id);
      shown.set(next.played, [...(shown.get(next.played) ?? []), run]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const runs of shown.values())
    runs.sort(({ run: one }, { run: other }) => ((one.startedAt ?? '') < (other.startedAt ?? '') ? -1 : 1));
  return shown;
}

const traceIdsOf = ({ sent }: Played): ReadonlySet<string> =>
  new Set([...JSON.stringify(sent).matchAll(/"traceId":"([\da-f]{32})"/g)].map(([, id = '']) => id));

/** All of them, or what there is when nothing more has come for a while: a run is listed once it has been put together. */
async function endedRuns(line: CommandLine, wanted: ReadonlySet<string>) {
  for (let [end, quiet, before] = [Date.now() + patienceMs, 0, 0]; ;) {
    const found = line.runs().runs.filter((run) => run.traceIds.some((id) => wanted.has(id)));
    const covered = new Set(found.flatMap(({ traceIds }) => traceIds));
    const isOver = found.length > 0 && found.every(({ status }) => status !== 'running');
    quiet = found.length === before ? quiet + 1 : 0;
    before = found.length;
    if (Date.now() > end || (isOver && ([...wanted].every((id) => covered.has(id)) || quiet > mostQuiet))) return found;
    await setTimeout(5_000);
  }
}

/** Looks that find nothing new before no more is expected. */
const mostQuiet = 10;

async function show(line: CommandLine, runId: string): Promise<ShownRun> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [launcher, 'show', runId, '--json', '--messages', '--library', line.directory],
    { maxBuffer: 512 * 1024 * 1024 },
  );
  return cliShowSchema.parse(JSON.parse(stdout));
}

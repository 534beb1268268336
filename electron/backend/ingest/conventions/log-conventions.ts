import { hash } from 'node:crypto';
import { traceId } from '../../../../shared/model/units.ts';
import type { TraceId } from '../../../../shared/model/units.ts';
import type { RawLog } from '../../telemetry/raw-span.ts';
import { viewLog } from '../../telemetry/view-span.ts';
import { claudeCodeLogs } from './claude-code-logs.ts';
import { codexLogs } from './codex-logs.ts';
import { evaluationLogs } from './evaluation-logs.ts';
import { geminiCliLogs } from './gemini-cli-logs.ts';
import { googleAdkLogs } from './google-adk-logs.ts';
import type { LogConvention, LogSubject, TimedLog } from './log-convention.ts';

/** Every convention of logs: the first that recognises a record reads it. */
export const logConventions: readonly LogConvention[] = [
  claudeCodeLogs,
  codexLogs,
  geminiCliLogs,
  googleAdkLogs,
  evaluationLogs,
];

const conventionOf = (log: TimedLog, list: readonly LogConvention[]): LogConvention | undefined =>
  list.find((convention) => convention.applies(log));

export function timedLog(log: RawLog): TimedLog {
  return { scopeName: log.scope.name, view: viewLog(log) };
}

/**
 * The run of a record that has no trace id, as the trace id that stands for its session. The same for every record of the session, in
 * every library.
 */
export function sessionOfLog(log: RawLog): TraceId | undefined {
  if (log.traceId !== undefined) return undefined;
  const timed = timedLog(log);
  const convention = conventionOf(timed, logConventions);
  const session = convention?.session(timed);
  return convention === undefined || session === undefined ? undefined : sessionTrace(convention.id, session);
}

/** A trace id that stands for a session of a client. */
export function sessionTrace(client: string, session: string): TraceId {
  return traceId(hash('sha256', `${client} ${session}`, 'hex').slice(0, 32));
}

/** What each record tells of, at the same place; undefined for those that nobody recognises: they stay with the span they name. */
export function subjectsOf(
  logs: readonly TimedLog[],
  list: readonly LogConvention[] = logConventions,
): readonly (LogSubject | undefined)[] {
  return readLogs(logs, list).subjects;
}

/** As `subjectsOf`, with the conventions that had a part in it. */
export function readLogs(
  logs: readonly TimedLog[],
  list: readonly LogConvention[],
): { readonly subjects: readonly (LogSubject | undefined)[]; readonly applied: ReadonlySet<LogConvention> } {
  const byConvention = new Map<LogConvention, number[]>();
  for (const [index, log] of logs.entries()) {
    const convention = conventionOf(log, list);
    if (convention === undefined) continue;
    const known = byConvention.get(convention);
    if (known) known.push(index);
    else byConvention.set(convention, [index]);
  }
  const subjects = Array.from<LogSubject | undefined>({ length: logs.length });
  for (const [convention, members] of byConvention) {
    const inTime = members
      .flatMap((index) => {
        const log = logs[index];
        return log ? [{ index, log }] : [];
      })
      .toSorted((left, right) => compareTimes(left.log.view.timeNs, right.log.view.timeNs));
    for (const [place, subject] of convention.subjects(inTime.map(({ log }) => log)).entries()) {
      const member = inTime[place];
      if (member) subjects[member.index] = subject;
    }
  }
  return { subjects, applied: new Set(byConvention.keys()) };
}

const compareTimes = (left: bigint, right: bigint): number => (left < right ? -1 : left > right ? 1 : 0);

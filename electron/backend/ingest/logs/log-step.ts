import { nanos, traceId } from '../../../../shared/model/units.ts';
import type { SpanId } from '../../../../shared/model/units.ts';
import type { RawLog, RawSpan } from '../../telemetry/raw-span.ts';
import type { LogConvention } from '../conventions/log-convention.ts';
import { logConventions, subjectsOf, timedLog } from '../conventions/log-conventions.ts';

/**
 * The span that a step made of logs would have had, for the conventions: named after the event that it was made of, with that event's
 * attributes. Nothing of it is stored. `logs`: all that tell of the step, in order of arrival; undefined when none of them makes one.
 */
export function spanOfLogs(
  spanId: SpanId,
  logs: readonly RawLog[],
  list: readonly LogConvention[] = logConventions,
): RawSpan | undefined {
  const timed = logs.map(timedLog);
  const subjects = subjectsOf(timed, list);
  let first: { readonly log: RawLog; readonly name: string } | undefined;
  let startNs = 0n;
  let endNs = 0n;
  for (const [index, subject] of subjects.entries()) {
    const log = logs[index];
    // A record about two steps is with both: what makes this one is what all of its records are about.
    const key = subject?.step?.key;
    if (!subject?.step || key === undefined || !log || !subjects.every((other) => other?.about.includes(key) === true))
      continue;
    if (!first || subject.step.startNs < startNs) startNs = subject.step.startNs;
    if (subject.step.endNs > endNs) endNs = subject.step.endNs;
    first ??= { log, name: nameOf(timed[index]?.view.eventName, log) };
  }
  if (!first) return undefined;
  const { log, name } = first;
  return {
    traceId: log.traceId ?? traceId('0'.repeat(32)),
    spanId,
    parentSpanId: log.spanId,
    traceState: '',
    flags: 0,
    name,
    kind: 1,
    startNs: nanos(startNs),
    endNs: nanos(endNs),
    attributes: log.attributes,
    droppedAttributes: log.droppedAttributes,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
    resource: log.resource,
    scope: log.scope,
  };
}

function nameOf(event: string | undefined, log: RawLog): string {
  return event ?? (log.eventName === '' ? 'log' : log.eventName);
}

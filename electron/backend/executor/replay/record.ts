import type { RecordRequest } from '../../../../shared/model/take.ts';
import type { ExecutorServices } from '../executor-services.ts';
import type { TakeOutcome, TakeSession } from '../executor.ts';
import { priceOfExchange } from '../recorded/call-price.ts';
import { reportEnd, reportProgress } from '../session/call-reports.ts';
import { runSession } from '../session/run-session.ts';
import { createTally, talliedCall } from '../session/tally.ts';

/** Runs a command behind the gateway with every call live: the run can then be re-run from any step. */
export async function recordRun(
  services: ExecutorServices,
  request: RecordRequest,
  session: TakeSession,
): Promise<TakeOutcome> {
  const counter = createTally();
  const [program = '', ...rest] = request.launch.command;
  const outcome = await runSession({
    services,
    command: [program, ...rest],
    cwd: request.launch.cwd,
    environment: process.env,
    output: session.output,
    signal: session.signal,
    name: request.name,
    upstream: request.upstream,
    take: undefined,
    onStart: (id) => session.started(id),
    onNote: (text) => session.note(text),
    beforeLive: (call) => session.beforeLive(call),
    onAgentEnd: () => session.agentEnded(),
    onProgress: (progress, spanId) => reportProgress(session, progress, spanId, () => undefined),
    onExchange(exchange, stepId) {
      const costUsd = priceOfExchange(services, exchange);
      const counted = talliedCall(exchange, costUsd, undefined);
      if (counted) counter.add(counted);
      reportEnd(session, exchange, stepId, costUsd, () => undefined);
    },
  });
  const { tally } = counter;
  return {
    runId: outcome.runId,
    exitCode: outcome.exitCode,
    status: outcome.stopped ? 'stopped' : outcome.exitCode === 0 ? 'ok' : 'error',
    ...tally,
    served: { ...tally.served, skipped: 0 },
    problems: outcome.problems,
  };
}

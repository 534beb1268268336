import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TraceId } from '../../../../shared/model/units.ts';
import type { TelemetrySink } from '../../telemetry/raw-span.ts';
import { RunWriter } from './recorded/write-run.ts';
import type { Source, SourceOutput } from './source.ts';

/** About 10 ms: 3,818 spans of a tau-bench file take 157 ms. */
const spansPerTurn = 250;

/** What a source writes to, over a sink for telemetry; `end` after the file's last run. `known`: see RunWriter. */
export function sourceOutput(
  source: Pick<Source, 'id' | 'version' | 'input'>,
  sink: TelemetrySink,
  signal: AbortSignal | undefined,
  known?: TraceId,
): { readonly out: SourceOutput; readonly end: () => void } {
  const writer = new RunWriter(source, sink, { known });
  let spans = 0;
  return {
    out: {
      span: (span) => sink.span(span),
      log: (log) => sink.log(log),
      metrics: (request, dataPoints) => sink.metrics(request, dataPoints),
      skip: (skipped) => sink.skip(skipped),
      warn: (message) => sink.warn(message),
      async run(run) {
        for (const _ of writer.write(run)) {
          spans += 1;
          if (spans % spansPerTurn !== 0) continue;
          await nextTurn();
          signal?.throwIfAborted();
        }
      },
    },
    end: () => writer.end(),
  };
}

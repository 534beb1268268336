import { readFileSync } from 'node:fs';
import type { RawSpan, TelemetrySink } from '../../../telemetry/raw-span.ts';
import type { AttributeReader } from '../../../telemetry/span-view.ts';
import type { StepContent, StepFacts } from '../../../telemetry/step-facts.ts';
import { viewSpan } from '../../../telemetry/view-span.ts';
import { readContent, readFacts } from '../../conventions/conventions.ts';
import { importBytes } from '../import-file.ts';
import { collect, fixturePath } from '../otlp/otlp.testing.ts';

/** For tests of the trajectory formats: a file as its runs, each span read by the conventions as the product reads it. */
export interface ReadSpan {
  readonly span: RawSpan;
  readonly facts: StepFacts;
  readonly content: StepContent;
  readonly attributes: AttributeReader;
}

export interface ReadFile {
  readonly format: string;
  /** Spans of each run in their order, the root first. */
  readonly runs: readonly (readonly ReadSpan[])[];
  readonly warnings: readonly string[];
  readonly skipped: readonly string[];
}

export const fixture = (name: string): Buffer => readFileSync(fixturePath(name));

export async function readTrajectories(content: Buffer | string, sink: Partial<TelemetrySink> = {}): Promise<ReadFile> {
  const collected = collect();
  const { format } = await importBytes('dropped', Buffer.from(content), { ...collected.sink, ...sink });
  const runs = Map.groupBy(collected.spans, (span) => span.traceId);
  return {
    format,
    warnings: collected.warnings,
    skipped: collected.skipped.map(({ reason }) => reason),
    runs: [...runs.values()].map((spans) =>
      spans.map((span) => {
        const view = viewSpan(span, []);
        return { span, facts: readFacts(view), content: readContent(view), attributes: view.attributes };
      }),
    ),
  };
}

/** One line per span: kind, name, arguments or the answer, status. */
export const outline = (run: readonly ReadSpan[] | undefined): readonly string[] =>
  (run ?? []).map(({ facts, content }) => {
    const said = content.output.flatMap(({ parts }) =>
      parts.map((part) =>
        part.type === 'text'
          ? part.text
          : part.type === 'tool_call'
            ? `${part.name}(${part.arguments ?? ''})`
            : part.type,
      ),
    );
    return [
      facts.kind,
      facts.name,
      ...(facts.kind === 'tool' ? [content.toolArguments] : said),
      ...(facts.status === 'unset' ? [] : [facts.status]),
    ].join(' | ');
  });

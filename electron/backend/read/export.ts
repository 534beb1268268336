import type { ExportFormat, ExportRequest } from '../../../shared/contract.ts';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { LookedThrough } from '../../../shared/model/redaction.ts';
import { nanosToMillis } from '../../../shared/model/units.ts';
import { csvLine } from '../base/csv.ts';
import { stepsOf } from '../library/queries/steps.ts';
import type { LibraryReader } from '../library/reader.ts';
import { encodeOtlpJson, encodeOtlpProto } from '../telemetry/export-otlp.ts';
import { prepareHandOn } from './share/handed-on.ts';
import type { HandedOn } from './share/handed-on.ts';
import { encodeHtml } from './share/html-file.ts';
import type { LearntTakeTrees } from './share/learnt-take-trees.ts';
import { encodeMarkdown } from './share/markdown-file.ts';
import { runsToHandOn } from './share/telemetry-to-hand-on.ts';
import { encodeTraining } from './share/training-file.ts';
import type { ContentLibrary } from './step-content.ts';

/** A run as a file for other tools, chunk by chunk; how far it is while it is still being looked through. */
export function* exportRun(
  reader: ContentLibrary,
  learnt: LearntTakeTrees,
  { runId, format, redaction, takes = false, structureOnly }: ExportRequest,
): Generator<Buffer | LookedThrough, void, void> {
  const handedOn = yield* prepareHandOn(reader, learnt, runId, { redaction, structureOnly });
  const runIds = runsToHandOn(reader, runId, takes);
  switch (format) {
    case 'otlp-json':
      return yield* encodeOtlpJson(handedOn.spans(runIds), handedOn.logs(runIds));
    case 'otlp-proto':
      return yield* encodeOtlpProto(handedOn.spans(runIds), handedOn.logs(runIds));
    case 'csv':
      return yield* encodeCsv(reader, runId, handedOn);
    case 'html':
      return yield* encodeHtml(reader, runId, handedOn);
    case 'markdown':
      return yield* encodeMarkdown(reader, runId, handedOn);
    case 'training':
      return yield* encodeTraining(reader, runIds, handedOn);
    default:
      return assertNever(format, 'export format');
  }
}

export function exportFileName(runId: string, format: ExportFormat): string {
  switch (format) {
    case 'otlp-json':
      return `${runId}.otlp.json`;
    case 'otlp-proto':
      return `${runId}.otlp.pb`;
    case 'csv':
      return `${runId}.steps.csv`;
    case 'html':
      return `${runId}.html`;
    case 'markdown':
      return `${runId}.md`;
    case 'training':
      return `${runId}.messages.jsonl`;
    default:
      return assertNever(format, 'export format');
  }
}

const columns = [
  'index',
  'id',
  'parent_id',
  'kind',
  'origin',
  'name',
  'span_name',
  'agent',
  'status',
  'error_type',
  'error_message',
  'started_at',
  'duration_ms',
  'request_model',
  'response_model',
  'provider',
  'usage_role',
  'input_tokens',
  'cached_tokens',
  'cache_written_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_usd',
  'tool_call_id',
  'requested_by',
] as const;

const rowsPerChunk = 500;

/** One line per step, RFC 4180; a figure that is unknown is empty. */
function* encodeCsv(reader: LibraryReader, runId: string, handedOn: HandedOn): Generator<Buffer, void, void> {
  let lines: string[] = [csvLine(columns)];
  for (const { step } of stepsOf(reader, runId)) {
    const { facts } = step;
    const usage = facts.usage;
    const cost = step.cost === undefined || step.cost.kind === 'none' ? undefined : step.cost.usd;
    const cells: readonly (string | number | undefined)[] = [
      step.index,
      step.id,
      step.parentId,
      facts.kind,
      step.origin,
      facts.name,
      handedOn.structureOnly ? undefined : step.rawName,
      step.agent,
      facts.status,
      handedOn.structureOnly ? undefined : facts.error?.type,
      handedOn.structureOnly ? undefined : facts.error?.message,
      new Date(nanosToMillis(step.startNs)).toISOString(),
      step.endNs === undefined ? undefined : Number(step.endNs - step.startNs) / 1e6,
      facts.requestModel,
      facts.responseModel,
      facts.provider,
      step.usageRole,
      usage?.input,
      usage?.cacheRead,
      usage?.cacheWrite,
      usage?.output,
      usage?.reasoning,
      cost,
      facts.tool?.callId,
      step.requestedBy,
    ];
    lines.push(csvLine(cells.map((cell) => (typeof cell === 'string' ? handedOn.text(cell) : cell))));
    if (lines.length >= rowsPerChunk) {
      yield Buffer.from(lines.join(''));
      lines = [];
    }
  }
  if (lines.length > 0) yield Buffer.from(lines.join(''));
}

import {
  anyField,
  asArray,
  asText,
  entriesOf,
  field,
  fieldAt,
  isStructure,
  jsonText,
  numberField,
  textField,
  textOrJson,
} from '../../conventions/structure.ts';
import { headOf } from '../detect.ts';
import { peekHead } from '../reading/chunks.ts';
import { confidence } from '../source.ts';
import type { SourceOutput, StreamInput, StreamSource } from '../source.ts';
import { exportSource } from '../spans/export-source.ts';
import type { ExportFormat, ExportReader } from '../spans/export-source.ts';
import type { HeldValues } from '../spans/held-values.ts';
import { readJsonValues } from '../spans/json-values.ts';
import type { JsonValue } from '../spans/json-values.ts';
import { anyTimeNs, attributeValue, attributesOf, given, restAttributes } from '../spans/span-draft.ts';
import type { DraftAttributes, EventDraft, SpanDraft } from '../spans/span-draft.ts';
import { readMultipart } from './multipart.ts';

/**
 * Runs of LangSmith: lists of them as its SDKs and API give them (`list_runs`, `read_run`, JSON or JSON lines), what its SDKs send (`{post,
 * patch}`, the body of `/runs/multipart`), and trees by `child_runs`. Source: langsmith-sdk `python/langsmith/schemas.py`,
 * `client.py` (multipart). Runs become spans under the names of OpenInference, which has the same shapes: what LangChain put in stands in
 * `input.value`, as it is.
 */
const format: ExportFormat = {
  id: 'langsmith',
  label: 'LangSmith',
  holds: 'runs',
  forms: ['JSON', 'JSON lines', 'a multipart body'],
  version: 2,
  detect: ({ text }) =>
    text !== undefined &&
    (multipartStart.test(text) ||
      (/"run_type"\s*:/.test(text) &&
        /"(dotted_order|trace_id|parent_run_id|child_runs|inputs|session_id)"\s*:/.test(text)))
      ? confidence.strong
      : confidence.none,
  values,
  open: () => open(),
};

export const langsmith: StreamSource = exportSource(format);

/**
 * The same for what its clients send while they run: a run is told in several requests, first that it began, later how it ended. `held`
 * keeps what was said of it, so that each request gives it as it is by then.
 */
export const langsmithDoor = (held: HeldValues): StreamSource => exportSource({ ...format, open: () => open(held) });

const multipartStart = /^--[^\s]{1,200}\r?\n[^\n]{0,500}name="(post|patch|feedback|attachment)\./i;
const headBytes = 64 * 1024;

async function* values({ chunks }: StreamInput, out: SourceOutput): AsyncGenerator<JsonValue> {
  const { head, whole, chunks: all } = await peekHead(chunks, headBytes);
  const isMultipart = multipartStart.test(headOf(head, whole).text ?? '');
  yield* isMultipart ? readMultipart(all, out) : readJsonValues(all, out);
}

/** Whether it is a run, or what a later message says of one. */
const isRun = (value: unknown): boolean =>
  isStructure(value) && textField(value, 'id') !== undefined && textField(value, 'run_type') !== undefined;
const isUpdate = (value: unknown): boolean =>
  isStructure(value) &&
  anyField(value, 'id', 'dotted_order', 'trace_id') !== undefined &&
  anyField(value, 'end_time', 'outputs', 'inputs', 'error', 'events') !== undefined;

function open(held?: HeldValues): ExportReader {
  const runs = new Map<string, unknown>();
  const feedback: unknown[] = [];
  const add = (value: unknown): void => {
    const id = idOf(value) ?? '';
    const before = runs.get(id) ?? held?.get(id);
    const known = before === undefined ? value : merged(before, value);
    runs.set(id, known);
    held?.set(id, known);
    for (const child of asArray(field(value, 'child_runs')) ?? [])
      if (isRun(child))
        add(
          field(child, 'parent_run_id') === undefined ? new Map([...entriesOf(child), ['parent_run_id', id]]) : child,
        );
  };
  return {
    read({ value }, out) {
      const sent = [...(asArray(field(value, 'post')) ?? []), ...(asArray(field(value, 'patch')) ?? [])];
      const noted = asArray(field(value, 'feedback')) ?? [];
      const listed =
        sent.length > 0 ? sent : (asArray(value) ?? asArray(field(value, 'runs')) ?? (isRun(value) ? [value] : []));
      for (const one of noted) feedback.push(one);
      if (!listed.some(isRun) && !sent.some(isUpdate) && noted.length === 0) return false;
      for (const run of listed) {
        if (isRun(run) || (isUpdate(run) && idOf(run) !== undefined)) add(run);
        else out.skip('a value without the id and run_type of a run');
      }
      return true;
    },
    end(out) {
      const judged = Map.groupBy(feedback, (one) => textField(one, 'run_id'));
      let begun = 0;
      for (const [id, run] of runs) {
        if (field(run, 'inputs') === undefined && field(run, 'end_time') !== undefined) begun += 1;
        if (textField(run, 'run_type') === undefined && textField(run, 'name') === undefined)
          if (held === undefined) out.skip(`the end of run ${id.slice(0, 80)}, whose beginning is not in the file`);
          else out.warn(`the end of run ${id.slice(0, 80)} came before its beginning, and waits for it`);
        else out.span(spanOf(id, run, judged.get(id) ?? []));
      }
      if (begun > 0)
        out.warn(
          held !== undefined
            ? `${begun} runs began before this start of Retake, or long ago: what went into them is not known any more`
            : `${begun} runs began in another body: what went into them is not in this file. Put the bodies one after the other into one file to read them whole`,
        );
      runs.clear();
      feedback.length = 0;
    },
  };
}

/** An update may have its id only in the order of runs: `<time>Z<id>` of each run around it, joined by dots. */
const idOf = (run: unknown): string | undefined => textField(run, 'id') ?? ordered(run).at(-1);

function ordered(run: unknown): readonly string[] {
  const order = textField(run, 'dotted_order');
  return order === undefined || order.length > 100_000
    ? []
    : order.split('.').flatMap((part) => /^\d{8}T\d{6,12}Z(.{1,100})$/.exec(part)?.[1] ?? []);
}

/** What is said later wins; a later word without content takes nothing away. */
const merged = (before: unknown, after: unknown): ReadonlyMap<string, unknown> =>
  new Map([
    ...entriesOf(before),
    ...entriesOf(after).filter(
      ([, value]) => value !== null && value !== undefined && !(isStructure(value) && entriesOf(value).length === 0),
    ),
  ]);

const kinds = new Map([
  ['llm', 'LLM'],
  ['chain', 'CHAIN'],
  ['tool', 'TOOL'],
  ['retriever', 'RETRIEVER'],
  ['embedding', 'EMBEDDING'],
  ['prompt', 'PROMPT'],
  ['parser', 'CHAIN'],
]);

const read = new Set([
  'id',
  'trace_id',
  'parent_run_id',
  'parent_run_ids',
  'name',
  'run_type',
  'start_time',
  'end_time',
  'inputs',
  'outputs',
  'error',
  'events',
  'tags',
  'child_runs',
  'child_run_ids',
  'first_token_time',
  'status',
]);
const readOfCall = new Set([
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'prompt_token_details',
  'completion_token_details',
  'total_cost',
  'prompt_cost',
  'completion_cost',
]);

function spanOf(id: string, run: unknown, feedback: readonly unknown[]): SpanDraft {
  const type = textField(run, 'run_type') ?? 'chain';
  const isCall = type === 'llm' || type === 'embedding';
  const path = ordered(run);
  const parent = textField(run, 'parent_run_id') ?? path.at(-2);
  const metadata = fieldAt(run, 'extra', 'metadata');
  const error = textField(run, 'error');
  const startNs = anyTimeNs(field(run, 'start_time'));
  const firstNs = anyTimeNs(field(run, 'first_token_time'));
  const tags = asArray(field(run, 'tags')) ?? [];
  return {
    trace: textField(run, 'trace_id') ?? path[0] ?? id,
    id,
    parent: parent === id ? undefined : parent,
    name: textField(run, 'name') ?? type,
    startNs,
    endNs: anyTimeNs(field(run, 'end_time')),
    attributes: [
      ['openinference.span.kind', kinds.get(type) ?? 'CHAIN'],
      ...given([
        ['input.value', contentOf(field(run, 'inputs'), type, 'input')],
        ['output.value', contentOf(field(run, 'outputs'), type, 'output')],
        ['metadata', textOf(metadata)],
        ['tag.tags', tags.length === 0 ? undefined : attributeValue(tags)],
        ['tool.name', type === 'tool' ? textField(run, 'name') : undefined],
        [
          'gen_ai.response.time_to_first_chunk',
          startNs === undefined || firstNs === undefined ? undefined : Number(firstNs - startNs) / 1e9,
        ],
      ]),
      ...(isCall ? callAttributes(run, metadata) : []),
      ...restAttributes(
        new Map(
          entriesOf(run).filter(([key, value]) => !read.has(key) && !(isCall && readOfCall.has(key)) && says(value)),
        ),
      ),
    ],
    events: [...(asArray(field(run, 'events')) ?? []).flatMap(eventOf), ...feedback.map(feedbackEvent)],
    statusCode: error === undefined ? (textField(run, 'status') === 'success' ? 1 : 0) : 2,
    statusMessage: error,
    resource: [],
    scope: { name: 'langsmith', version: asText(fieldAt(run, 'extra', 'runtime', 'sdk_version')) },
  };
}

const says = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== '' && !(typeof value === 'object' && jsonText(value).length <= 2);

const textOf = (value: unknown): string | undefined =>
  isStructure(value) && entriesOf(value).length === 0 ? undefined : textOrJson(value);

/** Of tools and chains `{input: "…"}`, `{outputs: "…"}` in JavaScript, is what the SDK made of one value. */
function contentOf(value: unknown, type: string, key: 'input' | 'output'): string | undefined {
  const entries = entriesOf(value);
  const only = entries.length === 1 ? entries[0] : undefined;
  return type !== 'llm' && (only?.[0] === key || only?.[0] === `${key}s`) && typeof only[1] === 'string'
    ? only[1]
    : textOf(value);
}

function callAttributes(run: unknown, metadata: unknown): DraftAttributes {
  const parameters = fieldAt(run, 'extra', 'invocation_params');
  const inputs = field(run, 'inputs');
  const outputs = field(run, 'outputs');
  const prompt = field(run, 'prompt_token_details');
  const completion = field(run, 'completion_token_details');
  const cost = numberField(run, 'total_cost');
  const hasTokens = (numberField(run, 'prompt_tokens') ?? 0) + (numberField(run, 'completion_tokens') ?? 0) > 0;
  return given([
    [
      'llm.request.model_name',
      textField(metadata, 'ls_model_name') ??
        textField(parameters, 'model', 'model_name') ??
        textField(inputs, 'model') ??
        asText(fieldAt(inputs, 'kwargs', 'model')),
    ],
    ['llm.response.model_name', textField(outputs, 'model') ?? asText(fieldAt(outputs, 'llm_output', 'model_name'))],
    ['llm.provider', textField(metadata, 'ls_provider')],
    ['llm.invocation_parameters', textOf(parameters)],
    ['llm.token_count.prompt', hasTokens ? numberField(run, 'prompt_tokens') : undefined],
    ['llm.token_count.completion', hasTokens ? numberField(run, 'completion_tokens') : undefined],
    ['llm.token_count.prompt_details.cache_read', numberField(prompt, 'cache_read')],
    ['llm.token_count.prompt_details.cache_write', numberField(prompt, 'cache_creation')],
    ['llm.token_count.completion_details.reasoning', numberField(completion, 'reasoning')],
    ['llm.cost.total', cost === 0 && !hasTokens ? undefined : cost],
  ]);
}

function eventOf(event: unknown): readonly EventDraft[] {
  const name = textField(event, 'name');
  if (name === undefined) return [];
  return [{ name, timeNs: anyTimeNs(field(event, 'time')), attributes: attributesOf(field(event, 'kwargs')) }];
}

function feedbackEvent(feedback: unknown): EventDraft {
  return {
    name: 'gen_ai.evaluation.result',
    timeNs: anyTimeNs(field(feedback, 'created_at')),
    attributes: given([
      ['gen_ai.evaluation.name', textField(feedback, 'key')],
      ['gen_ai.evaluation.score.value', numberField(feedback, 'score')],
      ['gen_ai.evaluation.score.label', textField(feedback, 'value')],
      ['gen_ai.evaluation.explanation', textField(feedback, 'comment')],
    ]),
  };
}

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright';
import type { Host } from './host.ts';
import { fixturePath } from './project.ts';

/** Spans made for a test, as OTLP JSON, and the ways to bring them into a running host. */
export type AttributeValue = string | number | boolean;

export interface SpanOptions {
  readonly traceId: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes?: readonly (readonly [string, AttributeValue])[];
  readonly events?: readonly {
    readonly name: string;
    readonly atMs: number;
    readonly attributes?: readonly (readonly [string, AttributeValue])[];
  }[];
  readonly errorMessage?: string;
}

export const newTraceId = (): string => randomBytes(16).toString('hex');
export const newSpanId = (): string => randomBytes(8).toString('hex');
/** The same id for the same words. */
export const idOf = (words: string, length: 16 | 32): string =>
  createHash('sha256').update(words).digest('hex').slice(0, length);

/** One export request as an OTLP client would send it. */
export function exportRequest(
  spans: readonly SpanOptions[],
  serviceName = 'e2e-agent',
  resource: readonly (readonly [string, AttributeValue])[] = [],
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf([['service.name', serviceName], ...resource]) },
        scopeSpans: [{ scope: { name: 'retake.e2e' }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf(span: SpanOptions): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId ?? newSpanId(),
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: 1,
    startTimeUnixNano: nanos(span.startMs),
    endTimeUnixNano: nanos(span.endMs),
    attributes: attributesOf(span.attributes ?? []),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      timeUnixNano: nanos(event.atMs),
      attributes: attributesOf(event.attributes ?? []),
    })),
    status: span.errorMessage === undefined ? {} : { code: 2, message: span.errorMessage },
  };
}

const nanos = (milliseconds: number): string => `${Math.round(milliseconds)}000000`;

function attributesOf(pairs: readonly (readonly [string, AttributeValue])[]): readonly object[] {
  return pairs.map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : { intValue: String(value) };
}

/** Attributes of a model call in the OpenTelemetry GenAI convention. */
export function callAttributes(call: {
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly question: string;
  readonly answer: string;
}): readonly (readonly [string, AttributeValue])[] {
  return [
    ['gen_ai.operation.name', 'chat'],
    ['gen_ai.request.model', call.model],
    ['gen_ai.response.model', call.model],
    ['gen_ai.usage.input_tokens', call.input],
    ['gen_ai.usage.output_tokens', call.output],
    ['gen_ai.input.messages', JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: call.question }] }])],
    [
      'gen_ai.output.messages',
      JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: call.answer }], finish_reason: 'stop' }]),
    ],
  ];
}

/** Sends the bytes as a browser window would send a dropped file; resolves with the runs it gave. */
export async function importContent(host: Host, content: string): Promise<readonly string[]> {
  const token = new URL(host.url).hash.replace('#token=', '');
  const response = await fetch(`${host.origin}/upload/content`, {
    method: 'PUT',
    body: content,
    headers: { origin: host.origin, 'x-retake-token': token },
  });
  const text = await response.text();
  for (const line of text.trim().split('\n')) {
    const event: unknown = JSON.parse(line);
    if (
      typeof event === 'object' &&
      event !== null &&
      'type' in event &&
      event.type === 'done' &&
      'runIds' in event &&
      Array.isArray(event.runIds)
    )
      return event.runIds.map(String);
  }
  throw new Error(`The import ended without a report: ${text.slice(0, 1_000)}`);
}

/** The port of OTLP over HTTP that the window names: sending to it proves that it is the real one. */
export async function shownHttpPort(page: Page): Promise<number> {
  const text = await page
    .getByRole('banner')
    .getByRole('link', { name: /Listening/ })
    .innerText();
  const port = /:(\d+)/.exec(text)?.[1];
  if (port === undefined) throw new Error(`The window names no port: ${text}`);
  return Number(port);
}

/** Posts an export request as an exporter would; throws unless it was taken whole. */
export async function sendTraces(port: number, request: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: request,
  });
  const answer = await response.text();
  if (response.status !== 200 || answer.includes('rejected'))
    throw new Error(`The receiver answered ${response.status}: ${answer}`);
}

export interface Truth {
  readonly llmCallsOk: number;
  readonly llmCallsFailed: number;
  readonly toolCallsRequested: number;
  readonly usageTotal: {
    readonly input: number;
    readonly cached: number;
    readonly output: number;
    readonly reasoning: number;
  };
  readonly llmCalls: readonly {
    readonly model: string;
    readonly status: number;
    readonly usage: { readonly input: number; readonly cached: number; readonly output: number } | null;
  }[];
  readonly toolCalls: readonly { readonly llmSeq: number; readonly name: string; readonly args: string }[];
}

/** What the model API really saw during a captured run, e.g. of `vercel-ai/normal`. */
export function truthOf(run: string): Truth {
  return JSON.parse(readFileSync(fixturePath(`${run}/truth.json`), 'utf8'));
}

/** Tokens as the window prints them: exact below 1,000, then one decimal: 8,946 → `8.9k`. */
export function tokensText(tokens: number): string {
  return tokens < 1_000 ? String(tokens) : `${(tokens / 1_000).toFixed(1)}k`;
}

/** Dollars as the window prints them: three decimals from a cent on, two digits that matter below. */
export function moneyText(usd: number): string {
  if (usd >= 1) return `$${usd.toFixed(2)}`;
  return usd >= 0.01 ? `$${usd.toFixed(3)}` : `$${Number(usd.toPrecision(2)).toFixed(1 - Math.floor(Math.log10(usd)))}`;
}

import { nanos, spanId, traceId } from '../../../../../shared/model/units.ts';
import { textRange } from '../../../telemetry/any-value.ts';
import { maximumSpanBytes } from '../../../telemetry/raw-span.ts';
import type { RawLog, RawResource } from '../../../telemetry/raw-span.ts';
import { asArray, asText, field, jsonText, numberField, textField } from '../../conventions/structure.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { dumpedSpan, isDumpedSpan, resourceOf, scopeOf } from '../spans/dumped-span.ts';
import { readJsonValues } from '../spans/json-values.ts';
import { attributesOf, rawAttributes, SpanMaker, unitNs } from '../spans/span-draft.ts';

/**
 * What Gemini CLI and Qwen Code write with `telemetry.outfile`: spans, log records and metrics as the SDK of OpenTelemetry holds them in
 * JavaScript, pretty-printed one after the other. Repeated objects are `[Circular]`. Source: FACTS.md, Gemini CLI files.
 */
export const telemetryOutfile: StreamSource = {
  id: 'telemetry-outfile',
  label: 'Gemini CLI and Qwen Code',
  holds: 'telemetry files',
  version: 1,
  input: 'stream',

  detect({ text }) {
    if (text === undefined || !text.startsWith('{')) return confidence.none;
    const isLog = /"hrTime"\s*:\s*\[/.test(text) && /"hrTimeObserved"\s*:\s*\[/.test(text);
    const isHeld = /"_rawAttributes"\s*:\s*\[/.test(text) && /"(_spanContext|scopeMetrics|_body)"\s*:/.test(text);
    return isLog || isHeld ? confidence.certain : confidence.none;
  },

  async read({ chunks }, out) {
    const maker = new SpanMaker();
    const logs = new LogMaker();
    let metrics = 0;
    let known = 0;
    for await (const { value, line, cut } of readJsonValues(chunks, out)) {
      const skip = (reason: string): void => out.skip({ line, reason });
      if (isDumpedSpan(value)) {
        const draft = dumpedSpan(value);
        const span = draft === undefined ? undefined : maker.span(draft);
        if (span === undefined) skip('a span without ids or a name');
        else if ('refused' in span) skip(span.refused);
        else out.span(span);
        known += 1;
      } else if (field(value, 'hrTime') !== undefined) {
        const log = logs.log(value);
        if (log === undefined) skip('a log record without a time, or larger than one may be');
        else out.log(log);
        known += 1;
      } else if (field(value, 'scopeMetrics') !== undefined) {
        metrics += 1;
        known += 1;
      } else if (!cut) skip('this is neither a span nor a log record nor metrics');
    }
    if (metrics > 0) out.warn(`${metrics} readings of metrics were not read: they tell of no run`);
    return known === 0 ? { isRead: false } : { isRead: true };
  },
};

class LogMaker {
  private readonly resources = new Map<string, RawResource>();

  log(value: unknown): RawLog | undefined {
    const timeNs = pairNs(field(value, 'hrTime'));
    const observedNs = pairNs(field(value, 'hrTimeObserved'));
    if (timeNs === undefined && observedNs === undefined) return undefined;
    const attributes = rawAttributes(attributesOf(field(value, 'attributes')).slice(0, maximumAttributes));
    const body = field(value, '_body') ?? field(value, 'body');
    const text = asText(body) ?? (body === undefined ? undefined : jsonText(body));
    if (sizeOf(attributes) + (text?.length ?? 0) > maximumSpanBytes) return undefined;
    const context = field(value, 'spanContext') ?? field(value, '_spanContext');
    const [trace, span] = [textField(context, 'traceId'), textField(context, 'spanId')];
    const scope = scopeOf(field(value, 'instrumentationScope'));
    return {
      timeNs: nanos(timeNs ?? observedNs ?? 0n),
      observedTimeNs: nanos(observedNs ?? timeNs ?? 0n),
      severityNumber: numberField(value, '_severityNumber', 'severityNumber') ?? 0,
      severityText: textField(value, '_severityText', 'severityText') ?? '',
      eventName:
        textField(value, '_eventName', 'eventName') ?? textField(field(value, 'attributes'), 'event.name') ?? '',
      body: text === undefined ? undefined : textRange(text),
      attributes,
      droppedAttributes: 0,
      flags: numberField(context, 'traceFlags') ?? 0,
      traceId: trace !== undefined && /^[0-9a-f]{32}$/.test(trace) && !/^0+$/.test(trace) ? traceId(trace) : undefined,
      spanId: span !== undefined && /^[0-9a-f]{16}$/.test(span) && !/^0+$/.test(span) ? spanId(span) : undefined,
      resource: this.resource(field(value, 'resource')),
      scope: {
        name: scope?.name ?? '',
        version: scope?.version ?? '',
        attributes: [],
        droppedAttributes: 0,
        schemaUrl: '',
      },
    };
  }

  private resource(value: unknown): RawResource {
    const { attributes, schemaUrl } = resourceOf(value);
    const key = jsonText(attributes);
    let known = this.resources.get(key);
    if (known === undefined) {
      known = { attributes: rawAttributes(attributes), droppedAttributes: 0, schemaUrl: schemaUrl ?? '' };
      if (this.resources.size < 1_000) this.resources.set(key, known);
    }
    return known;
  }
}

const maximumAttributes = 1_000;

const sizeOf = (attributes: RawLog['attributes']): number =>
  attributes.reduce(
    (sum, { key, value }) => sum + key.length + (value.form === 'text' ? value.end - value.start : value.bytes.length),
    0,
  );

/** `[seconds, nanoseconds]` */
function pairNs(value: unknown): bigint | undefined {
  const pair = asArray(value);
  if (pair?.length !== 2) return undefined;
  const [seconds, rest] = [unitNs(pair[0], 's'), unitNs(pair[1], 'ns')];
  return seconds === undefined || rest === undefined ? undefined : seconds + rest;
}

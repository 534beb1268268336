import { asArray, field, jsonText, textField } from '../../conventions/structure.ts';
import { readDumped } from '../console-spans/console-spans.ts';
import { confidence } from '../source.ts';
import type { StreamSource } from '../source.ts';
import { dumpedSpan, isDumpedSpan } from '../spans/dumped-span.ts';
import { exportSource } from '../spans/export-source.ts';
import { attributeValue } from '../spans/span-draft.ts';

/**
 * `AgentTrace` of any-agent (mozilla-ai/any-agent, `tracing/agent_trace.py`): spans of OpenTelemetry, ids and times as whole numbers, and the
 * answer of the agent.
 */
export const anyAgent: StreamSource = exportSource({
  id: 'any-agent',
  label: 'any-agent',
  holds: 'traces',
  version: 1,
  detect: ({ text }) =>
    text !== undefined &&
    /^\{\s*"spans"\s*:\s*\[/.test(text) &&
    /"context"\s*:\s*\{\s*"trace_id"\s*:\s*\d/.test(text) &&
    /"gen_ai\./.test(text)
      ? 0.9
      : confidence.none,
  open: () => ({
    read({ value }, out) {
      const spans = asArray(field(value, 'spans'));
      if (spans === undefined || !spans.slice(0, 100).some(isDumpedSpan)) return false;
      const answer = field(value, 'final_output');
      let isAnswered = answer === undefined;
      for (const span of spans) {
        const draft = isDumpedSpan(span) ? dumpedSpan(span) : undefined;
        const isRoot = draft !== undefined && draft.parent === undefined && !isAnswered;
        if (!isRoot) {
          readDumped(span, out);
          continue;
        }
        isAnswered = true;
        const text = typeof answer === 'string' ? answer : jsonText(answer);
        const message = { role: 'assistant', parts: [{ type: 'text', content: text }] };
        const hasAnswer = draft.attributes.some(([key]) => key === 'gen_ai.output.messages');
        out.span({
          ...draft,
          attributes: [
            ...draft.attributes,
            hasAnswer
              ? (['retake.import.final_output', attributeValue(text)] as const)
              : (['gen_ai.output.messages', jsonText([message])] as const),
          ],
        });
      }
      const name = textField(value, 'error');
      if (name !== undefined) out.warn(`the trace says of its run: ${name.slice(0, 500)}`);
      return true;
    },
  }),
});

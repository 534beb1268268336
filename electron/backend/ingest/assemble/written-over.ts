import { detailsEvent } from '../conventions/otel-genai-events.ts';
import { addNotice, endOf, failed, isCall } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/** The notice on such a call, and on one that failed and so did not write over the one before. */
export const writtenOverCode = 'written-over';
export const nothingWrittenCode = 'nothing-written';

/**
 * Calls that an instrumentation wrote onto one span, each over the one before (OpenInference of Google ADK): the span has the last one's
 * messages and lasts as long as all of them; the others are steps made of their records, which name it. All of them stand beside each other,
 * with the tools between them. When a call of these began is nowhere. Before siblings are sorted.
 */
export function partWrittenOver(nodes: readonly StepNode[], roots: StepNode[]): void {
  for (const span of nodes) {
    if (span.origin !== 'span' || !isCall(span)) continue;
    const calls = span.children.filter(({ origin, rawName }) => origin === 'logs' && rawName === detailsEvent);
    if (calls.length > 0) part(span, calls, roots);
  }
}

function part(span: StepNode, calls: readonly StepNode[], roots: StepNode[]): void {
  for (const call of calls) {
    call.facts = {
      ...call.facts,
      name: call.facts.requestModel ?? span.facts.requestModel ?? call.facts.name,
      knownTimes: 'start',
      contentState: span.facts.contentState,
      requestModel: call.facts.requestModel ?? span.facts.requestModel,
      agentName: call.facts.agentName ?? span.facts.agentName,
    };
    const messages =
      span.facts.contentState === 'none'
        ? 'its messages are lost'
        : "its messages are those that the later call's request repeats, what is in none is lost";
    addNotice(
      call,
      writtenOverCode,
      `The instrumentation wrote a later call of the agent over this one. Its tokens are those of its log record; its model is taken to be that of the later call, ${messages}, and when it began is unknown.`,
    );
  }
  const inside = span.children;
  span.children = [];
  for (const child of inside) {
    child.parent = span.parent;
    if (span.parent) span.parent.children.push(child);
    else roots.push(child);
  }
  const last = inside.map((child) => endOf(child)).reduce((latest, end) => (end > latest ? end : latest), span.startNs);
  const end = span.endNs;
  span.startNs = end === undefined || last < end ? last : end;
  span.facts = { ...span.facts, knownTimes: 'start' };
  if (failed(span))
    addNotice(
      span,
      nothingWrittenCode,
      'The instrumentation writes a call onto the span of the calls before it when it has answered. This one failed: what its model was asked is not told.',
    );
}

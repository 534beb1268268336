import { useMemo } from 'react';
import type { StepDetail } from '../../../../../shared/contract.ts';
import type { Message } from '../../../../../shared/model/message.ts';
import { MessageCard } from '../../../ui/message-card.tsx';
import { callsIn } from '../step-text.ts';
import { useStep } from '../use-step.ts';

/** Lines of a system prompt in the flow, and of what a person asked. */
const systemLines = 3;
const askedLines = 30;

/** What came in since the previous llm step, apart from tool results: those stand at their own steps. */
export function Asked({ step }: { readonly step: StepDetail }) {
  return <Messages messages={useMemo(() => step.messages.fresh.filter(isAsked), [step])} />;
}

/**
 * What an agent was asked, from its own step: many clients say it there and nowhere else. Nothing where its first model
 * call says it too.
 */
export function AgentAsked({
  runId,
  index,
  firstCall,
}: {
  readonly runId: string;
  readonly index: number;
  /** The first model call inside of it. */
  readonly firstCall: number | undefined;
}) {
  const { data: agent } = useStep(runId, index, true);
  const { data: call } = useStep(runId, firstCall ?? 0, firstCall !== undefined);
  const messages = useMemo(
    () => (agent?.messages.fresh ?? []).filter((message) => isAsked(message) && message.role !== 'system'),
    [agent],
  );
  const isKnown = firstCall === undefined || call !== undefined;
  if (!isKnown || messages.length === 0 || (call !== undefined && saysAll(call, messages))) return null;
  return <Messages messages={messages} />;
}

function Messages({ messages }: { readonly messages: readonly Message[] }) {
  const calls = useMemo(() => callsIn(messages), [messages]);
  return messages.map((message, at) => (
    <MessageCard
      key={at}
      message={message}
      calls={calls}
      lines={message.role === 'system' ? systemLines : askedLines}
    />
  ));
}

function isAsked(message: Message): boolean {
  return (
    message.role !== 'assistant' &&
    message.role !== 'model' &&
    message.parts.some((part) => part.type !== 'tool_result')
  );
}

/** Enough of a text to know it again; clients quote it, wrap it and put words before it. */
const compared = 200;

function saysAll(call: StepDetail, messages: readonly Message[]): boolean {
  const said = textsOf(call.messages.fresh).join('\n');
  return textsOf(messages).every((text) => said.includes(text.trim().slice(0, compared)));
}

function textsOf(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(({ role, parts }) =>
    role === 'assistant' ? [] : parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])),
  );
}

import type { SpanView } from '../../telemetry/span-view.ts';
import { messagesOf } from './attribute-content.ts';
import { silent } from './convention.ts';
import type { Convention, MessagesReading } from './convention.ts';
import { printedUsage } from './printed-usage.ts';
import { parsePythonObjects } from './python-literal.ts';
import { asArray, field } from './structure.ts';

/**
 * CrewAI's own count of what a crew used, over all of its models: OpenLLMetry writes it as Python prints it, OpenInference in the crew's output. Neither
 * sends the model calls themselves (FACTS.md, Other emitters).
 */
const usageKeys = ['crewai.crew.usage_metrics', 'crewai.crew.token_usage'] as const;
const isKickoff = ({ scopeName, name }: SpanView): boolean =>
  scopeName === 'openinference.instrumentation.crewai' && name.endsWith('.kickoff');

/** Its tasks as Python prints them, each with all messages of its agent (OpenLLMetry 0.62). */
const tasksOutput = 'crewai.crew.tasks_output';

export const crewAi: Convention = {
  ...silent,
  id: 'crewai',
  version: 3,
  inputKeys: [tasksOutput],

  applies: (view) =>
    usageKeys.some((key) => view.attributes.has(key)) || view.attributes.has(tasksOutput) || isKickoff(view),
  classify: () => undefined,

  facts(view, kind) {
    if (kind === 'llm') return {};
    const key = usageKeys.find((one) => view.attributes.has(one));
    const reading = printedUsage(view.attributes.text(key ?? 'output.value') ?? '');
    return reading === undefined ? {} : { usage: [reading], usageIsAggregate: true };
  },

  input: (view, kind) => (kind === 'llm' ? undefined : part(printedMessages(view), 'asked')),
  output: (view, kind) => (kind === 'llm' ? undefined : part(printedMessages(view), 'said')),
};

function printedMessages({ attributes }: SpanView): MessagesReading | undefined {
  const tasks = asArray(parsePythonObjects(attributes.text(tasksOutput) ?? '')) ?? [];
  const messages = tasks.slice(0, mostTasks).flatMap((task) => asArray(field(task, 'messages')) ?? []);
  return messages.length === 0 ? undefined : messagesOf({ data: messages, state: 'full' }, 'assistant');
}

/** What stands before the first answer, or all from there on. */
function part(reading: MessagesReading | undefined, which: 'asked' | 'said'): MessagesReading | undefined {
  if (reading === undefined) return undefined;
  const first = reading.messages.findIndex(({ role }) => role === 'assistant');
  const at = first === -1 ? reading.messages.length : first;
  return { ...reading, messages: which === 'asked' ? reading.messages.slice(0, at) : reading.messages.slice(at) };
}

/** A crew has a handful. */
const mostTasks = 1_000;

import type { StepKind } from '../../../../shared/model/step.ts';
import type { SpanView } from '../../telemetry/span-view.ts';

/** `execute_tool web_search` is the operation and the name; the operation is what the kind already says. */
const operationPrefix = new RegExp(
  `^(anthropic\\.messages\\.(?=tool_runner)|(${[
    'execute_tool',
    'invoke_agent',
    'invoke_workflow',
    'create_agent',
    'chat',
    'embeddings',
    'retrieval',
    'plan',
    'text_completion',
    'generate_content',
    'tools/call',
    'anthropic\\.(custom_)?tool_use',
    'running tool:?',
  ].join('|')}) +)`,
);

/** What else of the step is known that may name it. */
interface KnownNames {
  readonly part: string | undefined;
  readonly toolName: string | undefined;
  readonly agentName: string | undefined;
  readonly model: string | undefined;
}

/** A step is called by what it is about: its tool, agent or model; else as its span, without the operation in front. */
export function nameOf(view: SpanView, kind: StepKind, known: KnownNames): string {
  const stripped = view.name.replace(operationPrefix, '') || view.name || '(no name)';
  switch (kind) {
    case 'tool':
      return known.toolName ?? stripped;
    case 'agent':
      return known.agentName ?? (stripped === known.model ? 'agent' : stripped);
    case 'llm':
    case 'embedding':
    case 'rerank':
      return known.model ?? stripped;
    default:
      return known.part ?? view.attributes.text('gen_ai.workflow.name') ?? stripped;
  }
}

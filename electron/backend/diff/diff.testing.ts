import type { StepKind } from '../../../shared/model/step.ts';
import { sketchOf } from './comparable-step.ts';
import type { ComparableStep, StepAspects } from './comparable-step.ts';
import { combineAspects, createNormaliser, digest, plainAspect } from './normalise.ts';
import { activeRules } from './rules.ts';

/** For tests: a run written down as what its steps were given and did. Contexts grow as an agent's do. */
export interface WrittenStep {
  readonly kind?: StepKind;
  readonly name?: string;
  readonly agent?: string;
  readonly parent?: number;
  /** Of a tool: the llm step that asked; the last one before it unless said. */
  readonly askedBy?: number;
  readonly group?: number;
  readonly hidden?: boolean;
  readonly failed?: boolean;
  readonly overflowed?: boolean;
  readonly model?: string;
  /** Texts; an llm step's `given` is what was new to it. */
  readonly given?: string;
  readonly says?: string;
  readonly arguments?: string;
  readonly result?: string;
}

const normaliser = createNormaliser(activeRules(undefined));
const aspect = (text: string | undefined) => (text === undefined ? undefined : normaliser.aspect(text));

export function writtenRun(steps: readonly WrittenStep[]): ComparableStep[] {
  const contexts = new Map<string, string>();
  let lastCall: number | undefined;
  return steps.map((step, index) => {
    const kind = step.kind ?? (step.arguments === undefined ? 'llm' : 'tool');
    const agent = step.agent ?? '';
    const content: StepAspects = {
      arguments: aspect(step.arguments),
      result: aspect(step.result),
      error: step.failed === true ? aspect('it failed') : undefined,
      ...(kind === 'llm' ? callAspects(step, agent, contexts) : {}),
    };
    const askedBy = kind === 'tool' ? (step.askedBy ?? lastCall) : undefined;
    if (kind === 'llm' && step.failed !== true) lastCall = index;
    return {
      index,
      kind,
      name: step.name ?? (kind === 'llm' ? 'model' : kind),
      agent: step.agent,
      model: step.model ?? (kind === 'llm' ? 'model' : undefined),
      parent: step.parent,
      requestedBy: askedBy,
      parallelGroup: step.group,
      hidden: step.hidden === true,
      failed: step.failed === true,
      overflowed: step.overflowed === true,
      content,
      sketch: sketchOf([step.arguments ?? step.says ?? '']),
    };
  });
}

function callAspects(step: WrittenStep, agent: string, contexts: Map<string, string>): StepAspects {
  const context = digest(`${contexts.get(agent) ?? ''}\n${step.given ?? ''}`);
  if (step.failed !== true) contexts.set(agent, digest(`${context}\n${step.says ?? ''}`));
  return {
    input: aspect(step.given ?? ''),
    context: plainAspect(context),
    output: step.failed === true ? undefined : aspect(step.says ?? ''),
    calls: combineAspects([]),
  };
}

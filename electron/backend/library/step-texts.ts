import type { StepError } from '../../../shared/model/step.ts';
import type { AssembledStep } from '../telemetry/step-facts.ts';

/** Short texts of the step table; the whole text is in the step's detail. */
const previewLength = 120;
const errorLength = 300;

/** What a tool step was asked for, on one line: its only argument as it is, else the arguments' JSON. */
export function toolPreview(step: AssembledStep, steps: readonly AssembledStep[]): string | undefined {
  if (step.facts.kind !== 'tool' || step.requestedBy === undefined) return undefined;
  const asked = steps[step.requestedBy]?.facts.requestedTools ?? [];
  const callId = step.facts.tool?.callId;
  const ofName = asked.filter((tool) => tool.name === step.facts.tool?.name);
  const tool = callId === undefined ? (ofName.length === 1 ? ofName[0] : undefined) : asked.find((candidate) => candidate.id === callId);
  return tool?.arguments === undefined ? undefined : oneLine(onlyArgument(tool.arguments) ?? tool.arguments, previewLength);
}

export function errorText(error: StepError | undefined): string | undefined {
  const text = error?.message || error?.type;
  return text ? oneLine(text, errorLength) : undefined;
}

/** Parsed only when short: a preview is not worth parsing a file's content. */
function onlyArgument(json: string): string | undefined {
  if (json.length > 10_000 || !json.startsWith('{')) return undefined;
  try {
    const values = Object.values(JSON.parse(json) as Record<string, unknown>);
    return values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined;
  } catch {
    return undefined;
  }
}

function oneLine(text: string, maximum: number): string | undefined {
  const line = text.slice(0, maximum * 4).replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  // Half a surrogate pair at the cut would not survive the database.
  return line.length > maximum ? `${line.slice(0, maximum - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

import type { StepError } from '../../../shared/model/step.ts';

/** Short texts of the step table; the whole text is in the step's detail. */
const errorLength = 300;

export function errorText(error: StepError | undefined): string | undefined {
  const text = error?.message || error?.type;
  return text ? oneLine(text, errorLength) : undefined;
}

function oneLine(text: string, maximum: number): string | undefined {
  const line = text
    .slice(0, maximum * 4)
    .replace(/\s+/g, ' ')
    .trim();
  if (line === '') return undefined;
  // Half a surrogate pair at the cut would not survive the database.
  return line.length > maximum ? `${line.slice(0, maximum - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

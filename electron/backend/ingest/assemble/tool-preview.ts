/** At most this many characters (AssembledStep.preview). */
const longestPreview = 200;
/** A preview is not worth parsing a whole file that a tool was to write. */
const longestParsed = 10_000;

/** A tool's arguments on one line: its only argument as it is, else their JSON. */
export function previewOf(toolArguments: string | undefined): string | undefined {
  if (toolArguments === undefined) return undefined;
  const line = (onlyArgument(toolArguments) ?? toolArguments)
    .slice(0, longestPreview * 4)
    .replace(/\s+/g, ' ')
    .trim();
  if (line === '' || line === '{}') return undefined;
  // Half a surrogate pair at the cut is no text.
  return line.length > longestPreview ? `${line.slice(0, longestPreview - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

function onlyArgument(json: string): string | undefined {
  if (json.length > longestParsed || !json.trimStart().startsWith('{')) return undefined;
  try {
    const parsed: unknown = JSON.parse(json);
    const values: readonly unknown[] = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : [];
    return values.length === 1 && typeof values[0] === 'string' ? values[0] : undefined;
  } catch {
    return undefined;
  }
}

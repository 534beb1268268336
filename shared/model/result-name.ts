/** A result of a tool call as a request holds it. Some formats give it no id: Gemini's results match their calls by order. */
export interface NamedResult {
  readonly callId?: string | undefined;
  readonly name?: string | undefined;
}

/**
 * What an edit names each result by (`callId` of the op `tool_result`): the id of its call; without an id the name of its tool
 * and which of that tool's results without id it is, in the order of the request, counted from 1: `lookup#2`.
 */
export function resultNames(results: readonly NamedResult[]): readonly string[] {
  const counts = new Map<string, number>();
  return results.map(({ callId, name = 'tool' }) => {
    if (callId !== undefined) return callId;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name}#${count}`;
  });
}

/** The place of the result that an edit names; an id comes first, and a tool's name alone is enough where it has one result without id. */
export function placeOfResult(results: readonly NamedResult[], named: string): number | undefined {
  const byId = results.findIndex(({ callId }) => callId === named);
  if (byId !== -1) return byId;
  const byPlace = resultNames(results).indexOf(named);
  if (byPlace !== -1) return byPlace;
  const ofTool = results.flatMap(({ callId, name }, at) => (callId === undefined && name === named ? [at] : []));
  return ofTool.length === 1 ? ofTool[0] : undefined;
}

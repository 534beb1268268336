import { recogniseClient } from '../clients/recognise.ts';
import { ownToolName } from '../tools/tool-effect.ts';
import type { LaunchRecord } from './launch-record.ts';

/**
 * Before which tools something of Retake's really stands in a take: all of a client that gets a hook, else those that a wrapper or a
 * proxy asked for while the run was recorded. Elsewhere the agent's tools run whatever a rule says.
 */
export function toolsStoodBefore(
  command: readonly string[] | undefined,
  launch: Pick<LaunchRecord, 'command' | 'tools'> | undefined,
): (tool: string) => boolean {
  const line = command ?? launch?.command ?? [];
  if (recogniseClient(line).client?.start?.hands) return () => true;
  const seen = new Set((launch?.tools ?? []).flatMap(({ name }) => [name, ownToolName(name)]));
  return (tool) => seen.has(tool) || seen.has(ownToolName(tool));
}

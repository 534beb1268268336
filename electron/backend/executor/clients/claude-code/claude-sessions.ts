import { join } from 'node:path';
import { asList, asRecord, asText } from '../../../base/json-values.ts';
import type { Environment, ForkSearch, NativeFork } from '../client.ts';
import { findFile, goOn, homeOf, NativeForkImpossible, rowsOf } from '../session-files.ts';
import { claudeCommand } from './claude-command.ts';

/** A folder for each folder that it was started in. */
export const claudeProjects = (environment: Environment): string =>
  join(environment['CLAUDE_CONFIG_DIR'] ?? join(homeOf(environment), '.claude'), 'projects');

/** `--resume-session-at` takes a row of the transcript; `--fork-session` leaves the session as it is. */
export async function claudeFork({
  sessionId,
  place,
  environment,
  recorded,
}: ForkSearch): Promise<NativeFork | undefined> {
  const file = await findFile(claudeProjects(environment), 1, (name) => name === `${sessionId}.jsonl`);
  if (file === undefined) return undefined;
  const parents = new Map<string, { readonly parent: string | undefined; readonly isMessage: boolean }>();
  let resumeAt: string | undefined;
  let cwd: string | undefined;
  let isFirst = false;
  const open = new Set(place.toolCallIds);
  for await (const { row } of rowsOf(file)) {
    cwd ??= asText(row['cwd']);
    const id = asText(row['uuid']);
    if (id === undefined || row['isSidechain'] === true) continue;
    const message = asRecord(row['message']);
    const parent = asText(row['parentUuid']);
    const names = [asText(row['requestId']), asText(message['id'])];
    if (row['type'] === 'assistant' && names.some((name) => name !== undefined && place.answerIds.includes(name))) {
      resumeAt = messageAt(parent, parents);
      isFirst = resumeAt === undefined;
      break;
    }
    parents.set(id, { parent, isMessage: row['type'] === 'user' || row['type'] === 'assistant' });
    for (const block of asList(message['content'])) {
      const { tool_use_id: callId } = asRecord(block);
      if (typeof callId === 'string' && open.delete(callId) && open.size === 0) resumeAt = id;
    }
  }
  if (isFirst)
    throw new NativeForkImpossible(
      'The fork is the first call of its Claude Code session: nothing comes before it. Start the task anew instead.',
    );
  if (resumeAt === undefined)
    throw new NativeForkImpossible(
      `The Claude Code session ${sessionId} is on this machine, but does not hold the fork step: it may be a sub-agent's, or the session was compacted.`,
    );
  if (cwd === undefined)
    throw new NativeForkImpossible(`The Claude Code session ${sessionId} does not say in which folder it ran.`);
  const essential = ['--resume', sessionId, '--resume-session-at', resumeAt, '--fork-session'];
  return {
    essential,
    command: claudeCommand(recorded, ['-p', goOn, ...essential]),
    cwd,
    make: () => Promise.resolve(undefined),
  };
}

/** Attachments stand between messages; only messages can be resumed at. */
function messageAt(
  id: string | undefined,
  rows: ReadonlyMap<string, { readonly parent: string | undefined; readonly isMessage: boolean }>,
): string | undefined {
  let at = id;
  for (let steps = 0; at !== undefined && steps <= rows.size; steps++) {
    const row = rows.get(at);
    if (!row) return undefined;
    if (row.isMessage) return at;
    at = row.parent;
  }
  return undefined;
}

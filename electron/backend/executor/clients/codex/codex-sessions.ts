import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asRecord, asText } from '../../../base/json-values.ts';
import type { Environment, ForkSearch, NativeFork } from '../client.ts';
import { findFile, goOn, homeOf, NativeForkImpossible, newSession, rowsOf } from '../session-files.ts';
import { codexCommand } from './codex-command.ts';

/** Folders of years, months and days. */
export const codexSessions = (environment: Environment): string =>
  join(environment['CODEX_HOME'] ?? join(homeOf(environment), '.codex'), 'sessions');

/** Codex has no fork inside a session: a copy that ends before the fork is a session of its own, under a new id. */
export async function codexFork({
  sessionId,
  place,
  environment,
  recorded,
}: ForkSearch): Promise<NativeFork | undefined> {
  const file = await findFile(
    codexSessions(environment),
    3,
    (name) => name.startsWith('rollout-') && name.endsWith(`-${sessionId}.jsonl`),
  );
  if (file === undefined) return undefined;
  let cwd: string | undefined;
  let calls = 0;
  /** Lines that stay: all before the first item of the fork's answer. */
  let kept: number | undefined;
  let lines = 0;
  let answerBegan: number | undefined;
  const open = new Set(place.toolCallIds);
  for await (const { row } of rowsOf(file)) {
    const payload = asRecord(row['payload']);
    if (row['type'] === 'session_meta') cwd ??= asText(payload['cwd']);
    if (row['type'] === 'token_usage_record' || payload['type'] === 'token_usage_record') {
      if (place.answerIds.includes(asText(payload['response_id']) ?? '')) {
        kept = answerBegan;
        break;
      }
      calls++;
      answerBegan = undefined;
    } else if (row['type'] === 'response_item') {
      const kind = asText(payload['type']) ?? '';
      const isAnswer = kind === 'reasoning' || payload['role'] === 'assistant' || kind.endsWith('_call');
      if (isAnswer && answerBegan === undefined) {
        answerBegan = lines;
        if (place.toolCallIds !== undefined && place.toolCallIds.length > 0 && open.size === 0 && kept === undefined)
          kept = lines;
        if (place.answerIds.length === 0 && place.toolCallIds === undefined && calls === place.callsBefore)
          kept = lines;
      }
      if (kind.endsWith('_output')) open.delete(asText(payload['call_id']) ?? '');
    }
    lines++;
  }
  if (kept === undefined)
    throw new NativeForkImpossible(`The Codex session ${file} is on this machine, but does not hold the fork step.`);
  if (cwd === undefined)
    throw new NativeForkImpossible(`The Codex session ${file} does not say in which folder it ran.`);
  const keep = kept;
  return {
    cwd,
    essential: [newSession],
    command: codexCommand(recorded, ['resume', newSession, goOn]),
    async make() {
      const id = randomUUID();
      await copyBeginning(file, keep, id);
      return id;
    },
  };
}

async function copyBeginning(file: string, count: number, id: string): Promise<void> {
  const kept: string[] = [];
  for await (const { line, row } of rowsOf(file)) {
    if (kept.length >= count) break;
    kept.push(
      row['type'] === 'session_meta'
        ? JSON.stringify({ ...row, payload: { ...asRecord(row['payload']), id, session_id: id } })
        : line,
    );
  }
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  await mkdir(dirname(file), { recursive: true });
  // `wx`: whatever is there is somebody's session.
  await writeFile(join(dirname(file), `rollout-${stamp}-${id}.jsonl`), `${kept.join('\n')}\n`, {
    flag: 'wx',
    mode: 0o600,
  });
}

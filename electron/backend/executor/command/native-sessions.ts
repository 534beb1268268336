import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { asList, asRecord, asText, parseJson } from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { nativeCommand } from './native-command.ts';
import type { RecordedLaunch } from './native-command.ts';

/**
 * Claude Code and Codex keep their own sessions, and can go on from inside one (clients.md 0.3): the fork is made from the user's own
 * session file, found by its id. Of the trace only that id is used, and only when it is a UUID; what is in the file decides the rest.
 */
export interface NativeFork {
  readonly client: 'Claude Code' | 'Codex';
  /** Words of `command` that make it a native fork, whatever stands around them. */
  readonly essential: readonly string[];
  /** What goes on from the fork. The word `newSession` stands for the session that `make` writes. */
  readonly command: readonly [string, ...string[]];
  /** Where the session ran. */
  readonly cwd: string;
  /** Writes what the command needs and gives the id that stands for `newSession`; the original session is only read. */
  make(): Promise<string | undefined>;
}

/** Where the fork is, by what each client keeps of a call. */
export interface ForkPlace {
  /** Ids of the answer that is to be given anew: of the response, the message or the request. */
  readonly answerIds: readonly string[];
  /** Tool calls whose results the model had seen; undefined where the context is not known. */
  readonly toolCallIds: readonly string[] | undefined;
  /** How many calls of the main thread came before it. */
  readonly callsBefore: number;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Longer sessions are not taken apart: a session of a day is some tens of megabytes. */
const largestSession = 512 * 1024 * 1024;
const goOn = 'Continue.';

/** `recorded`: how this install saw the run start; its program and options are kept. Undefined: no session of that id on this machine. Throws NativeForkImpossible when there is one, and the fork is not in it. */
export async function findNativeFork(
  sessionId: string | undefined,
  place: ForkPlace,
  environment: Readonly<Record<string, string | undefined>>,
  recorded?: RecordedLaunch,
): Promise<NativeFork | undefined> {
  if (sessionId === undefined || !uuid.test(sessionId)) return undefined;
  const claude = await findFile(
    join(environment['CLAUDE_CONFIG_DIR'] ?? join(homeOf(environment), '.claude'), 'projects'),
    1,
    (name) => name === `${sessionId}.jsonl`,
  );
  if (claude !== undefined) return claudeFork(claude, sessionId, place, recorded);
  const codex = await findFile(
    join(environment['CODEX_HOME'] ?? join(homeOf(environment), '.codex'), 'sessions'),
    3,
    (name) => name.startsWith('rollout-') && name.endsWith(`-${sessionId}.jsonl`),
  );
  return codex === undefined ? undefined : codexFork(codex, place, recorded);
}

export class NativeForkImpossible extends Error {
  override readonly name = 'NativeForkImpossible';
}

function homeOf(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['HOME'] ?? environment['USERPROFILE'] ?? homedir();
}

async function findFile(
  folder: string,
  depth: number,
  isWanted: (name: string) => boolean,
): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isFile() && isWanted(entry.name)) return join(folder, entry.name);
  if (depth === 0) return undefined;
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? 1 : -1))) {
    const found = entry.isDirectory() ? await findFile(join(folder, entry.name), depth - 1, isWanted) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

async function* rowsOf(file: string): AsyncGenerator<{ readonly line: string; readonly row: JsonRecord }, void, void> {
  const { size } = await stat(file);
  if (size > largestSession)
    throw new NativeForkImpossible(
      `The session file ${file} has ${Math.round(size / 1024 / 1024)} MB; sessions beyond ${largestSession / 1024 / 1024} MB are not taken apart.`,
    );
  for await (const line of createInterface({
    input: createReadStream(file, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  }))
    if (line !== '') yield { line, row: asRecord(parseJson(line)) };
}

/** `--resume-session-at` takes a row of the transcript; `--fork-session` leaves the session as it is. */
async function claudeFork(
  file: string,
  sessionId: string,
  place: ForkPlace,
  recorded: RecordedLaunch | undefined,
): Promise<NativeFork> {
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
    client: 'Claude Code',
    essential,
    command: nativeCommand('Claude Code', recorded, ['-p', goOn, ...essential]),
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

export const newSession = 'newSession';

/** Codex has no fork inside a session: a copy that ends before the fork is a session of its own, under a new id. */
async function codexFork(file: string, place: ForkPlace, recorded: RecordedLaunch | undefined): Promise<NativeFork> {
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
    client: 'Codex',
    cwd,
    essential: [newSession],
    command: nativeCommand('Codex', recorded, ['resume', newSession, goOn]),
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

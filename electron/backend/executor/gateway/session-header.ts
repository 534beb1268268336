import type { IncomingHttpHeaders } from 'node:http';

/** Claude Code's, then Codex's: each thread of a Codex session has a session file of its own (clients.md 0.3). */
const headers = ['x-claude-code-session-id', 'thread-id', 'session-id', 'session_id', 'conversation_id'];
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The id of the client's own session that a request belongs to; anything that is not a UUID is none. */
export function sessionOf(given: IncomingHttpHeaders): string | undefined {
  return headers.flatMap((name) => given[name] ?? []).find((value) => uuid.test(value));
}

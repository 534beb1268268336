import type { Client } from '../client.ts';
import { codexPrograms } from './codex-command.ts';
import { codexFork, codexSessions } from './codex-sessions.ts';

const looksLikeUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

export const codex: Client = {
  id: 'codex',
  name: 'Codex',
  start: {
    programs: codexPrograms,
    // It ignores OPENAI_BASE_URL; with a provider of its own it does not try a WebSocket first.
    arguments: (url) => ['-c', `openai_base_url="${url}/openai/v1"`],
  },
  // Each thread of a Codex session has a session file of its own (FACTS.md, Native sessions).
  sessions: { headers: ['thread-id', 'session-id', 'session_id', 'conversation_id'], fork: codexFork },
  sessionFolder: codexSessions,
  telemetry: {
    isService: /^codex[_-]/,
    isScope: /^codex[_.-]/,
    oneSession: /^codex[_-](exec|cli|tui)/,
    // `thread.id` is also what the thread of the operating system is called: then it is a number.
    ofRecord(text) {
      const thread = text('thread.id');
      return text('conversation.id') ?? (thread !== undefined && looksLikeUuid.test(thread) ? thread : undefined);
    },
  },
  tools: {
    reads: ['view_image', 'update_plan', 'list_mcp_resources', 'read_mcp_resource', 'tool_search'],
    changes: ['shell', 'local_shell', 'exec', 'exec_command', 'write_stdin', 'apply_patch', 'unified_exec'],
  },
  connect: {
    gives: ['live', 'logs'],
    settings: ({ http }) => [
      {
        title: '~/.codex/config.toml',
        text: `[otel]
log_user_prompt = true
exporter = { otlp-http = { endpoint = "${http}/v1/logs", protocol = "binary" } }
trace_exporter = { otlp-http = { endpoint = "${http}/v1/traces", protocol = "binary" } }
metrics_exporter = { otlp-http = { endpoint = "${http}/v1/metrics", protocol = "binary" } }`,
      },
    ],
    note: 'Codex wants the full path per signal. Its traces hold many internal spans and no prompts.',
  },
};

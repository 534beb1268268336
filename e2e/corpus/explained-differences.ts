import { z } from 'zod';
import type { Difference } from './compare-with-truth.ts';

/** Where a captured run cannot be shown as it was, because its client did not send it. */
export interface ExplainedDifference {
  readonly client: string;
  readonly runs: readonly string[];
  /** As compare-with-truth.ts names it. */
  readonly field: string;
  /** Exactly what is shown instead: anything else is a difference of its own. */
  readonly shown?: string;
  /** What is shown is the truth and this text, each time that the client adds it. */
  readonly adds?: string | RegExp;
  /** What is shown is the truth, but for the last so many items of the list, which are not known. */
  readonly lastUnknown?: number;
  readonly reason: string;
}

export function explains(item: ExplainedDifference, client: string, run: string, difference: Difference): boolean {
  if (item.client !== client || !item.runs.includes(run) || item.field !== difference.field) return false;
  if (item.lastUnknown !== undefined) {
    const items = z.array(z.string()).parse(JSON.parse(difference.truth));
    return (
      difference.shown ===
      JSON.stringify([...items.slice(0, -item.lastUnknown), ...items.slice(-item.lastUnknown).map(() => 'none')])
    );
  }
  return item.adds === undefined
    ? item.shown === difference.shown
    : difference.shown.replaceAll(item.adds, '') === difference.truth;
}

const noWriteCount =
  'The model API (OpenAI, Google) counts no tokens written to its cache. Nobody said 0, so it is unknown.';
const noReasoningCount =
  'The Messages API counts reasoning inside output tokens and gives no figure of its own. Steps with reasoning say so.';
const retriedInside =
  'The SDK tries again inside one span: the failed attempts count in errors and are a notice of the step, but are no steps.';
const retriedOutcome = '["ok","ok","ok","ok","ok","ok","ok","ok","ok"]';
const claudeAttempts =
  'The client makes its attempts within one span, whose events tell how many it made: they count in errors and are a notice of the step, but are no steps.';
const claudeRuns = [
  'alt',
  'fatal',
  'fork-from-step',
  'grpc',
  'json-gzip',
  'logs-only-no-content',
  'normal',
  'propagate',
  'resume',
  'traceparent',
];

const geminiRuns = ['alt', 'fatal', 'grpc', 'no-content', 'normal'];
const geminiLogsLost =
  'The client ended on the refused call without sending its last batch of logs, which had the counts of thinking and cache of its last call.';

export const explainedDifferences: readonly ExplainedDifference[] = [
  {
    client: 'vercel-ai',
    runs: ['fatal', 'killed', 'legacy', 'normal', 'stream-google-json'],
    field: 'written tokens',
    shown: 'null',
    reason: noWriteCount,
  },
  {
    client: 'openai-agents',
    runs: ['alt', 'chat-completions', 'fatal', 'normal'],
    field: 'written tokens',
    shown: 'null',
    reason: noWriteCount,
  },
  {
    client: 'langgraph-openinference',
    runs: ['alt', 'fatal', 'normal'],
    field: 'written tokens',
    shown: 'null',
    reason: noWriteCount,
  },
  {
    client: 'langfuse',
    runs: ['alt', 'fatal', 'normal'],
    field: 'written tokens',
    shown: 'null',
    reason: noWriteCount,
  },
  {
    client: 'otel-plain',
    runs: [
      'alt',
      'edge-json',
      'fatal',
      'grpc',
      'grpc-gzip',
      'json',
      'json-gzip',
      'proto',
      'proto-gzip',
      'retry',
      'simple-processor',
    ],
    field: 'written tokens',
    shown: 'null',
    reason: noWriteCount,
  },
  { client: 'vercel-ai', runs: ['alt'], field: 'reasoning tokens', shown: 'null', reason: noReasoningCount },
  {
    client: 'anthropic-openinference',
    runs: ['alt', 'fatal', 'normal'],
    field: 'reasoning tokens',
    shown: 'null',
    reason: noReasoningCount,
  },
  {
    client: 'anthropic-sdk-native',
    runs: ['alt', 'fatal', 'normal', 'retry'],
    field: 'reasoning tokens',
    shown: 'null',
    reason: noReasoningCount,
  },
  {
    client: 'anthropic-sdk-native',
    runs: ['retry'],
    field: 'outcome of each llm step',
    shown: retriedOutcome,
    reason: retriedInside,
  },
  {
    client: 'otel-plain',
    runs: ['retry'],
    field: 'outcome of each llm step',
    shown: retriedOutcome,
    reason: retriedInside,
  },
  { client: 'claude-code', runs: claudeRuns, field: 'reasoning tokens', shown: 'null', reason: noReasoningCount },
  {
    client: 'claude-agent-sdk',
    runs: ['alt', 'fatal', 'normal', 'traceparent'],
    field: 'reasoning tokens',
    shown: 'null',
    reason: noReasoningCount,
  },
  {
    client: 'claude-code',
    runs: ['alt', 'fatal', 'fork-from-step', 'grpc', 'json-gzip', 'normal', 'propagate', 'traceparent'],
    field: 'arguments of tools',
    adds: ',\\"replace_all\\":false',
    reason: 'The client logs the arguments as its tool took them, with the default of one that the model left out.',
  },
  {
    client: 'claude-code',
    runs: ['logs-only-no-content'],
    field: 'arguments of tools',
    shown: JSON.stringify(Array.from({ length: 16 }, () => 'none')),
    reason:
      'Recorded as the client is by default, without its content flags: names, counts and costs are all it sends.',
  },
  {
    client: 'claude-code',
    runs: ['fatal'],
    field: 'outcome of each llm step',
    shown: '["ok","ok","ok","ok","ok","ok","failed"]',
    reason: claudeAttempts,
  },
  {
    client: 'claude-agent-sdk',
    runs: ['fatal'],
    field: 'outcome of each llm step',
    shown: '["ok","ok","ok","failed"]',
    reason: claudeAttempts,
  },
  {
    client: 'codex',
    runs: ['fatal'],
    field: 'arguments of tools',
    lastUnknown: 1,
    reason: 'The client ends without sending its last batch of logs: the last tool is known by its span only.',
  },
  {
    client: 'claude-code',
    runs: ['fatal'],
    field: 'failed llm calls',
    shown: '3',
    reason: 'The client tells of three attempts; six requests reached the model API.',
  },
  { client: 'gemini-cli', runs: geminiRuns, field: 'written tokens', shown: 'null', reason: noWriteCount },
  {
    client: 'gemini-cli',
    runs: ['no-content'],
    field: 'ids of tool calls',
    reason:
      'As above; and the order within an answer is content: three files that were read in the same millisecond stand in the order of their end.',
    shown: JSON.stringify([
      'run_shell_command__fc_PwxdCRTyLX',
      'read_file__fc_39GwWy7BIA',
      'run_shell_command__fc_63hHr5uyr1',
      'read_file__fc_2idfJxs1Y5',
      'read_file__fc_ZQ4SxiIzNk',
      'read_file__fc_JJ6ifqn7LK',
      'replace__fc_NNNOcA4Te8',
      'replace__fc_PvTwjxUwlp',
      'run_shell_command__fc_0g2qxxKx8H',
      'run_shell_command__fc_sNp3nNifKa',
      'run_shell_command__fc_HisZw92O0k',
    ]),
  },
  {
    client: 'gemini-cli',
    runs: ['alt', 'fatal', 'grpc', 'normal'],
    field: 'ids of tool calls',
    adds: /\w+?__(?=fc_)/g,
    reason: 'The client puts the name of the tool before the id that the model gave the call.',
  },
  {
    client: 'gemini-cli',
    runs: ['no-content'],
    field: 'arguments of tools',
    shown: JSON.stringify(Array.from({ length: 11 }, () => 'none')),
    reason: 'Recorded with content capture off: names and counts are all the client sends.',
  },
  { client: 'gemini-cli', runs: ['fatal'], field: 'output tokens', shown: '380', reason: geminiLogsLost },
  { client: 'gemini-cli', runs: ['fatal'], field: 'cached tokens', shown: '24320', reason: geminiLogsLost },
  { client: 'gemini-cli', runs: ['fatal'], field: 'reasoning tokens', shown: '133', reason: geminiLogsLost },
  {
    client: 'gemini-cli',
    runs: ['fatal'],
    field: 'tokens of each llm step',
    shown: '[[12066,219],[12415,39],[12543,44],[13084,78]]',
    reason: geminiLogsLost,
  },
  { client: 'opencode', runs: ['alt', 'retry'], field: 'written tokens', shown: 'null', reason: noWriteCount },
];

/** Calls that the model API saw and the client never told of: the run is compared with the truth without them. */
export interface LostCalls {
  readonly client: string;
  readonly run: string;
  /** `seq` in truth.json. */
  readonly calls: readonly number[];
  readonly reason: string;
}

export const lostCalls: readonly LostCalls[] = [
  {
    client: 'vercel-ai',
    run: 'killed',
    calls: [5],
    reason: 'The client was killed (SIGKILL) after its fifth answer and before the batch with that span was sent.',
  },
  {
    client: 'codex',
    run: 'fatal',
    calls: [8],
    reason: 'The client ends on the refused call without sending its last batches, which had that call and the turn.',
  },
  {
    client: 'gemini-cli',
    run: 'fatal',
    calls: [5, 6, 7],
    reason: 'The client ends on the refused call without sending its last batch.',
  },
  {
    client: 'opencode',
    run: 'alt',
    calls: [7, 8],
    reason: 'The client sends full batches of 512 spans and loses the last one when it ends.',
  },
  {
    client: 'opencode',
    run: 'retry',
    calls: [15, 16],
    reason: 'The client sends full batches of 512 spans and loses the last one when it ends.',
  },
];

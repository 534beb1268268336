/** Where a captured run cannot be shown as it was, because its client did not send it. */
export interface ExplainedDifference {
  readonly client: string;
  readonly runs: readonly string[];
  /** As compare-with-truth.ts names it. */
  readonly field: string;
  /** Exactly what is shown instead: anything else is a difference of its own. */
  readonly shown: string;
  readonly reason: string;
}

const noWriteCount = 'The model API (OpenAI, Google) counts no tokens written to its cache. Nobody said 0, so it is unknown.';
const noReasoningCount = 'The Messages API counts reasoning inside output tokens and gives no figure of its own. Steps with reasoning say so.';
const retriedInside = 'The SDK tries again inside one span: the failed attempts count in errors and are a notice of the step, but are no steps.';
const retriedOutcome = '["ok","ok","ok","ok","ok","ok","ok","ok","ok"]';

export const explainedDifferences: readonly ExplainedDifference[] = [
  { client: 'vercel-ai', runs: ['fatal', 'killed', 'legacy', 'normal', 'stream-google-json'], field: 'written tokens', shown: 'null', reason: noWriteCount },
  { client: 'openai-agents', runs: ['alt', 'chat-completions', 'fatal', 'normal'], field: 'written tokens', shown: 'null', reason: noWriteCount },
  { client: 'langgraph-openinference', runs: ['alt', 'fatal', 'normal'], field: 'written tokens', shown: 'null', reason: noWriteCount },
  { client: 'langfuse', runs: ['alt', 'fatal', 'normal'], field: 'written tokens', shown: 'null', reason: noWriteCount },
  {
    client: 'otel-plain', runs: ['alt', 'edge-json', 'fatal', 'grpc', 'grpc-gzip', 'json', 'json-gzip', 'proto', 'proto-gzip', 'retry', 'simple-processor'],
    field: 'written tokens', shown: 'null', reason: noWriteCount,
  },
  { client: 'vercel-ai', runs: ['alt'], field: 'reasoning tokens', shown: 'null', reason: noReasoningCount },
  { client: 'anthropic-openinference', runs: ['alt', 'fatal', 'normal'], field: 'reasoning tokens', shown: 'null', reason: noReasoningCount },
  { client: 'anthropic-sdk-native', runs: ['alt', 'fatal', 'normal', 'retry'], field: 'reasoning tokens', shown: 'null', reason: noReasoningCount },
  { client: 'anthropic-sdk-native', runs: ['retry'], field: 'outcome of each llm step', shown: retriedOutcome, reason: retriedInside },
  { client: 'otel-plain', runs: ['retry'], field: 'outcome of each llm step', shown: retriedOutcome, reason: retriedInside },
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
  { client: 'vercel-ai', run: 'killed', calls: [5], reason: 'The client was killed (SIGKILL) after its fifth answer and before the batch with that span was sent.' },
];

/**
 * What is to be found in runs of the corpus, judged by hand from the files themselves (2026-11-30), not from what Retake says: cached tokens
 * of each answer for lost caches, names and arguments of calls for repetitions and tools that nobody called, times for waits. A run is named
 * by its file and its place among the runs of the file, by start. Each finding is `kind@first step`.
 */
export interface LabelledRun {
  readonly file: string;
  readonly run: number;
  readonly findings: readonly string[];
}

const run = (file: string, findings: readonly string[] = [], at = 0): LabelledRun => ({ file, run: at, findings });
const captured = (name: string, findings: readonly string[] = []): LabelledRun => run(`captured/${name}`, findings);
const mini = (name: string, findings: readonly string[] = []): LabelledRun =>
  run(`public/mini-swe-agent/${name}.traj.json`, findings);
const entire = (name: string, at: number, findings: readonly string[] = []): LabelledRun =>
  run(`public/entire-cli/${name}-full.jsonl`, findings, at);

/** Their tools are few and all are called; nothing is repeated; the whole run takes some seconds. */
const quiet = [
  'anthropic-openinference/alt',
  'anthropic-openinference/fatal',
  'anthropic-openinference/normal',
  'anthropic-sdk-native/normal',
  'anthropic-sdk-native/retry',
  'langfuse/normal',
  'langgraph-openinference/alt',
  'openai-agents/chat-completions',
  'openai-agents/normal',
  'otel-plain/edge-json',
  'otel-plain/retry',
  'vercel-ai/killed',
  'vercel-ai/legacy',
  'vercel-ai/normal',
  'codex/normal',
  'claude-code/normal',
].map((name) => captured(`${name}/traces.jsonl`));

export const labelledRuns: readonly LabelledRun[] = [
  ...quiet,
  // The prompt was too long once (HTTP 400); the first call wrote the whole prompt to the cache, which is most of the money.
  captured('claude-code/overflow-compaction/traces.jsonl', ['near-limit@31', 'dominates@1']),
  captured('claude-agent-sdk/normal/traces.jsonl', ['dominates@1']),
  // Sessions that list more tools than truth.json has calls of.
  captured('claude-agent-sdk/normal/transcript.jsonl', ['dominates@1', 'tools-never-called@1']),
  ...['alt', 'fatal', 'normal', 'json-gzip', 'resume'].map((name) =>
    captured(`claude-code/${name}/transcript.jsonl`, ['tools-never-called@1']),
  ),
  ...['alt', 'fatal', 'normal'].map((name) => captured(`codex/${name}/rollout.jsonl`, ['tools-never-called@1'])),
  ...['alt', 'normal', 'no-content'].map((name) =>
    captured(`gemini-cli/${name}/traces.jsonl`, ['tools-never-called@0']),
  ),
  captured('gemini-cli/normal/chat-session.jsonl'),
  // 17 and 22 seconds, of which the model has 3 and 6 and the tools, by the session's own file, about 1: the program started up.
  captured('opencode/alt/traces.jsonl', ['tools-never-called@770', 'waited@']),
  captured('opencode/retry/traces.jsonl', ['tools-never-called@769', 'waited@']),
  captured('opencode/alt/session-export.json'),

  // Drops of 1,000 and more in `cached_tokens` from one answer to the next; no other request differs but by what is appended.
  mini('astropy__astropy-12907', ['cache-lost@17']),
  mini('django__django-11099', ['cache-lost@13']),
  mini('django__django-13212', ['cache-lost@16']),
  mini('matplotlib__matplotlib-24570', ['cache-lost@9']),
  mini('pallets__flask-5014', ['cache-lost@13']),
  mini('psf__requests-1766', ['cache-lost@7']),
  mini('pydata__xarray-3151', ['cache-lost@9']),

  // `cache_read_input_tokens` 52,551 and then 0, five seconds later; 57,753 and then 16,589; one command of 49 in 74 seconds.
  entire('6f-6952dcc889-0', 0),
  entire('6f-6952dcc889-0', 3, ['cache-lost@3']),
  entire('6f-6952dcc889-0', 5, ['cache-lost@3']),
  entire('6f-6952dcc889-0', 7, ['waited@8']),
  entire('6f-6952dcc889-0', 13),
  entire('5d-755497c182-0', 1),
  entire('96-6462b9a8e7-0', 2),
  entire('d0-161e0df1cb-1', 0),
  // The first call is 62 % of the money of ten.
  entire('d9-e47174f862-1', 0, ['dominates@1']),
  entire('ab-2b9748b105-0', 0, ['cache-lost@18']),

  run('public/agent-prism/langfuse-1.json'),
  // 39 of 49 seconds are one answer.
  run('public/agent-prism/langfuse-2.json', ['waited@6']),
  run('public/agent-prism/smol_deep_research_agent.json', ['tools-never-called@4']),
  run('public/any-agent/LANGCHAIN_trace.json'),
  run('public/any-agent/TINYAGENT_trace.json'),
  run('public/langfuse/framework-traces/claude-agent-2025-12-22.trace.json'),
  run('public/langfuse/framework-traces/pydantic-ai-tools-2025-12-04.trace.json'),
  run('public/swe-agent/crypto__katy.traj'),
  run('public/swe-agent/demonstrations__function_calling_simple.traj'),
];

/**
 * The 100 conversations of tau-bench, by task and trial: calls with the same arguments and the same result right after each other. All
 * others have none.
 */
export const tauBenchRepeats: ReadonlyMap<string, string> = new Map([
  // Two flights were looked for again after the customer asked for others; both answers stood in the context.
  ['task 23, trial 3', 'repeat@10'],
  ['task 15, trial 1', 'failed-repeat@13'],
  ['task 13, trial 3', 'failed-repeat@12'],
  ['task 13, trial 0', 'failed-repeat@18'],
]);

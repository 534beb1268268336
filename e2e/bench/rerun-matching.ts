import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formats } from '../agents/scripted-formats.ts';
import type { Json } from '../agents/scripted-formats.ts';
import { startScriptedModel } from '../agents/scripted-model.ts';
import { ours, policies } from './rerun-policies.ts';
import type { Policy, RecordedRequest } from './rerun-policies.ts';

/**
 * `node e2e/bench/rerun-matching.ts [SEEDS]`: five ways to find a recorded answer, on the same recordings of real agents whose
 * tool results carry times and process ids (FACTS.md, Matching). An answer is right when the recorded call stood at the same place of
 * the same conversation as the one that asks: same task, as many tool results read. Ends with status 1 if ours served a wrong one or asked the model.
 */
interface Agent {
  readonly name: string;
  readonly script: string;
  readonly arguments: readonly string[];
  readonly seeds: number;
}

const seeds = Number(process.argv[2] ?? 20);
const agents: readonly Agent[] = [
  { name: 'parallel sub-agents', script: 'parallel-agent', arguments: ['--stream'], seeds },
  { name: 'OpenAI chat', script: 'openai-agent', arguments: ['chat', '--stream'], seeds: 1 },
  { name: 'OpenAI responses', script: 'openai-agent', arguments: ['responses'], seeds: 1 },
  { name: 'Anthropic', script: 'anthropic-agent', arguments: ['--stream'], seeds: 1 },
  { name: 'Gemini', script: 'gemini-agent', arguments: ['--stream'], seeds: 1 },
  { name: 'OpenAI Agents', script: 'openai-agents-agent', arguments: ['responses', '--stream'], seeds: 1 },
  { name: 'LangGraph', script: 'langgraph-agent', arguments: ['chat', '--stream'], seeds: 1 },
];

interface Tally {
  right: number;
  wrong: number;
  live: number;
  /** Runs that ended well. */
  finished: number;
  runs: number;
}

/** Where a request stands: what is asked in its conversation, and how far it is. Known to nobody but the judge. */
function placeOf({ path, body }: { readonly path: string; readonly body: string }): string {
  const bare = path.replace(/\?.*$/s, '');
  const { task, results } = formats.find(({ pattern }) => pattern.test(bare))?.read(JSON.parse(body) as Json, bare) ?? {
    task: '',
    results: [],
  };
  return `${task.split('\n')[0]} after ${results.length}`;
}

async function serve(
  answer: (request: { readonly path: string; readonly body: string }, response: ServerResponse) => Promise<void> | void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request: IncomingMessage, response) => {
    let body = '';
    request
      .setEncoding('utf8')
      .on('data', (text: string) => (body += text))
      .on('end', () => void answer({ path: request.url ?? '/', body }, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function askModel(
  url: string,
  { path, body }: { readonly path: string; readonly body: string },
): Promise<{ readonly bytes: Buffer; readonly contentType: string; readonly status: number }> {
  return new Promise((resolve, reject) => {
    httpRequest(url + path, { method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) => {
      const chunks: Buffer[] = [];
      answer
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () =>
          resolve({
            bytes: Buffer.concat(chunks),
            contentType: answer.headers['content-type'] ?? '',
            status: answer.statusCode ?? 0,
          }),
        );
    })
      .on('error', reject)
      .end(body);
  });
}

async function runAgent({ script, arguments: words }: Agent, url: string): Promise<number | null> {
  const path = fileURLToPath(new URL(`../agents/${script}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...words], {
    stdio: 'ignore',
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      OPENAI_BASE_URL: `${url}/v1`,
      ANTHROPIC_BASE_URL: url,
      GOOGLE_GEMINI_BASE_URL: url,
    },
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return code;
}

async function replay(
  agent: Agent,
  recorded: readonly RecordedRequest[],
  policy: Policy,
  modelUrl: string,
  tally: Tally,
): Promise<void> {
  const server = await serve(async (request, response) => {
    const found = policy.choose(request);
    const chosen = found === undefined ? undefined : recorded[found];
    if (!chosen) {
      tally.live++;
      const { bytes, contentType, status } = await askModel(modelUrl, request);
      response.writeHead(status, { 'content-type': contentType }).end(bytes);
      return;
    }
    if (placeOf(request) === placeOf(chosen)) tally.right++;
    else tally.wrong++;
    response.writeHead(200, { 'content-type': chosen.contentType }).end(chosen.answer);
  });
  tally.runs++;
  if ((await runAgent(agent, server.url)) === 0) tally.finished++;
  await server.close();
}

const model = await startScriptedModel({ rounds: 2 });
const lines: (readonly string[])[] = [['agent', 'policy', 'right', 'wrong', 'live', 'runs that ended well']];
let failed = false;
for (const agent of agents) {
  const tallies = new Map(
    [...policies.keys()].map((name) => [name, { right: 0, wrong: 0, live: 0, finished: 0, runs: 0 }] as const),
  );
  for (let seed = 0; seed < agent.seeds; seed++) {
    const recorded: RecordedRequest[] = [];
    const recorder = await serve(async (request, response) => {
      const { bytes, contentType, status } = await askModel(model.url, request);
      recorded.push({ ...request, answer: bytes, contentType });
      response.writeHead(status, { 'content-type': contentType }).end(bytes);
    });
    if ((await runAgent(agent, recorder.url)) !== 0)
      throw new Error(`${agent.name} did not end well while it was recorded.`);
    await recorder.close();
    for (const [name, makePolicy] of policies) {
      const tally = tallies.get(name);
      if (tally) await replay(agent, recorded, makePolicy(recorded), model.url, tally);
    }
  }
  for (const [name, { right, wrong, live, finished, runs }] of tallies)
    lines.push([agent.name, name, String(right), String(wrong), String(live), `${finished} of ${runs}`]);
  const own = tallies.get(ours);
  if (!own || own.wrong > 0 || own.live > 0 || own.finished < own.runs) failed = true;
}
await model.close();
const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
for (const line of lines) console.log(line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
if (failed) {
  console.error('Ours served a wrong answer, asked the model, or kept an agent from ending.');
  process.exitCode = 1;
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cliShowSchema, cliTakesSchema } from '../../shared/cli-documents.ts';
import { startScriptedModel } from '../agents/scripted-model.ts';
import type { ScriptedModel, ScriptedModelOptions } from '../agents/scripted-model.ts';

/** A library of its own, and the command line as a user starts it, on agents that are pointed at nothing but what a test says. */
export interface Workbench {
  readonly directory: string;
  /** Stands in no known form of a key: found only because it was seen as one. */
  readonly key: string;
  readonly library: string;
  model(options?: ScriptedModelOptions): Promise<ScriptedModel>;
  start(args: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  run(...args: readonly string[]): Promise<Ended>;
  record(
    model: ScriptedModel,
    command: readonly string[],
  ): Promise<{ readonly runId: string; readonly said: string; readonly code: number | null; readonly stderr: string }>;
  rerun(runId: string, options: readonly string[], command: readonly string[]): Promise<TakeEnded>;
  /** The takes of a document that `rerun --json` printed. */
  takesOf(stdout: string): Takes['takes'];
  show(runId: string): Promise<Shown>;
  /** Writes the edits where `--edit` finds them. */
  edits(list: readonly unknown[]): string;
  /** What agents looked up so far, in order. */
  lookups(): readonly string[];
  /** Processes that were started from here and still run. */
  leftovers(): readonly number[];
  /** Files below the directory that hold the key. */
  filesWithKey(): readonly string[];
  close(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Takes = ReturnType<typeof cliTakesSchema.parse>;
export type TakeEnded = Ended & { readonly take: Takes['takes'][number] | undefined };
export type Shown = ReturnType<typeof cliShowSchema.parse>;

/** As it is installed: `npm run build` makes it. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
if (!existsSync(retake)) throw new Error('Build first: npm run build');

/** Where nothing listens: a call that goes there fails. */
export const deadUpstream = 'http://127.0.0.1:9';

export function agentCommand(name: string, ...args: readonly string[]): readonly string[] {
  return [process.execPath, fileURLToPath(new URL(`../agents/${name}.ts`, import.meta.url)), ...args];
}

export function openWorkbench(extra: Readonly<Record<string, string>> = {}): Workbench {
  const directory = mkdtempSync(join(tmpdir(), 'retake-rerun-'));
  const library = join(directory, 'library');
  // Where commands run: empty, since some agents tell the model what lies there.
  const project = join(directory, 'project');
  mkdirSync(project);
  const key = `kx${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`;
  const started = new Set<ChildProcess>();
  const models: ScriptedModel[] = [];
  // What this machine's user has set must not reach an agent: neither addresses nor keys.
  const kept = ['PATH', 'LANG', 'TMPDIR', 'SystemRoot'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  const environment = {
    ...Object.fromEntries(kept),
    HOME: directory,
    RETAKE_LIBRARY: library,
    AGENT_KEY: key,
    OPENAI_API_KEY: key,
    ANTHROPIC_API_KEY: key,
    GEMINI_API_KEY: key,
    AGENT_FOLDER: join(directory, 'work'),
    AGENT_PID_FILE: join(directory, 'agent.pid'),
    NODE_NO_WARNINGS: '1',
    ...extra,
  };

  function start(args: readonly string[]) {
    const child = spawn(process.execPath, [retake, ...args], {
      cwd: project,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.add(child);
    child.once('exit', () => started.delete(child));
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts })) };
  }

  const run = (...args: readonly string[]): Promise<Ended> => start(args).ended;

  return {
    directory,
    library,
    key,
    start,
    run,
    async model(options = {}) {
      const model = await startScriptedModel(options);
      models.push(model);
      return model;
    },
    async record(model, command) {
      const { code, stdout, stderr } = await run('run', '--upstream', model.url, '--', ...command);
      const lines = stdout.trim().split('\n');
      return { runId: lines.at(-1) ?? '', said: lines.at(-2) ?? '', code, stderr };
    },
    async rerun(runId, options, command) {
      const ended = await run('rerun', runId, '--yes', '--json', ...options, '--', ...command);
      return {
        ...ended,
        take: ended.stdout.trim() === '' ? undefined : cliTakesSchema.parse(JSON.parse(ended.stdout)).takes[0],
      };
    },
    takesOf: (stdout) => cliTakesSchema.parse(JSON.parse(stdout)).takes,
    async show(runId) {
      return cliShowSchema.parse(JSON.parse((await run('show', runId, '--json', '--messages')).stdout));
    },
    edits(list) {
      const file = join(directory, `edits-${Math.random().toString(36).slice(2)}.json`);
      writeFileSync(file, JSON.stringify(list));
      return file;
    },
    lookups() {
      const file = join(directory, 'work', 'lookups.log');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    },
    leftovers() {
      if (!existsSync('/proc')) return [];
      return readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => {
          try {
            return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory);
          } catch {
            return false;
          }
        });
    },
    filesWithKey() {
      return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => readFileSync(file).includes(key));
    },
    async close() {
      for (const child of started) child.kill('SIGKILL');
      for (const model of models.splice(0)) await model.close();
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

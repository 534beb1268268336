import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright';
import { chromium, expect as expectSoon } from 'playwright/test';
import { assertNever } from '../../shared/model/assert-never.ts';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';
import { signalProcess } from '../support/signal-process.ts';

const expect = expectSoon.configure({ timeout: 60_000 });

/**
 * `node e2e/electron-binary/packaged.ts APP`: the app that `npm run package` made, started outside the checkout: a file is imported, the
 * demo is recorded and re-run, it is measured, and it ends with all its processes. Its fuses let nobody attach to main, so
 * the page is driven over Chromium's own port. Prints what it measured. With `--connections` (needs strace; slower) it fails at any
 * connection that leaves this machine: nobody has asked for one. With `--ends` it is ended in each way there is instead: nothing may be
 * left, and the next start must find the library free.
 */
async function walk(executable: string, watched: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'retake-packaged-'));
  const library = join(folder, 'library');
  const libraryOptions = ['--library', library, '--otlp-port', '0', '--otlp-grpc-port', '0'];
  const startedMs = performance.now();
  const traced = join(folder, 'connections.txt');
  const [program, before] = watched
    ? (['strace', ['-f', '-qq', '-e', 'trace=connect,sendto,sendmmsg', '-o', traced, executable]] as const)
    : ([executable, []] as const);
  const child = spawn(
    program,
    [
      ...before,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--remote-debugging-port=0',
      '--measure',
      ...libraryOptions,
      fixturePath('otel-plain/proto/traces.jsonl'),
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') },
    },
  );
  const ended = once(child, 'exit');
  try {
    const { browser, page } = await attach(child);
    await page.locator('main').waitFor();
    say('window', `${Math.round(performance.now() - startedMs)} ms after the start`);
    await expect(page.getByText('cost-research').first()).toBeVisible();
    say('import', 'the file it was started with is a run');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Try re-run on the demo');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('#/run/');
    await idle(page);
    await expect(page.getByText('running').first()).toBeHidden({ timeout: 120_000 });
    say('demo', `${await page.title()} is recorded`);
    await page.screenshot({
      path: process.env['RETAKE_SCREENSHOTS']
        ? join(process.env['RETAKE_SCREENSHOTS'], 'packaged.png')
        : join(folder, 'packaged.png'),
    });
    const log = join(library, 'window/logs/retake.log');
    await expect
      .poll(async () => (await readFile(log, 'utf8')).match(/measure: .*/g)?.length ?? 0, { timeout: 90_000 })
      .toBeGreaterThan(2);
    say('measured', (await readFile(log, 'utf8')).match(/measure: .*/g)?.at(-1) ?? '');
    await browser.close();
    // Retake itself, not what watches it.
    if (watched) signalProcess(await firstChild(child.pid), 'SIGTERM');
    else child.kill('SIGTERM');
    await ended;
    expect(existsSync(join(library, 'recorder.json'))).toBe(false);
    say('ended', 'and the library is free');
    if (watched) sayConnections(await readFile(traced, 'utf8'));
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The page of the app that was started with `--remote-debugging-port=0`. */
async function attach(child: ChildProcess): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const address = await new Promise<string>((resolve) => {
    let text = '';
    child.stderr?.on('data', (part: Buffer) => {
      text += part.toString('utf8');
      const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const browser = await connected(address);
  let page: Page | undefined;
  await expect
    .poll(() =>
      (page = browser
        .contexts()
        .flatMap((context) => context.pages())
        .find((one) => one.url().startsWith('app:')))?.url(),
    )
    .toMatch(/^app:\/\/retake\//);
  if (page === undefined) throw new Error('There is no window.');
  return { browser, page };
}

/** One that asks while the window is being made can be left without an answer: it asks again. */
async function connected(address: string): Promise<Browser> {
  try {
    return await chromium.connectOverCDP(address, { timeout: 15_000 });
  } catch {
    return chromium.connectOverCDP(address);
  }
}

type End = 'window' | 'SIGINT' | 'SIGTERM' | 'kill -9 of main' | 'kill -9 of the backend' | 'kill -9 of the page';

/** Each start finds what the end before left: the same library, held by nobody. */
async function endInEachWay(executable: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'retake-ends-'));
  const library = join(folder, 'library');
  const ends: readonly End[] = [
    'window',
    'SIGINT',
    'SIGTERM',
    'kill -9 of main',
    'kill -9 of the backend',
    'kill -9 of the page',
  ];
  try {
    for (const end of ends) {
      const child = spawn(
        executable,
        [
          ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
          '--remote-debugging-port=0',
          '--library',
          library,
          '--otlp-port',
          '0',
          '--otlp-grpc-port',
          '0',
        ],
        {
          cwd: folder,
          stdio: ['ignore', 'ignore', 'pipe'],
          env: { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') },
        },
      );
      const main = child.pid;
      if (main === undefined) throw new Error(`${executable} does not start.`);
      const ended = once(child, 'exit');
      const { browser, page } = await attach(child);
      // The backend holds the library: it listens.
      await expect(page.getByRole('link', { name: /^Listening/ })).toBeVisible();
      const before = await family(main);
      const one = (type: string): number | undefined => before.find(({ command }) => command.includes(type))?.pid;
      switch (end) {
        case 'window':
          // As its button does.
          await page.close({ runBeforeUnload: true });
          break;
        case 'SIGINT':
        case 'SIGTERM':
          signalProcess(main, end);
          break;
        case 'kill -9 of main':
          signalProcess(main, 'SIGKILL');
          break;
        case 'kill -9 of the backend':
          signalProcess(one('node.mojom.NodeService'), 'SIGKILL');
          await expect.poll(async () => (await family(main)).some(isNewBackend(before))).toBe(true);
          await expect(page.getByRole('link', { name: /^Listening/ })).toBeVisible();
          signalProcess(main, 'SIGTERM');
          break;
        case 'kill -9 of the page':
          signalProcess(one('--type=renderer'), 'SIGKILL');
          await expect
            .poll(async () => (await family(main)).some(({ command }) => command.includes('--type=renderer')))
            .toBe(true);
          signalProcess(main, 'SIGTERM');
          break;
        default:
          assertNever(end);
      }
      await ended;
      await browser.close().catch(() => undefined);
      await expect.poll(() => before.filter(({ pid }) => isAlive(pid)).map(({ command }) => command)).toEqual([]);
      say('ended', `${end}: ${before.length} processes, none is left`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

interface Process {
  readonly pid: number;
  readonly command: string;
}

const isNewBackend =
  (before: readonly Process[]) =>
  ({ pid, command }: Process): boolean =>
    command.includes('node.mojom.NodeService') && before.every((other) => other.pid !== pid);

/** A process with all that descend from it. */
async function family(pid: number): Promise<readonly Process[]> {
  const all = new Map<number, { readonly parent: number; readonly command: string }>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = await readFile(`/proc/${name}/status`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const parent = /^PPid:\s+(\d+)$/m.exec(status)?.[1];
    if (parent !== undefined && command !== '')
      all.set(Number(name), { parent: Number(parent), command: command.replaceAll('\0', ' ') });
  }
  const found = new Set([pid]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const [one, { parent }] of all) if (found.has(parent)) found.add(one);
  }
  return [...found].map((one) => ({ pid: one, command: all.get(one)?.command ?? '' }));
}

/** What has ended and waits for its parent to ask is no process any more. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function firstChild(pid: number | undefined): Promise<number> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  return Number(children.split(' ')[0]);
}

/** What goes to another machine, by the lines of strace. A datagram socket that is connected and never written to sends nothing. */
function sayConnections(lines: string): void {
  const leaving = lines.split('\n').filter((line) => {
    const address = /inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"/.exec(line);
    const to = address?.[1] ?? address?.[2];
    return to !== undefined && !/^127\.|^::1$|^::ffff:127\./.test(to);
  });
  say('connections', `${lines.split('\n').length} calls watched, ${leaving.length} to other machines`);
  for (const line of leaving.slice(0, 20)) say('connection', line);
  expect(leaving).toEqual([]);
}

function say(what: string, words: string): void {
  process.stdout.write(`${what}: ${words}\n`);
}

const words = process.argv.slice(2);
const executable = words.find((word) => !word.startsWith('--'));
if (executable === undefined) throw new Error('Give the executable of the packaged app.');
await (words.includes('--ends')
  ? endInEachWay(resolve(executable))
  : walk(resolve(executable), words.includes('--connections')));

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright';
import { chromium, expect as expectSoon } from 'playwright/test';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';

const expect = expectSoon.configure({ timeout: 60_000 });

/**
 * `node e2e/electron-binary/packaged.ts APP`: the app that `npm run package` made, started outside the checkout: a file is imported, the
 * demo is recorded and re-run, it is measured, and it ends with all its processes. Its fuses let nobody attach to main, so
 * the page is driven over Chromium's own port. Prints what it measured. With `--connections` (needs strace; slower) it fails at any
 * connection that leaves this machine: nobody has asked for one.
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
    const address = await new Promise<string>((resolve) => {
      let text = '';
      child.stderr.on('data', (part: Buffer) => {
        text += part.toString('utf8');
        const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const browser = await chromium.connectOverCDP(address);
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
    await page.locator('main').waitFor();
    say('window', `${Math.round(performance.now() - startedMs)} ms after the start`);
    await expect(page.getByText('cost-research').first()).toBeVisible();
    say('import', 'the file it was started with is a run');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Try re-run on the demo');
    await page.keyboard.press('Enter');
    await expect.poll(() => page?.url()).toContain('#/run/');
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
    if (watched) process.kill(await firstChild(child.pid ?? -1), 'SIGTERM');
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

async function firstChild(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
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
await walk(resolve(executable), words.includes('--connections'));

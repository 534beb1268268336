import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'playwright/test';
import { fixturePath, projectRoot } from '../support/project.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';

/** What `npm start` does where the Electron window cannot be had, and what it passes on where it can. */
test.describe('npm start', () => {
  test.skip(process.platform === 'win32', 'The scripts that stand for Electron here need a Unix shell.');

  test('without a display it prints the address, serves the window with the files it was given, and ends at Ctrl-C', async ({
    page,
  }) => {
    test.skip(process.platform !== 'linux', 'Other systems always have a display.');
    await withTemporaryFolder(async (folder) => {
      const started = await start(folder, {}, [fixturePath('otel-plain/proto/traces.jsonl')]);
      expect(started.line).toMatch(/^retake: there is no display: open http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/);
      await page.goto(started.line.replace(/^.*open /, ''));
      await expect(page.getByText('cost-research').first()).toBeVisible();
      started.child.kill('SIGINT');
      expect(await started.ended).toBe(0);
      await expect(page.request.get(page.url())).rejects.toThrow();
    });
  });

  test('a download that answers nothing delays the browser by two seconds, not for ever', async () => {
    test.skip(existsSync(join(projectRoot, 'node_modules/electron/path.txt')), 'The Electron binary is installed.');
    const connections: { destroy(): void }[] = [];
    const silent = createServer((connection) => connections.push(connection)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const mirror = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    await withTemporaryFolder(async (folder) => {
      const started = await start(folder, { DISPLAY: ':98', ELECTRON_MIRROR: mirror });
      expect(started.line).toMatch(
        /^retake: opening in your browser \(the Electron [\d.]+ binary is not installed and its download is out of reach\): http:\/\/127\.0\.0\.1:\d+\/#token=/,
      );
      expect(connections.length).toBeGreaterThan(0);
      started.child.kill('SIGINT');
      expect(await started.ended).toBe(0);
    });
    for (const connection of connections) connection.destroy();
    silent.close();
  });

  test('an Electron that cannot run here is replaced by the browser, with its exit code', async () => {
    await withTemporaryFolder(async (folder) => {
      const started = await start(folder, await electronThat(folder, 'exit 127'));
      expect(started.line).toContain(
        'opening in your browser (Electron ended with code 127 before it showed a window): http://127.0.0.1:',
      );
      started.child.kill('SIGINT');
      expect(await started.ended).toBe(0);
    });
  });

  test('an Electron that the system lets make no sandbox is replaced by the browser, which says so', async () => {
    await withTemporaryFolder(async (folder) => {
      const words =
        '[1:1:FATAL:setuid_sandbox_host.cc(163)] The SUID sandbox helper binary was found, but is not configured';
      const started = await start(folder, await electronThat(folder, `echo '${words}' >&2; kill -TRAP $$`));
      expect(started.line).toContain(
        'opening in your browser (this system lets Electron make no sandbox: user namespaces are off): http://127.0.0.1:',
      );
      started.child.kill('SIGTERM');
      expect(await started.ended).toBe(0);
    });
  });

  test('what is sent to its process alone ends a window of Chromium and all that belongs to it', async () => {
    test.skip(process.platform !== 'linux', 'The script that stands for a browser is one of Linux.');
    await withTemporaryFolder(async (folder) => {
      const pidFile = join(folder, 'browser.pid');
      const browser = join(folder, 'browser');
      await writeFile(browser, `#!/bin/sh\necho $$ > '${pidFile}'\nexec /bin/sleep 1000\n`, { mode: 0o755 });
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        const started = await start(folder, { RETAKE_BROWSER: '1', DISPLAY: ':98', RETAKE_CHROMIUM: browser });
        await expect.poll(() => readFile(pidFile, 'utf8').catch(() => '')).not.toBe('');
        const pid = Number(await readFile(pidFile, 'utf8'));
        started.child.kill(signal);
        expect(await started.ended).toBe(0);
        expect(existsSync(`/proc/${pid}`)).toBe(false);
        await writeFile(pidFile, '');
      }
    });
  });

  test('a second start with the same library hands over, with its files; a browser that was running shows it once', async ({
    page,
  }) => {
    await withTemporaryFolder(async (folder) => {
      const first = await start(folder, {});
      await page.goto(first.line.replace(/^.*open /, ''));
      await expect.poll(() => existsSync(join(folder, 'library/recorder.json'))).toBe(true);
      const opened = join(folder, 'opened');
      const browser = join(folder, 'browser');
      // As Chromium does where one with the same profile runs: it hands the address over and ends.
      await writeFile(browser, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${opened}'\n`, { mode: 0o755 });
      const second = await start(folder, { DISPLAY: ':98', RETAKE_CHROMIUM: browser }, [
        fixturePath('otel-plain/proto/traces.jsonl'),
      ]);
      expect(second.line).toMatch(
        /^retake: one runs already with this library and imports what you gave: http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/,
      );
      expect(await second.ended).toBe(0);
      expect((await readFile(opened, 'utf8')).match(/--app=http:\S+\/open\//g)).toHaveLength(1);
      await expect(page.getByText('cost-research').first()).toBeVisible();
      first.child.kill('SIGTERM');
      expect(await first.ended).toBe(0);
    });
  });

  test('what cannot be is said in a sentence: a file that is not there, a folder that may not be made, a port that is taken', async () => {
    await withTemporaryFolder(async (folder) => {
      const missing = await start(folder, {}, ['no-such-file.jsonl']);
      expect(missing.line).toBe(
        'retake: There is no file or folder no-such-file.jsonl, and no command of that name: `retake --help` lists them.',
      );
      expect(await missing.ended).toBe(1);
      await writeFile(join(folder, 'library'), 'a file in the way');
      const unmade = await start(folder, {});
      expect(unmade.line).toMatch(
        /^retake: The library’s folder .+library cannot be made \(.+\)\. Choose another one with --library/,
      );
      expect(await unmade.ended).toBe(1);
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const address = taken.address();
      const port = String(typeof address === 'object' ? address?.port : 0);
      const busy = await start(folder, {}, ['--library', join(folder, 'other'), '--otlp-port', port]);
      expect(busy.line).toContain(port);
      expect(busy.line).toMatch(/^retake: OTLP\/HTTP: /);
      busy.child.kill('SIGINT');
      expect(await busy.ended).toBe(0);
      taken.close();
    });
  });

  test('Electron gets the folder of the program and what was given, and its end is the end', async () => {
    await withTemporaryFolder(async (folder) => {
      await writeFile(join(folder, 'a trace.jsonl'), '');
      const started = await start(
        folder,
        await electronThat(folder, `printf '%s\\n' "$@" > '${join(folder, 'given')}'; echo ran`),
        ['a trace.jsonl'],
      );
      expect(started.line).toBe('ran');
      expect(await started.ended).toBe(0);
      const given = (await readFile(join(folder, 'given'), 'utf8'))
        .split('\n')
        .filter((text) => text !== '' && text !== '--no-sandbox');
      expect(given).toEqual([
        projectRoot,
        '--library',
        join(folder, 'library'),
        '--otlp-port',
        '0',
        '--otlp-grpc-port',
        '0',
        'a trace.jsonl',
      ]);
    });
  });
});

/** The environment in which `electron` is a shell script. */
async function electronThat(folder: string, script: string): Promise<Record<string, string>> {
  const binaries = join(folder, 'electron');
  const executable =
    process.platform === 'darwin' ? join(binaries, 'Electron.app/Contents/MacOS/Electron') : join(binaries, 'electron');
  await mkdir(join(executable, '..'), { recursive: true });
  await writeFile(executable, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { ELECTRON_OVERRIDE_DIST_PATH: binaries, DISPLAY: ':98' };
}

/** Runs it until its first line. There is no browser on its path, so that no window of the person who runs the tests opens. */
async function start(folder: string, environment: Record<string, string>, argv: readonly string[] = []) {
  const own = ['--library', join(folder, 'library'), '--otlp-port', '0', '--otlp-grpc-port', '0'];
  const child = spawn(process.execPath, [join(projectRoot, 'electron/cli/start.mjs'), ...own, ...argv], {
    cwd: folder,
    env: { HOME: folder, PATH: '', RETAKE_CHROMIUM: join(folder, 'no-browser'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit').then(([code]): unknown => code);
  // Chromium's own words are no line of ours.
  const ours = (stream: typeof child.stdout) =>
    new Promise<string>((resolve) => {
      createInterface({ input: stream }).on('line', (line) => {
        if (!line.includes('FATAL')) resolve(line);
      });
    });
  const first = Promise.race([ours(child.stdout), ours(child.stderr)]);
  const line = await Promise.race([
    first,
    ended.then((code) => Promise.reject(new Error(`It ended with ${String(code)} before it said anything.`))),
  ]);
  return { child, line, ended };
}

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElectronApplication } from 'playwright';
import { backendPids, expect, isAlive, test, tier } from '../support/desktop-test.ts';
import { idle } from '../support/idle.ts';
import { signalProcess } from '../support/signal-process.ts';

/** Every way in which a part of the program ends: what goes on, what the user is told, and that nothing is left behind. */
test.describe(tier, () => {
  test('after the backend gave up, quitting ends the program', async ({ desktop: { application, page } }) => {
    await idle(page);
    const main = application.process();
    const ended = once(main, 'exit');
    await application.evaluate(({ dialog }) => {
      dialog.showMessageBox = () => Promise.resolve({ response: 1, checkboxChecked: false });
    });
    let last = -1;
    for (let death = 1; death <= 4; death += 1) {
      await expect.poll(async () => (await backendPids(application)).filter((pid) => pid !== last)).toHaveLength(1);
      last = (await backendPids(application))[0] ?? -1;
      signalProcess(last, 'SIGKILL');
    }
    expect((await ended)[0]).toBe(0);
  });

  test('a window whose process is killed is loaded again; when that does not help, the user is asked and told where the log is', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    await idle(page);
    await application.evaluate(({ app, dialog, ipcMain }) => {
      const seen = { ready: 0, asked: '' };
      app.name = JSON.stringify(seen);
      ipcMain.on('window:ready', () => {
        seen.ready += 1;
        app.name = JSON.stringify(seen);
      });
      dialog.showMessageBox = (...values: unknown[]) => {
        seen.asked = JSON.stringify(values.at(-1));
        app.name = JSON.stringify(seen);
        return Promise.resolve({ response: 0, checkboxChecked: false });
      };
    });
    const seen = async (): Promise<{ readonly ready: number; readonly asked: string }> =>
      JSON.parse(await application.evaluate(({ app }) => app.name)) as { ready: number; asked: string };
    await killPage(application);
    await expect.poll(async () => (await seen()).ready).toBe(1);
    expect((await seen()).asked).toBe('');
    await killPage(application);
    await expect.poll(async () => (await seen()).ready).toBe(2);
    const log = join(libraryFolder, 'window/logs/retake.log');
    expect((await seen()).asked).toContain('Retake’s window keeps ending');
    expect((await seen()).asked).toContain(JSON.stringify(log).slice(1, -1));
    expect((await readFile(log, 'utf8')).match(/the window's page ended: /g)).toHaveLength(2);
  });

  test('Help shows the log, which says that a backend was killed', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    await idle(page);
    await application.evaluate(({ app, shell }) => {
      shell.showItemInFolder = (path: string) => {
        app.name = path;
      };
    });
    const log = join(libraryFolder, 'window/logs/retake.log');
    await application.evaluate(({ Menu }) => Menu.getApplicationMenu()?.getMenuItemById('help.log')?.click());
    expect(await application.evaluate(({ app }) => app.name)).toBe(log);
    const [first] = await backendPids(application);
    signalProcess(first, 'SIGKILL');
    await expect
      .poll(() => readFile(log, 'utf8'))
      .toMatch(/the backend ended with code [\d-]+\n.*a process ended: retake-backend, /);
    // By its keys too: the palette is made of the same commands.
    await page.keyboard.press('Control+k');
    await page.keyboard.type('Show the log');
    await application.evaluate(({ app }) => {
      app.name = '';
    });
    await page.keyboard.press('Enter');
    await expect.poll(() => application.evaluate(({ app }) => app.name)).toBe(log);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`${signal} to its process alone ends all of it, and the library is free`, async ({
      desktop: { application, page, startAgain },
    }) => {
      test.skip(process.platform === 'win32', 'Windows has no signals.');
      await idle(page);
      const main = application.process();
      const backends = await backendPids(application);
      expect(backends).toHaveLength(1);
      const ended = once(main, 'exit');
      main.kill(signal);
      await ended;
      await expect.poll(() => backends.filter(isAlive)).toEqual([]);
      const again = startAgain.andStay();
      try {
        await expect.poll(() => again.startedWith()).toBe('window');
      } finally {
        await again.end();
      }
    });

  test('kill -9 of it leaves no backend and no lock', async ({ desktop: { application, page, startAgain } }) => {
    await idle(page);
    const main = application.process();
    const backends = await backendPids(application);
    const ended = once(main, 'exit');
    main.kill('SIGKILL');
    await ended;
    await expect.poll(() => backends.filter(isAlive)).toEqual([]);
    const again = startAgain.andStay();
    try {
      await expect.poll(() => again.startedWith()).toBe('window');
    } finally {
      await again.end();
    }
  });
});

test.describe(`${tier}, started with a switch before its folder`, () => {
  test.use({ switches: ['--force-color-profile=srgb'] });

  test('the folder of the program is no file to import', async ({ desktop: { page } }) => {
    await idle(page);
    await expect(page.getByRole('contentinfo')).toContainText('0 runs');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});

/** Of the page, by the system: a renderer that crashes and one that is killed look the same to main. */
async function killPage(application: ElectronApplication): Promise<void> {
  await application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
}

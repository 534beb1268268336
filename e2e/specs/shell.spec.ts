import { existsSync } from 'node:fs';
import type { ElectronApplication, Page } from 'playwright';
import { backendPids, drop, expect, isAlive, test, tier } from '../support/desktop-test.ts';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';
import { signalProcess } from '../support/signal-process.ts';

const trace = fixturePath('otel-plain/proto/traces.jsonl');
const otherTrace = fixturePath('vercel-ai/normal/traces.jsonl');

test.describe(tier, () => {
  test('the window is the app page, under a policy that lets it run nothing else and talk to nobody', async ({
    desktop: { application, page },
  }) => {
    await idle(page);
    expect(await urlInMain(application)).toBe('app://retake/');
    const outcome = await page.evaluate(async () => {
      const refused: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'window.inlineScriptRan = true';
      document.body.append(script);
      const image = new Image();
      image.src = 'https://example.com/tracking.png';
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/';
      document.body.append(frame);
      const fetched = await fetch('https://example.com/').then(
        () => 'reached',
        () => 'refused',
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { fetched, ran: 'inlineScriptRan' in window, refused: [...new Set(refused)].toSorted() };
    });
    expect(outcome).toEqual({
      fetched: 'refused',
      ran: false,
      refused: ['connect-src', 'frame-src', 'img-src', 'script-src-elem'],
    });
  });

  test('the page has no Node: only the functions of the bridge, which it cannot change', async ({
    desktop: { page },
  }) => {
    const seen = await page.evaluate(() => {
      const bridge: unknown = Reflect.get(window, 'retake');
      return {
        globals: ['require', 'process', 'module', 'Buffer', 'ipcRenderer'].filter((name) => name in window),
        bridge: typeof bridge === 'object' && bridge !== null ? Object.keys(bridge).toSorted() : [],
        frozen: Object.isFrozen(bridge),
        secure: window.isSecureContext,
      };
    });
    expect(seen).toEqual({
      globals: [],
      bridge: [
        'lookForUpdates',
        'onMenuCommand',
        'openFiles',
        'pathForFile',
        'platform',
        'ready',
        'setHandledCommands',
        'setTheme',
        'setUpdatesAtStart',
        'showLog',
      ],
      frozen: true,
      secure: true,
    });
  });

  test('the window talks to the backend over its port', async ({ desktop: { page, libraryFolder } }) => {
    await showSettings(page);
    await expect(page.getByText(libraryFolder).first()).toBeVisible();
    expect(existsSync(libraryFolder)).toBe(true);
  });

  test('a dropped file is read by the backend from its path', async ({ desktop: { application, page } }) => {
    await idle(page);
    await drop(page, [trace]);
    await expectImported(page, 'traces.jsonl');
    await expectRuns(page, 1);
    expect(await urlInMain(application)).toContain('app://retake/');
  });

  test('a menu item runs its command in the window', async ({ desktop: { application, page } }) => {
    await idle(page);
    await clickMenu(application, 'go.settings');
    await expect.poll(() => page.evaluate(() => window.location.hash)).toBe('#/settings');
  });

  test('the menu lists what the window handles, and nothing else', async ({ desktop: { application, page } }) => {
    await idle(page);
    const listed = () =>
      application.evaluate(({ Menu }) =>
        ['go.runs', 'run.export', 'file.report'].filter((id) => Menu.getApplicationMenu()?.getMenuItemById(id)),
      );
    await expect.poll(listed).toEqual(['go.runs']);
    // An import that finds one run opens it: a run can be exported, and there is a report.
    await drop(page, [trace]);
    await expectImported(page, 'traces.jsonl');
    await expect.poll(listed).toEqual(['go.runs', 'run.export', 'file.report']);
    await showSettings(page);
    await expect.poll(listed).toEqual(['go.runs', 'file.report']);
  });

  test('the dialog for files imports what was picked', async ({ desktop: { application, page } }) => {
    await idle(page);
    await application.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
    }, trace);
    await clickMenu(application, 'file.open');
    await expectImported(page, 'traces.jsonl');
  });

  test('a file that the system hands over is imported', async ({ desktop: { application, page } }) => {
    await idle(page);
    await application.evaluate(({ app }, path) => {
      app.emit('open-file', { preventDefault: () => undefined }, path);
    }, trace);
    await expectRuns(page, 1);
  });

  test('a second start with the same library hands over its files and links, and ends', async ({
    desktop: { application, page, startAgain },
  }) => {
    await idle(page);
    await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize());
    expect(await startAgain(otherTrace)).toBe(0);
    await expectRuns(page, 1);
    expect(
      await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((one) => one.isMinimized())),
    ).toEqual([false]);
    expect(await startAgain('retake://settings')).toBe(0);
    await expect.poll(() => page.evaluate(() => window.location.hash)).toBe('#/settings');
  });

  test('every permission is denied but writing to the clipboard and notices outside of the window', async ({
    desktop: { page },
  }) => {
    await idle(page);
    const states = await page.evaluate(async () => {
      const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read', 'clipboard-write'];
      return Promise.all(
        names.map(
          async (name) => `${name} ${(await navigator.permissions.query({ name: name as PermissionName })).state}`,
        ),
      );
    });
    expect(states).toEqual([
      'geolocation denied',
      'notifications granted',
      'camera denied',
      'microphone denied',
      'clipboard-read denied',
      'clipboard-write granted',
    ]);
  });

  test('the appearance that was chosen reaches the native parts', async ({ desktop: { application, page } }) => {
    await idle(page);
    for (const theme of ['light', 'dark', 'system'] as const) {
      await clickMenu(application, `view.theme-${theme}`);
      await expect.poll(() => application.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe(theme);
    }
  });

  test('a backend that is killed is started again, and the window goes on', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    await idle(page);
    const [first] = await backendPids(application);
    signalProcess(first, 'SIGKILL');
    await expect.poll(async () => (await backendPids(application)).filter((pid) => pid !== first)).toHaveLength(1);
    await idle(page);
    await showSettings(page);
    await expect(page.getByText(libraryFolder).first()).toBeVisible();
    await drop(page, [trace]);
    await expectImported(page, 'traces.jsonl');
  });

  test('updates are looked for when the user asks or has turned it on; what cannot be updated says why', async ({
    desktop: { application, page },
  }) => {
    await idle(page);
    await application.evaluate(({ app, dialog }) => {
      const asked: unknown[] = [];
      dialog.showMessageBox = (...values: unknown[]) => {
        asked.push(values.at(-1));
        app.name = JSON.stringify(asked);
        return Promise.resolve({ response: 0, checkboxChecked: false });
      };
    });
    await clickMenu(application, 'help.updates');
    await expect.poll(() => application.evaluate(({ app }) => app.name)).toContain('runs from a checkout');
    await showSettings(page);
    const updates = page.getByRole('region', { name: 'Updates' });
    const atStart = updates.getByRole('checkbox', { name: 'Look for a newer version when Retake starts' });
    await expect(atStart).not.toBeChecked();
    await updates.getByRole('button', { name: 'Look now' }).click();
    await expect
      .poll(async () => (await application.evaluate(({ app }) => app.name)).split('runs from a checkout').length - 1)
      .toBe(2);
    await atStart.check();
    await page.reload();
    await idle(page);
    await expect(atStart).toBeChecked();
  });

  test('a backend that dies again and again is left alone, and the user is asked', async ({
    desktop: { application, page },
  }) => {
    await idle(page);
    await application.evaluate(({ app, dialog }) => {
      dialog.showMessageBox = (...values: unknown[]) => {
        app.name = JSON.stringify(values.at(-1));
        // Asked once: quitting is the answer that a person who does not look would not give.
        return new Promise(() => undefined);
      };
    });
    let last = -1;
    for (let death = 1; death <= 4; death += 1) {
      await expect.poll(async () => (await backendPids(application)).filter((pid) => pid !== last)).toHaveLength(1);
      last = (await backendPids(application))[0] ?? -1;
      signalProcess(last, 'SIGKILL');
    }
    await expect.poll(() => application.evaluate(({ app }) => app.name)).toContain('4 times within a minute');
    expect(await backendPids(application)).toEqual([]);
    expect(await application.evaluate(({ app }) => app.name)).toContain('Retake’s backend keeps ending');
    await expect(page.getByRole('link', { name: 'Not listening' })).toBeVisible();
  });

  test('quitting ends the backend and leaves no process', async ({ desktop: { application, page } }) => {
    await idle(page);
    const pids = [application.process().pid ?? -1, ...(await backendPids(application))];
    expect(pids).toHaveLength(2);
    await application.close();
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  // After a navigation that main prevented, Playwright waits for one on a real Electron: so this test only looks from main, and comes last.
  test('the page can neither leave nor open another window', async ({ desktop: { application, page } }) => {
    await idle(page);
    await page.evaluate(() => {
      window.open('https://example.com/opened');
      const link = document.createElement('a');
      link.href = 'https://example.com/linked';
      link.target = '_blank';
      document.body.append(link);
      link.click();
      setTimeout(() => {
        window.location.href = 'https://example.com/left';
      }, 0);
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(
      await application.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows().map((one) => one.webContents.getURL().replace(/#.*/, '')),
      ),
    ).toEqual(['app://retake/']);
    expect(application.windows()).toHaveLength(1);
  });
});

test.describe(`${tier}, started with a file`, () => {
  test.use({ launchArguments: [trace] });

  test('files on the command line are imported', async ({ desktop: { page } }) => {
    await expectRuns(page, 1);
  });
});

function urlInMain(application: ElectronApplication): Promise<string | undefined> {
  return application.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getURL().replace(/#.*/, ''),
  );
}

/** Once it is there: the window says what it handles, and the menu follows. */
async function clickMenu(application: ElectronApplication, id: string): Promise<void> {
  await expect
    .poll(() =>
      application.evaluate(({ Menu }, itemId) => Boolean(Menu.getApplicationMenu()?.getMenuItemById(itemId)), id),
    )
    .toBe(true);
  await application.evaluate(({ Menu }, itemId) => {
    const item = Menu.getApplicationMenu()?.getMenuItemById(itemId);
    if (!item) throw new Error(`The menu has no item ${itemId}.`);
    item.click();
  }, id);
}

async function expectImported(page: Page, name: string): Promise<void> {
  await expect(page.getByText(name).first()).toBeVisible();
  await idle(page);
}

async function showSettings(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.location.hash = '#/settings';
  });
  await idle(page);
}

async function showRuns(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.location.hash = '#/runs';
  });
  await idle(page);
}

/** The list of runs has that many. */
async function expectRuns(page: Page, count: number): Promise<void> {
  await expect(async () => {
    await showRuns(page);
    await expect(page.getByRole('row')).toHaveCount(count + 1, { timeout: 500 });
  }).toPass();
}

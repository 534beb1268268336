import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ElectronApplication, Page } from 'playwright';
import { startScriptedModel } from '../agents/scripted-model.ts';
import { backendPids, expect, test, tier } from '../support/desktop-test.ts';
import { idle } from '../support/idle.ts';
import { projectRoot, screenshotPath } from '../support/project.ts';
import { changes, expectEnded, runInAddress, sheet, startButton, stepsOf } from '../support/rerun.ts';
import { signalProcess } from '../support/signal-process.ts';
import { follow, press } from '../support/steps.ts';

const key = 'sk-kept-by-the-keychain-0123456789abcdef';
const providers = (page: Page) => page.getByRole('region', { name: 'Model providers' });

test.describe(tier, () => {
  test.use({ usesKeychain: true });

  test('a key goes to the keychain, from there to the provider when a take asks it, and stands in no file', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    test.skip(!(await hasKeyring(application)), 'This machine has no keyring.');
    const folder = dirname(libraryFolder);
    const own = await startScriptedModel();
    const other = await startScriptedModel();
    try {
      await idle(page);
      await follow(page, '#/settings');
      await addProvider(page, 'lab', `${other.url}/v1`);
      await saveKey(page, 'lab', 'sk-an-older-key-0123456789abcdef');
      await saveKey(page, 'lab', key);
      await expect(providers(page).getByRole('row', { name: /^lab/ })).toContainText('in the system’s keychain');
      expect(await page.content()).not.toContain(key);

      // What was kept outlives the backend, which never held it for longer than a call.
      const [pid] = await backendPids(application);
      signalProcess(pid, 'SIGKILL');
      await expect.poll(async () => (await backendPids(application)).filter((one) => one !== pid)).toHaveLength(1);
      await idle(page);

      await follow(page, '#/runs');
      await press(page, 'Shift+R');
      const dialog = page.getByRole('dialog', { name: 'Record a run' });
      await dialog
        .getByRole('textbox', { name: 'Command', exact: true })
        .fill(`'${process.execPath}' '${join(projectRoot, 'e2e/agents/fetch-agent.ts')}' chat --task tea`);
      await dialog.getByRole('textbox', { name: 'Folder' }).fill(projectRoot);
      await dialog.getByRole('combobox', { name: 'Upstream address' }).fill(`${own.url}/v1`);
      await idle(page);
      await page.keyboard.press('Control+Enter');
      await expect.poll(() => runInAddress(page)).not.toBe('');
      await expectEnded(page);
      const parent = runInAddress(page);

      const step = (await stepsOf(page, 'scripted-1'))[2] ?? 0;
      await follow(page, `#/run/${parent}?step=${step}&rerun=${step}`);
      await changes(page).getByRole('combobox', { name: 'Provider' }).click();
      await page.getByRole('option', { name: 'lab' }).click();
      await changes(page).getByRole('combobox', { name: 'Model', exact: true }).fill('scripted-2');
      await idle(page);
      await expect(startButton(page)).toHaveAttribute('aria-disabled', 'false');
      await startButton(page).click();
      await expect.poll(() => runInAddress(page)).not.toBe(parent);
      await expect(sheet(page)).toBeHidden();
      await expectEnded(page);

      expect(other.calls.map(({ authorization }) => authorization)).toEqual(other.calls.map(() => `Bearer ${key}`));
      expect(other.calls.length).toBeGreaterThan(0);
      expect(own.calls.some(({ authorization }) => authorization?.includes(key) === true)).toBe(false);
      const kept = await filesIn(folder);
      expect(kept.length).toBeGreaterThan(3);
      expect(await filesWith(kept, [key, Buffer.from(key).toString('base64')])).toEqual([]);
      // The library packs what it keeps: what it gives out again holds none either, nor what the take's calls are recorded by.
      const take = runInAddress(page);
      for (const words of [
        ['export', take, '--output', join(folder, 'take.json')],
        ['show', take, '--json', '--messages'],
        ['runs', '--json'],
      ]) {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [join(projectRoot, 'dist/backend/retake.js'), ...words, '--library', libraryFolder],
          { maxBuffer: 64 * 1024 * 1024 },
        );
        expect([words[0], stdout.includes(key)]).toEqual([words[0], false]);
      }
      expect(await readFile(join(folder, 'take.json'), 'utf8')).toContain('scripted-2');
      expect(await readFile(join(folder, 'take.json'), 'utf8')).not.toContain(key);

      const keysFile = kept.find((path) => /keys-[0-9a-f]{16}\.json$/.test(path)) ?? '';
      expect([keysFile.startsWith(libraryFolder), ((await stat(keysFile)).mode & 0o777).toString(8)]).toEqual([
        false,
        '600',
      ]);
      await follow(page, '#/settings');
      await providers(page).getByRole('button', { name: 'Delete the provider lab' }).click();
      await expect(providers(page).getByRole('row', { name: /^lab/ })).toHaveCount(0);
      await expect.poll(() => existsSync(keysFile)).toBe(false);
    } finally {
      await own.close();
      await other.close();
    }
  });

  test('without a keyring nothing is kept, and the variable to set is named', async ({
    desktop: { application, page, libraryFolder },
  }) => {
    await application.evaluate(({ safeStorage }) => {
      safeStorage.getSelectedStorageBackend = () => 'basic_text';
      safeStorage.isAsyncEncryptionAvailable = () => Promise.resolve(false);
    });
    await idle(page);
    await follow(page, '#/settings');
    await expect(providers(page)).toContainText(/no keyring that Retake can use|keychain is locked or not available/);
    await addProvider(page, 'lab', 'https://models.example/v1', 'RETAKE_TEST_NO_SUCH_VARIABLE');
    await expect(providers(page).getByRole('row', { name: /^lab/ })).toContainText(
      'none: set RETAKE_TEST_NO_SUCH_VARIABLE',
    );
    await expect(providers(page).getByRole('button', { name: /^Save the key/ })).toHaveCount(0);
    expect((await filesIn(dirname(libraryFolder))).filter((path) => /keys[^/]*\.json/.test(path))).toEqual([]);
  });
});

async function addProvider(page: Page, name: string, address: string, variable = ''): Promise<void> {
  await providers(page).getByRole('button', { name: 'Add a provider' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a provider' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByRole('textbox', { name: 'Base URL' }).fill(address);
  await dialog.getByRole('textbox', { name: /^Variable of the key/ }).fill(variable);
  await press(page, 'Enter');
  await expect(dialog).toBeHidden();
}

async function saveKey(page: Page, providerId: string, text: string): Promise<void> {
  await providers(page)
    .getByRole('button', { name: new RegExp(`^(?:Save|Replace) the key of ${providerId}$`) })
    .click();
  const dialog = page.getByRole('dialog', { name: `Key of ${providerId}` });
  await dialog.getByRole('textbox').fill(text);
  await page.screenshot({ path: screenshotPath('settings-key-desktop.png') });
  await press(page, 'Enter');
  await expect(dialog).toBeHidden();
}

function hasKeyring(application: ElectronApplication): Promise<boolean> {
  return application.evaluate(
    async ({ safeStorage }) =>
      (process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text') &&
      (await safeStorage.isAsyncEncryptionAvailable()),
  );
}

/** Library, user data, logs: everything that this start wrote lies in there. */
async function filesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function filesWith(paths: readonly string[], texts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  // A file may be gone by now: the library folds its write-ahead log away.
  for (const path of paths) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (texts.some((text) => bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le')))) found.push(path);
  }
  return found;
}

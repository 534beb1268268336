import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { startHost } from '../support/host.ts';
import { idle } from '../support/idle.ts';
import { press } from '../support/steps.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { expect, test } from '../support/window-test.ts';

/** In the environment of the hosts that these tests start. */
const variable = 'RETAKE_TEST_PROVIDER_KEY';
const key = 'sk-only-in-the-environment-0123456789';
process.env[variable] = key;

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const savedStart = {
  agent: 'research',
  executor: 'replay',
  launch: { command: ['python', 'agent.py', '--task', 'the price of tea'], cwd: '/home/me/agent' },
  upstream: 'http://127.0.0.1:11434/v1',
  tools: [
    { tool: 'search_*', action: 'recorded' },
    { tool: 'send_mail', action: 'ask' },
  ],
  runners: [
    { type: 'http', tool: 'search_web', mutating: false, url: 'http://127.0.0.1:9/search', timeoutSeconds: 120 },
  ],
};

test('what is empty says how it fills; without a keychain the window names the variables', async ({
  freshHost,
  openRetake,
  seriousFaults,
}) => {
  const page = await openRetake(freshHost, '#/settings');
  await expect(part(page, 'Saved starts')).toContainText('None yet.');
  await expect(part(page, 'Ignored differences')).toContainText('No rules.');
  await expect(part(page, 'What a recording keeps')).toContainText('Keys.');
  const providers = part(page, 'Model providers');
  await expect(providers).toContainText('Only the desktop app reaches the system’s keychain');
  await expect(providers.getByRole('row', { name: /^anthropic/ })).toContainText(
    /none: set ANTHROPIC_API_KEY|ANTHROPIC_API_KEY from the environment/,
  );
  await expect(providers.getByRole('button', { name: /the key of/ })).toHaveCount(0);
  expect(await seriousFaults()).toEqual([]);
});

test('a provider is added by keyboard, says where its key was found, and is edited and deleted', async ({
  freshHost,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  const page = await openRetake(freshHost, '#/settings');
  const providers = part(page, 'Model providers');
  await providers.getByRole('button', { name: 'Add a provider' }).focus();
  await press(page, 'Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a provider' });
  await expect(dialog.getByRole('textbox', { name: 'Base URL' })).toBeFocused();
  await dialog.getByRole('combobox', { name: 'Preset' }).focus();
  await press(page, 'Enter', 'ArrowDown', 'Enter');
  await expect(dialog.getByRole('textbox', { name: 'Base URL' })).toHaveValue('http://127.0.0.1:8000/v1');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('lab');
  await dialog.getByRole('textbox', { name: 'Base URL' }).fill('https://user:pass@models.example/v1');
  await dialog.getByRole('textbox', { name: /^Variable of the key/ }).fill('sk-pasted-by-mistake');
  await press(page, 'Enter');
  await expect(dialog.getByRole('alert')).toHaveText([
    'Without a user, a password or a query: keys do not stand in the settings.',
    'The name of a variable, like MY_API_KEY; not the key itself.',
  ]);
  await takePictures('settings-provider');
  expect(await seriousFaults()).toEqual([]);
  await dialog.getByRole('textbox', { name: 'Base URL' }).fill('https://models.example/v1');
  await dialog.getByRole('textbox', { name: /^Variable of the key/ }).fill(variable);
  await press(page, 'Enter');
  await expect(dialog).toBeHidden();
  const row = providers.getByRole('row', { name: /^lab/ });
  await expect(row).toContainText(`${variable} from the environment`);

  await row.getByRole('button', { name: 'Edit the provider lab' }).click();
  const edit = page.getByRole('dialog', { name: 'Provider lab' });
  await edit.getByRole('textbox', { name: /^Variable of the key/ }).fill('RETAKE_TEST_NO_SUCH_VARIABLE');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('none: set RETAKE_TEST_NO_SUCH_VARIABLE');
  expect(JSON.parse(await readFile(join(freshHost.libraryFolder, 'settings.json'), 'utf8'))).toMatchObject({
    rerun: {
      providers: [
        {
          id: 'lab',
          kind: 'openai-compatible',
          baseUrl: 'https://models.example/v1',
          keyVariable: 'RETAKE_TEST_NO_SUCH_VARIABLE',
        },
      ],
    },
  });

  await row.getByRole('button', { name: 'Delete the provider lab' }).click();
  await expect(row).toHaveCount(0);
  await expect(providers.getByRole('row', { name: /^openai/ })).toBeVisible();
  expect(await page.content()).not.toContain(key);
  for (const entry of await readdir(freshHost.libraryFolder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile())
      expect((await readFile(join(entry.parentPath, entry.name))).includes(key), entry.name).toBe(false);
  }
});

test('rules for differences are tried before they are kept', async ({ freshHost, openRetake }) => {
  const page = await openRetake(freshHost, '#/settings');
  const rules = part(page, 'Ignored differences');
  await rules.getByRole('button', { name: 'Add a rule' }).focus();
  await press(page, 'Enter');
  const dialog = page.getByRole('dialog', { name: 'Add a rule' });
  for (const [rule, problem] of [
    ['(open', 'Invalid regular expression'],
    ['.*', 'fits any text'],
  ] as const) {
    await dialog.getByRole('textbox').fill(rule);
    await press(page, 'Enter');
    await expect(dialog.getByRole('alert')).toContainText(problem);
  }
  await dialog.getByRole('textbox').fill(String.raw`Today is \w+`);
  await press(page, 'Enter');
  await expect(rules.getByRole('listitem')).toHaveText([String.raw`Today is \w+`]);
  await rules.getByRole('button', { name: /^Edit the rule/ }).click();
  await page.getByRole('dialog').getByRole('textbox').fill('Now is .+ o’clock');
  await press(page, 'Enter');
  await expect(rules.getByRole('listitem')).toHaveText(['Now is .+ o’clock']);
  await rules.getByRole('button', { name: /^Delete the rule/ }).click();
  await expect(rules).toContainText('No rules.');
});

test('providers are asked why a cache was lost only once that is chosen, and it stays chosen', async ({
  freshHost,
  openRetake,
}) => {
  const page = await openRetake(freshHost, '#/settings');
  const choice = part(page, 'Lost caches').getByRole('checkbox');
  await expect(choice).not.toBeChecked();
  await choice.press('Space');
  await idle(page);
  await page.reload();
  await idle(page);
  await expect(choice).toBeChecked();
  await choice.press('Space');
  await idle(page);
  await expect(choice).not.toBeChecked();
});

test('a saved start is edited and deleted', async ({ openRetake, takePictures, seriousFaults, watched }) => {
  await withTemporaryFolder(async (folder) => {
    const file = join(folder, 'library/settings.json');
    await mkdir(join(folder, 'library'));
    await writeFile(
      file,
      JSON.stringify({
        priceOverrides: [],
        rerun: {
          launches: [
            savedStart,
            {
              ...savedStart,
              agent: 'coder',
              executor: 'continue',
              launch: undefined,
              upstream: undefined,
              tools: [],
              runners: [],
            },
          ],
          ignore: [String.raw`Today is \w+, \d+ \w+`],
          providers: [
            { id: 'lab', kind: 'openai-compatible', baseUrl: 'http://10.0.0.7:8000/v1', keyVariable: variable },
          ],
        },
      }),
    );
    const host = await startHost(folder);
    try {
      const page = await openRetake(host, '#/settings');
      const starts = part(page, 'Saved starts');
      await expect(starts.getByRole('row', { name: /^research/ })).toContainText('2 rules, 1 runner');
      await part(page, 'What a recording keeps').scrollIntoViewIfNeeded();
      await takePictures('settings-rerun');
      await starts.getByRole('button', { name: 'Edit the start of research' }).click();
      const dialog = page.getByRole('dialog', { name: 'Start of research' });
      await expect(dialog.getByRole('textbox', { name: /^Command/ })).toBeFocused();
      await takePictures('settings-start');
      expect(await seriousFaults()).toEqual([]);
      await dialog.getByRole('textbox', { name: /^Command/ }).fill(`python agent.py --key ${key}`);
      await dialog.getByRole('textbox', { name: /^Tools/ }).fill('send_mail = maybe');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog.getByRole('alert')).toHaveText(
        'Line 1: a tool, “=”, then one of recorded, dry, live, ask, deny.',
      );
      await dialog.getByRole('textbox', { name: /^Tools/ }).fill('send_mail = deny');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(page.getByText('What was to be saved holds a key').first()).toBeVisible();
      expect(await readFile(file, 'utf8')).not.toContain(key);
      await dialog.getByRole('textbox', { name: /^Command/ }).fill('python other.py');
      await dialog.getByRole('button', { name: 'Remove the runner of search_web' }).click();
      await dialog.getByRole('button', { name: 'Save' }).click();
      await expect(dialog).toBeHidden();
      await expect(starts.getByRole('row', { name: /^research/ })).toContainText('python other.py');
      const { rerun } = JSON.parse(await readFile(file, 'utf8')) as {
        readonly rerun: { readonly launches: readonly unknown[] };
      };
      expect(rerun.launches[0]).toEqual({
        ...savedStart,
        launch: { command: ['python', 'other.py'], cwd: '/home/me/agent' },
        tools: [{ tool: 'send_mail', action: 'deny' }],
        runners: [],
      });
      for (const agent of ['research', 'coder'])
        await starts.getByRole('button', { name: `Delete the start of ${agent}` }).click();
      await expect(starts).toContainText('None yet.');
      await idle(page);
      watched.stop();
    } finally {
      await host.close();
    }
  });
});

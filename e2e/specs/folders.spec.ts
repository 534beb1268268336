import { appendFile, mkdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startHost } from '../support/host.ts';
import { idle } from '../support/idle.ts';
import { fixturePath } from '../support/project.ts';
import { withTemporaryFolder } from '../support/temporary-folder.ts';
import { expect, test } from '../support/window-test.ts';

test('session files are listed unread, one is read when asked for, and a followed session grows live', async ({
  page,
  openRetake,
  seriousFaults,
  takePictures,
}) => {
  await withTemporaryFolder(async (folder) => {
    const project = join(folder, '.claude', 'projects', 'shop');
    await mkdir(project, { recursive: true });
    const session = await readFile(fixturePath('claude-code/2.1.330-session/transcript.jsonl'), 'utf8');
    const lines = session.trimEnd().split('\n');
    const growing = join(project, 'growing.jsonl');
    const old = 'aaaaaaaa-1cc3-4612-8b55-8ec7a099162a';
    const quiet = join(project, 'old.jsonl');
    await writeFile(quiet, session.replaceAll('815b7ba3-1cc3-4612-8b55-8ec7a099162a', old));
    // Days ago: what was written to just now is taken for a session that goes on.
    await utimes(quiet, 1_790_000_000, 1_790_000_000);
    await writeFile(join(project, 'notes.txt'), 'nothing of a session');
    const host = await startHost(folder, { HOME: folder, USERPROFILE: folder });
    try {
      await openRetake(host, '#/connect');
      const panel = page.getByRole('region', { name: 'Session files' });
      await panel.getByRole('button', { name: /^Claude Code/ }).click();
      await idle(page);
      await expect(panel.getByText('1 file, 47.6 kB: only beginnings were looked at.')).toBeVisible();
      await expect(panel.getByText('1 file not read: text that is not JSON')).toBeVisible();
      await expect(panel.getByText(/^Not on this machine/)).toHaveCount(0);
      await panel.getByRole('button', { name: 'Follow Claude Code' }).click();
      await expect(panel.getByText('following')).toBeVisible();
      // Up to the first answer, and then all of it.
      await writeFile(growing, `${lines.slice(0, 16).join('\n')}\n`);
      await expect(panel.getByRole('button', { name: /^Open/ })).toHaveCount(1, { timeout: 30_000 });
      await expect(panel.getByRole('button', { name: /^Read/ })).toHaveCount(1);
      expect(await seriousFaults()).toEqual([]);
      await takePictures('session-files');
      await panel.getByRole('button', { name: /^Open/ }).click();
      await idle(page);
      await expect(page.getByRole('main')).toContainText('no errors4');
      const before = page.url();
      await appendFile(growing, `${lines.slice(16).join('\n')}\n`);
      await expect(page.getByRole('main')).not.toContainText('no errors4', { timeout: 30_000 });
      expect(page.url()).toContain(new URL(before).hash.split('?')[0]);
    } finally {
      await page.goto('about:blank');
      await host.close();
    }
  });
});

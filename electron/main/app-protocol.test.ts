import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contentSecurityPolicy, serveWindow } from './app-protocol.ts';

let folder: string;
let serve: (request: Request) => Promise<Response>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'retake-app-protocol-'));
  await mkdir(join(folder, 'window/assets'), { recursive: true });
  await writeFile(join(folder, 'secret.html'), 'secret');
  await writeFile(join(folder, 'window/index.html'), '<p>page</p>');
  await writeFile(join(folder, 'window/assets/app.js'), 'run()');
  await writeFile(join(folder, 'window/notes.md'), 'no part of the window');
  await symlink(join(folder, 'secret.html'), join(folder, 'window/link.html'));
  serve = serveWindow(join(folder, 'window'));
});
afterAll(() => rm(folder, { recursive: true }));

const get = (url: string): Promise<Response> => serve(new Request(url));

describe('the app protocol', () => {
  test('serves the page and its files with their types and the policy', async () => {
    for (const [url, type, text] of [
      ['app://retake/', 'text/html; charset=utf-8', '<p>page</p>'],
      ['app://retake/assets/app.js', 'text/javascript; charset=utf-8', 'run()'],
    ] as const) {
      const response = await get(url);
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, type, text]);
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  test('serves nothing from outside of its folder', async () => {
    for (const path of [
      '../secret.html',
      '%2e%2e/secret.html',
      '..%2fsecret.html',
      'assets/..%5c..%5csecret.html',
      'link.html',
      'secret.html',
      '%00',
      '%',
    ]) {
      const response = await get(`app://retake/${path}`);
      expect([path, response.status]).toEqual([path, 404]);
    }
  });

  test('serves neither folders nor files of other types', async () => {
    expect((await get('app://retake/assets/')).status).toBe(404);
    expect((await get('app://retake/notes.md')).status).toBe(404);
  });

  test('answers for its own host and for GET only', async () => {
    expect((await get('app://elsewhere/')).status).toBe(404);
    expect((await serve(new Request('app://retake/', { method: 'POST' }))).status).toBe(405);
  });

  test('says how to build a window that is not there', async () => {
    const response = await serveWindow(join(folder, 'nowhere'))(new Request('app://retake/'));
    expect([response.status, await response.text()]).toEqual([404, 'The window is not built: run `npm run build`.\n']);
  });

  test("the policy allows no code, style or connection but the page's own files", () => {
    expect(contentSecurityPolicy).not.toMatch(/unsafe|https?:|\*|nonce/);
    expect(contentSecurityPolicy).toContain("default-src 'none'");
    expect(contentSecurityPolicy).toContain("connect-src 'none'");
  });
});

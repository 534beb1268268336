import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

/**
 * The page may load its own files and talk to its own host, nothing else: a trace is hostile text, and text that
 * slipped through as markup must not be able to run or to phone home (FACTS.md, Window security).
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const contentTypes = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.woff', 'font/woff'],
  ['.json', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

/** The file that a URL path names below `directory`, or undefined: no such file, not a plain file, or outside of it (also by symlink). */
export async function resolveStaticFile(directory: string, urlPath: string): Promise<string | undefined> {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  if (path.includes('\0') || path.includes('\\')) return undefined;
  try {
    const root = await realpath(directory);
    const file = await realpath(join(root, path === '/' ? 'index.html' : path));
    if (!file.startsWith(root + sep) || !contentTypes.has(extname(file)) || !(await stat(file)).isFile())
      return undefined;
    return file;
  } catch {
    return undefined;
  }
}

/** Sends a file that `resolveStaticFile` gave. Hashed assets never change; the page itself is asked for again each time. */
export function sendStaticFile(response: ServerResponse, file: string, head: boolean): void {
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': contentTypes.get(extname(file)) ?? 'application/octet-stream',
    'cache-control': file.endsWith('.html') ? 'no-store' : 'no-cache',
  });
  if (head) {
    response.end();
    return;
  }
  createReadStream(file)
    .on('error', () => response.destroy())
    .pipe(response);
}

export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** The window's page and its files are served under this scheme instead of file://, so that they have an origin of their own. */
export const appScheme = 'app';
export const appOrigin = 'app://retake';
export const appPage = `${appOrigin}/`;

/**
 * The page may load its own files and nothing else, and may talk to nobody: the backend is reached over a message port.
 * A trace is hostile text; what slips through as markup must neither run nor phone home.
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Only these are served: a type that is not listed is not part of the window. */
const contentTypes = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
  ['.woff', 'font/woff'],
]);

/** Answers requests of the app scheme from the files of `directory` (the built window). Never rejects. */
export function serveWindow(directory: string): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET') return refuse(405, 'Only GET is served here.');
    const url = new URL(request.url);
    if (url.protocol !== `${appScheme}:` || url.host !== 'retake') return refuse(404, 'There is no such page.');
    const path = await resolveFile(directory, url.pathname);
    if (path === undefined)
      return refuse(
        404,
        url.pathname === '/' ? 'The window is not built: run `npm run build`.' : 'There is no such file.',
      );
    try {
      return new Response(new Uint8Array(await readFile(path)), {
        headers: headers(contentTypes.get(extname(path)) ?? 'application/octet-stream'),
      });
    } catch {
      return refuse(404, 'The file cannot be read.');
    }
  };
}

/** The real file of a URL path below `directory`, or undefined: no such file, of no known type, or outside of it (also by symlink). */
async function resolveFile(directory: string, urlPath: string): Promise<string | undefined> {
  try {
    const path = decodeURIComponent(urlPath);
    if (path.includes('\0') || path.includes('\\')) return undefined;
    const root = await realpath(directory);
    const file = await realpath(join(root, path === '/' ? 'index.html' : path));
    return file.startsWith(root + sep) && contentTypes.has(extname(file)) ? file : undefined;
  } catch {
    return undefined;
  }
}

function refuse(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: headers('text/plain; charset=utf-8') });
}

function headers(contentType: string): Record<string, string> {
  return {
    'content-type': contentType,
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

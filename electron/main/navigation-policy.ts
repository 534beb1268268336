import type { WebContents } from 'electron';
import { appOrigin } from './app-protocol.ts';

/**
 * Where a page may take its own window: to the window's page (a reload), nowhere else. The part after `#` is free: it
 * is where the user is (shared/location.ts).
 */
export function mayNavigate(target: string): boolean {
  let url: URL;
  try {
    url = new URL(target);
  } catch {
    return false;
  }
  // `URL.origin` of a scheme that is not a web scheme is 'null' in Node.
  return (
    `${url.protocol}//${url.host}` === appOrigin &&
    url.search === '' &&
    (url.pathname === '/' || url.pathname === '/index.html')
  );
}

/** Applies the policy: no other page, no second window, no <webview>. */
export function guardNavigation(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !mayNavigate(event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

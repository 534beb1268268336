import type { ServerResponse } from 'node:http';

/** Resolves when the client takes more, or has gone away. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    response.once('close', resolve);
  });
}

/** True when the client took all of it. */
export function taken(response: ServerResponse): Promise<boolean> {
  if (response.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    if (!response.writableEnded) response.end();
    if (response.writableFinished) resolve(true);
    response.once('finish', () => resolve(true));
    response.once('close', () => resolve(response.writableFinished));
  });
}

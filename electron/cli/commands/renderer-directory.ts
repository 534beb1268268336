import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** dist/renderer, seen from electron/cli/commands in a checkout and from dist/backend in a build. */
export function rendererDirectory(): string {
  const candidates = ['../../../dist/renderer/', '../renderer/', '../../dist/renderer/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(path)) ?? candidates[0] ?? '';
}

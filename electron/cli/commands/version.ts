import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** package.json lies two folders up both in a checkout (electron/cli/commands is bundled into dist/backend) and in a build. */
const candidates = ['../../../package.json', '../../package.json'];

const packageSchema = z.object({ name: z.literal('retake'), version: z.string() });

export function version(): string {
  for (const candidate of candidates) {
    try {
      const parsed = packageSchema.safeParse(JSON.parse(readFileSync(new URL(candidate, import.meta.url), 'utf8')));
      if (parsed.success) return parsed.data.version;
    } catch {
      // Not in this layout; the next candidate is.
    }
  }
  return 'unknown';
}

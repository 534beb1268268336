import { fileURLToPath } from 'node:url';

/** The hook as Claude Code runs it: in the sources beside this module, in what is built among the other hands. */
export function claudeHookFile(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './claude-hook.mjs' : './hands/claude-hook.mjs', import.meta.url));
}

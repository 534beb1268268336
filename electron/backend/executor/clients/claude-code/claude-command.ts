import type { RecordedLaunch } from '../client.ts';
import { nativeStart, optionsIn } from '../native-command.ts';
import type { NativeOptions } from '../native-command.ts';

export const claudePrograms = ['claude'] as const;

const options: NativeOptions = {
  flags: [
    '--dangerously-skip-permissions',
    '--allow-dangerously-skip-permissions',
    '--strict-mcp-config',
    '--verbose',
    '--include-partial-messages',
    '--bare',
    '--safe-mode',
    '--restricted',
    '--disable-slash-commands',
    '--no-chrome',
  ],
  withValue: [
    '--model',
    '--fallback-model',
    '--effort',
    '--permission-mode',
    '--permission-prompt-tool',
    '--settings',
    '--setting-sources',
    '--system-prompt',
    '--system-prompt-file',
    '--append-system-prompt',
    '--append-system-prompt-file',
    '--agent',
    '--agents',
    '--output-format',
    '--max-turns',
    '--max-budget-usd',
    '--json-schema',
    '--plugin-dir',
  ],
  withValues: [
    '--allowedTools',
    '--allowed-tools',
    '--disallowedTools',
    '--disallowed-tools',
    '--tools',
    '--add-dir',
    '--mcp-config',
    '--betas',
  ],
};

/** Claude Code as it was started, with `words` (of its manual) in place of its task. */
export function claudeCommand(
  recorded: RecordedLaunch | undefined,
  words: readonly string[],
): readonly [string, ...string[]] {
  const { program, own } = nativeStart(claudePrograms, recorded);
  return [...program, ...optionsIn(own, options), ...words];
}

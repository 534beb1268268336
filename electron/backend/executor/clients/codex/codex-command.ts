import type { RecordedLaunch } from '../client.ts';
import { nativeStart, optionsIn } from '../native-command.ts';
import type { NativeOptions } from '../native-command.ts';

export const codexPrograms = ['codex'] as const;

const options: NativeOptions = {
  flags: [
    '--oss',
    '--strict-config',
    '--approve-for-me',
    '--full-auto',
    '--dangerously-bypass-approvals-and-sandbox',
    '--yolo',
    '--dangerously-bypass-hook-trust',
    '--skip-git-repo-check',
    '--trust',
    '--ignore-user-config',
    '--ignore-rules',
    '--json',
    '--search',
  ],
  withValue: [
    '-c',
    '--config',
    '--enable',
    '--disable',
    '-m',
    '--model',
    '--local-provider',
    '-p',
    '--profile',
    '-s',
    '--sandbox',
    '-a',
    '--ask-for-approval',
    '--add-dir',
    '--color',
    '--output-schema',
  ],
  withValues: [],
};

/** Codex as it was started, with `words` (of its manual) in place of its task. Codex has options before its subcommand and others after it. */
export function codexCommand(
  recorded: RecordedLaunch | undefined,
  words: readonly string[],
): readonly [string, ...string[]] {
  const { program, own } = nativeStart(codexPrograms, recorded);
  const exec = subcommandIn(own);
  return [
    ...program,
    ...optionsIn(own.slice(0, exec), options),
    'exec',
    ...optionsIn(own.slice(exec + 1), options),
    ...words,
  ];
}

function subcommandIn(own: readonly string[]): number {
  const at = own.findIndex(
    (word, index) => (word === 'exec' || word === 'e') && !options.withValue.includes(own[index - 1] ?? ''),
  );
  return at < 0 ? own.length : at;
}

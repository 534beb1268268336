import { isAbsolute, resolve } from 'node:path';
import { clientPlace } from '../clients/client-switches.ts';

/** What a client's own options are, as far as they say how it works. Prompts, sessions and files that it writes are not among them. */
interface Options {
  readonly flags: readonly string[];
  readonly withValue: readonly string[];
  /** Takes words until the next option. */
  readonly withValues: readonly string[];
}

const claude: Options = {
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

const codex: Options = {
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

export interface RecordedLaunch {
  readonly command: readonly string[];
  readonly cwd: string;
}

/**
 * What goes on with a session: the recorded start's own program and options, and `words` (of the client's manual) in place of its
 * task. Without a start that this install recorded, the client that PATH finds. Options that are not known to be safe to give
 * twice are left out; the user sees the command and may add them.
 */
export function nativeCommand(
  client: 'Claude Code' | 'Codex',
  recorded: RecordedLaunch | undefined,
  words: readonly string[],
): readonly [string, ...string[]] {
  const place = recorded && clientPlace(recorded.command);
  const usable =
    recorded && place?.name === client && !recorded.command.some((word) => word.includes('[key removed]'))
      ? recorded
      : undefined;
  const [program = client === 'Codex' ? 'codex' : 'claude', ...wrapped] =
    usable?.command.slice(0, (place?.at ?? 0) + 1) ?? [];
  // A path of the recorded folder; a bare name is found by PATH.
  const found = usable && /[\\/]/.test(program) && !isAbsolute(program) ? resolve(usable.cwd, program) : program;
  const own = usable?.command.slice((place?.at ?? 0) + 1) ?? [];
  if (client === 'Claude Code') return [found, ...wrapped, ...optionsIn(own, claude), ...words];
  // Codex has options before its subcommand and others after it.
  const exec = subcommandIn(own);
  return [
    found,
    ...wrapped,
    ...optionsIn(own.slice(0, exec), codex),
    'exec',
    ...optionsIn(own.slice(exec + 1), codex),
    ...words,
  ];
}

function subcommandIn(own: readonly string[]): number {
  const at = own.findIndex(
    (word, index) => (word === 'exec' || word === 'e') && !codex.withValue.includes(own[index - 1] ?? ''),
  );
  return at < 0 ? own.length : at;
}

function optionsIn(own: readonly string[], { flags, withValue, withValues }: Options): readonly string[] {
  const kept: string[] = [];
  for (let at = 0; at < own.length; at++) {
    const word = own[at] ?? '';
    // What follows is the task, whatever it looks like.
    if (word === '--') break;
    const name = word.startsWith('--') ? word.replace(/=.*$/s, '') : word;
    const isWhole = name !== word;
    if (flags.includes(name)) kept.push(word);
    else if (isWhole) kept.push(...(withValue.includes(name) || withValues.includes(name) ? [word] : []));
    else if (withValue.includes(name)) kept.push(word, ...own.slice(at + 1, ++at + 1));
    else if (withValues.includes(name)) {
      kept.push(word);
      while (at + 1 < own.length && !(own[at + 1] ?? '').startsWith('-')) kept.push(own[++at] ?? '');
    }
  }
  return kept;
}

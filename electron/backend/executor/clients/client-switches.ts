import { basename } from 'node:path';
import type { ProviderPrefix } from '../gateway/upstreams.ts';

/** How the clients are pointed at the gateway: one table of variables for all, and additions for those that need more (clients.md 7, rerun.md 8). */
interface Switch {
  readonly variable: string;
  readonly prefix: ProviderPrefix;
  /** What the variable's value ends in, in the form that its clients expect. */
  readonly path: '' | '/v1';
  /** Setting it where it was not set would change what the client does. */
  readonly onlyWhereSet?: boolean;
}

const switches: readonly Switch[] = [
  { variable: 'OPENAI_BASE_URL', prefix: 'openai', path: '/v1' },
  { variable: 'OPENAI_API_BASE', prefix: 'openai', path: '/v1' },
  { variable: 'COPILOT_PROVIDER_BASE_URL', prefix: 'openai', path: '/v1', onlyWhereSet: true },
  { variable: 'ANTHROPIC_BASE_URL', prefix: 'anthropic', path: '' },
  { variable: 'ANTHROPIC_API_URL', prefix: 'anthropic', path: '' },
  { variable: 'ANTHROPIC_API_BASE', prefix: 'anthropic', path: '' },
  { variable: 'GOOGLE_GEMINI_BASE_URL', prefix: 'gemini', path: '' },
];

interface Client {
  readonly name: string;
  readonly programs: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Arguments right after the program's name. */
  readonly arguments?: (gatewayUrl: string) => readonly string[];
  /** It takes a hook that stands before all of its tools (hands/claude-code.ts). */
  readonly hasHook?: boolean;
}

const clients: readonly Client[] = [
  // A base URL that is not Anthropic's switches tool search off: recording must not change the agent (rerun.md 3.2).
  {
    name: 'Claude Code',
    programs: ['claude'],
    hasHook: true,
    environment: { ENABLE_TOOL_SEARCH: 'true', CLAUDE_CODE_PROPAGATE_TRACEPARENT: '1' },
  },
  // It ignores OPENAI_BASE_URL; with a provider of its own it does not try a WebSocket first.
  { name: 'Codex', programs: ['codex'], arguments: (url) => ['-c', `openai_base_url="${url}/openai/v1"`] },
  { name: 'Qwen Code', programs: ['qwen'], arguments: () => ['--auth-type', 'openai'] },
];

export interface Switched {
  readonly command: readonly [string, ...string[]];
  /** What is added to or changed in the environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly client: string | undefined;
}

/** What is put before a client's tools in a take. */
export interface ClientHands {
  /** The client's own arguments, changed. */
  arguments(given: readonly string[]): readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Which client a command starts, and where its own arguments begin. */
function findClient(command: readonly string[]): { readonly client: Client | undefined; readonly at: number } {
  const [program = '', ...rest] = command;
  const at =
    basename(program).replace(/\.(?:cmd|exe)$/i, '') === 'npx'
      ? rest.findIndex((argument) => !argument.startsWith('-')) + 1
      : 0;
  const name = basename(command[at] ?? '').replace(/\.(?:cmd|exe|js|mjs)$/i, '');
  return { at, client: clients.find(({ programs }) => programs.includes(name)) };
}

export function clientOf(
  command: readonly string[],
): { readonly name: string; readonly hasHook?: boolean } | undefined {
  return findClient(command).client;
}

/** Which client a command starts, and the position of the word that names it. */
export function clientPlace(command: readonly string[]): { readonly name: string | undefined; readonly at: number } {
  const { client, at } = findClient(command);
  return { name: client?.name, at };
}

/** The client's own arguments. */
export function clientArguments(command: readonly string[]): readonly string[] {
  return command.slice(findClient(command).at + 1);
}

/** The user's command as it is started: with the gateway's address wherever a client may look for it. Nothing here comes from a trace. */
export function switchToGateway(
  command: readonly [string, ...string[]],
  gatewayUrl: string,
  given: Readonly<Record<string, string | undefined>>,
  hands?: ClientHands,
): Switched {
  const environment = Object.fromEntries(
    switches
      .filter(({ variable, onlyWhereSet }) => onlyWhereSet !== true || given[variable])
      .map(({ variable, prefix, path }) => [variable, `${gatewayUrl}/${prefix}${path}`]),
  );
  const [program] = command;
  const { client, at } = findClient(command);
  const own = command.slice(at + 1);
  return {
    command: [
      program,
      ...command.slice(1, at + 1),
      ...(client?.arguments?.(gatewayUrl) ?? []),
      ...(hands?.arguments(own) ?? own),
    ],
    environment: { ...environment, ...client?.environment, ...hands?.environment },
    client: client?.name,
  };
}

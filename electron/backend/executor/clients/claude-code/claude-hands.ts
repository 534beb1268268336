import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { asList, asRecord, asText, isRecord, parseJson } from '../../../base/json-values.ts';
import type { JsonRecord } from '../../../base/json-values.ts';
import { partCommand } from '../../../base/own-program.ts';
import { mcpProxyFile } from '../../hands/hand-files.ts';
import type { ClientHands, HandsStart } from '../client.ts';
import { claudeHookFile } from './claude-hook-file.ts';

/** A person may take a day. Seconds. */
const hookPatience = 86_400;

/**
 * What stands before the tools of Claude Code in a take: its PreToolUse hook before all of them (`--settings`), and the MCP proxy
 * before the servers that the user has set up (`--mcp-config`, `--strict-mcp-config`), for results that are results and not refusals.
 * Everything comes from the user's own command and settings; no permission is given that Claude Code would not give itself.
 */
export async function claudeHands(start: HandsStart): Promise<ClientHands> {
  const settings = await readOption(start, '--settings');
  const servers = await configuredServers(start, settings.value);
  const folder = servers && (await mkdtemp(join(tmpdir(), 'retake-mcp-')));
  const configFile = folder && join(folder, 'mcp.json');
  // Servers' variables may be keys: for this user's eyes only, and not on a command line.
  if (configFile !== undefined)
    await writeFile(
      configFile,
      JSON.stringify({
        mcpServers: Object.fromEntries([...(servers ?? [])].map(([name, server]) => [name, behindProxy(name, server)])),
      }),
      { mode: 0o600 },
    );
  const hooked = JSON.stringify(withHook(settings.value));
  return {
    notes: settings.problem === undefined ? [] : [settings.problem],
    environment: servers ? { RETAKE_PROXIED_SERVERS: [...servers.keys()].join('\n') } : {},
    arguments(given) {
      const own = without(
        given,
        settings.problem === undefined ? ['--settings'] : [],
        configFile === undefined ? [] : ['--mcp-config'],
        configFile === undefined ? [] : ['--strict-mcp-config'],
      );
      // Variadic options come before others: they would take a prompt for a value.
      return [
        ...(configFile === undefined ? [] : ['--mcp-config', configFile, '--strict-mcp-config']),
        '--settings',
        hooked,
        ...own,
      ];
    },
    async dispose() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function withHook(settings: JsonRecord): JsonRecord {
  const hooks = asRecord(settings['hooks']);
  const command = partCommand('claude-hook', claudeHookFile()).map(quoted).join(' ');
  return {
    ...settings,
    hooks: {
      ...hooks,
      PreToolUse: [
        ...asList(hooks['PreToolUse']),
        { matcher: '*', hooks: [{ type: 'command', command, timeout: hookPatience }] },
      ],
    },
  };
}

function behindProxy(name: string, server: JsonRecord): JsonRecord {
  const [command, ...before] = partCommand('mcp-proxy', mcpProxyFile());
  const proxy = { type: 'stdio', command, env: asRecord(server['env']) };
  const url = asText(server['url']);
  if (url !== undefined) {
    // Values of headers may be keys: they go by the environment.
    const headers = Object.entries(asRecord(server['headers'])).flatMap(([header, value]) =>
      typeof value === 'string' ? [{ header, value }] : [],
    );
    return {
      ...proxy,
      args: [
        ...before,
        '--name',
        name,
        '--url',
        url,
        ...headers.flatMap(({ header }, at) => ['--header', `${header}: \${RETAKE_HEADER_${at}}`]),
      ],
      env: { ...proxy.env, ...Object.fromEntries(headers.map(({ value }, at) => [`RETAKE_HEADER_${at}`, value])) },
    };
  }
  return {
    ...proxy,
    args: [
      ...before,
      '--name',
      name,
      '--',
      asText(server['command']) ?? '',
      ...asList(server['args']).filter((argument) => typeof argument === 'string'),
    ],
  };
}

/**
 * The servers that Claude Code would start here, where all of them are known and can be stood before; undefined where there are none,
 * or some that this cannot tell (plugins, servers of the folder that nobody has agreed to): then the hook alone stands before them.
 */
async function configuredServers(
  start: HandsStart,
  given: JsonRecord,
): Promise<ReadonlyMap<string, JsonRecord> | undefined> {
  const { cwd, environment } = start;
  const home = environment['CLAUDE_CONFIG_DIR'] ?? join(environment['HOME'] ?? homedir(), '.claude');
  const named = await readOption(start, '--mcp-config');
  if (named.problem !== undefined) return undefined;
  const servers = new Map(serversOf(named.value));
  if (!start.arguments.includes('--strict-mcp-config')) {
    const own = await readJson(
      environment['CLAUDE_CONFIG_DIR'] === undefined
        ? join(environment['HOME'] ?? homedir(), '.claude.json')
        : join(home, '.claude.json'),
    );
    const project = asRecord(asRecord(own['projects'])[cwd]);
    const layers = [
      given,
      ...(await Promise.all(
        [
          join(home, 'settings.json'),
          join(cwd, '.claude', 'settings.json'),
          join(cwd, '.claude', 'settings.local.json'),
        ].map(readJson),
      )),
    ];
    if (
      layers.some((settings) => Object.values(asRecord(settings['enabledPlugins'])).some((enabled) => enabled === true))
    )
      return undefined;
    const agreed = new Set([project, ...layers].flatMap((settings) => asList(settings['enabledMcpjsonServers'])));
    const refused = new Set([project, ...layers].flatMap((settings) => asList(settings['disabledMcpjsonServers'])));
    for (const [name, server] of serversOf(await readJson(join(cwd, '.mcp.json')))) {
      if (refused.has(name)) continue;
      if (!agreed.has(name)) return undefined;
      if (!servers.has(name)) servers.set(name, server);
    }
    for (const [name, server] of [...serversOf(project), ...serversOf(own)])
      if (!servers.has(name)) servers.set(name, server);
  }
  const isKnown = (server: JsonRecord): boolean =>
    (typeof server['command'] === 'string' && (server['type'] ?? 'stdio') === 'stdio') ||
    (server['type'] === 'http' && typeof server['url'] === 'string');
  return servers.size > 0 && [...servers].every(([name, server]) => /^[\w-]{1,64}$/.test(name) && isKnown(server))
    ? servers
    : undefined;
}

function serversOf(config: JsonRecord): readonly (readonly [string, JsonRecord])[] {
  return Object.entries(asRecord(config['mcpServers'])).flatMap(([name, server]) =>
    isRecord(server) ? [[name, server] as const] : [],
  );
}

async function readJson(path: string): Promise<JsonRecord> {
  return asRecord(parseJson(await readFile(path, 'utf8').catch(() => '')));
}

/** The values of an option of the user's command: JSON, or a file of it; later ones add to earlier ones. */
async function readOption(
  { arguments: given, cwd }: HandsStart,
  option: string,
): Promise<{ readonly value: JsonRecord; readonly problem: string | undefined }> {
  let value: JsonRecord = {};
  for (const text of valuesOf(given, option)) {
    const json =
      parseJson(text) ?? parseJson(await readFile(join(text.startsWith('/') ? '' : cwd, text), 'utf8').catch(() => ''));
    if (!isRecord(json))
      return {
        value: {},
        problem: `The value of ${option} in the command could not be read, so Retake's own ${option} stands beside it.`,
      };
    value = {
      ...value,
      ...json,
      ...(isRecord(value['mcpServers'])
        ? { mcpServers: { ...value['mcpServers'], ...asRecord(json['mcpServers']) } }
        : {}),
    };
  }
  return { value, problem: undefined };
}

function valuesOf(given: readonly string[], option: string): readonly string[] {
  return given.flatMap((argument, at) => {
    if (argument.startsWith(`${option}=`)) return [argument.slice(option.length + 1)];
    if (argument !== option) return [];
    return valueRange(given, at, option).map((index) => given[index] ?? '');
  });
}

/** `--mcp-config` takes as many values as follow. */
function valueRange(given: readonly string[], at: number, option: string): readonly number[] {
  const range: number[] = [];
  for (
    let index = at + 1;
    index < given.length && !(given[index] ?? '').startsWith('-') && (option === '--mcp-config' || range.length === 0);
    index++
  )
    range.push(index);
  return range;
}

function without(
  given: readonly string[],
  single: readonly string[],
  variadic: readonly string[],
  flags: readonly string[],
): readonly string[] {
  const dropped = new Set<number>();
  for (const [at, argument] of given.entries()) {
    const [name = ''] = argument.split('=');
    if (flags.includes(argument)) dropped.add(at);
    if (!single.includes(name) && !variadic.includes(name)) continue;
    dropped.add(at);
    if (argument === name) for (const index of valueRange(given, at, name)) dropped.add(index);
  }
  return given.filter((_argument, at) => !dropped.has(at));
}

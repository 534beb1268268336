import { afterKeys, beforeKeys, contentKeys, isPatch, pathKeys } from '../../../../shared/model/tool-keys.ts';

/** What a tool was asked to do, told by what it was given (and by its name where that says more). Tools of all clients, by shape and not by vendor. */
export type ToolUse =
  | { readonly kind: 'shell'; readonly command: string; readonly folder?: string | undefined }
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'edit'; readonly path: string; readonly edits: readonly TextEdit[] }
  | { readonly kind: 'patch'; readonly patch: string }
  | { readonly kind: 'search'; readonly pattern: string; readonly where?: string | undefined }
  | { readonly kind: 'web'; readonly query?: string | undefined; readonly address?: string | undefined }
  | { readonly kind: 'todo'; readonly items: readonly TodoItem[] }
  | { readonly kind: 'agent'; readonly task: string; readonly agent?: string | undefined }
  | { readonly kind: 'other' };

/** A text that is put in the place of another; without `before` it is written anew. */
export interface TextEdit {
  readonly before: string | undefined;
  readonly after: string;
}

export interface TodoItem {
  readonly text: string;
  readonly state: 'done' | 'active' | 'open' | 'dropped';
}

/** More of what a tool was given is not parsed: it is shown as it is. */
const longestParsed = 2_000_000;
const mostItems = 500;

export function readToolUse(name: string, given: string | undefined): ToolUse {
  if (given === undefined) return { kind: 'other' };
  if (isPatch(given)) return { kind: 'patch', patch: given };
  const fields = objectOf(given);
  if (fields === undefined) return { kind: 'other' };
  return (
    todoOf(fields) ??
    patchOf(fields) ??
    editOf(fields) ??
    shellOf(fields) ??
    agentOf(name, fields) ??
    webOf(name, fields) ??
    searchOf(fields) ??
    readOf(name, fields) ?? { kind: 'other' }
  );
}

/** `mcp__github__create_issue`, `mcp.github.create_issue`: the server and the tool that it offers. */
export function mcpName(name: string): { readonly server: string; readonly tool: string } | undefined {
  const found = /^mcp(?:__|\.)(.{1,100}?)(?:__|\.)(.{1,200})$/.exec(name);
  return found === null ? undefined : { server: found[1] ?? '', tool: found[2] ?? '' };
}

/** Fields of an object that is JSON text, with no ancestors that a name could reach. */
export function objectOf(json: string): ReadonlyMap<string, unknown> | undefined {
  if (json.length > longestParsed || !json.trimStart().startsWith('{')) return undefined;
  try {
    return fieldsOf(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

export function textIn(fields: ReadonlyMap<string, unknown>, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = fields.get(key);
    if (typeof value === 'string') return value;
  }
  return undefined;
}

function todoOf(fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const items = todoItems(fields.get('todos') ?? fields.get('plan'));
  return items === undefined ? undefined : { kind: 'todo', items };
}

/** A list of what is to be done (Claude Code, opencode, Gemini CLI: `todos`; Codex: `plan`); undefined for another list. */
export function todoItems(list: unknown): readonly TodoItem[] | undefined {
  if (!Array.isArray(list) || list.length === 0 || list.length > mostItems) return undefined;
  const items = list.map((item) => {
    const fields = fieldsOf(item);
    const text = fields && textIn(fields, 'content', 'step', 'text', 'task', 'description', 'title');
    const state = fields && textIn(fields, 'status', 'state');
    return text === undefined || state === undefined ? undefined : { text, state: stateOf(state) };
  });
  const known = items.filter((item) => item !== undefined);
  return known.length === items.length ? known : undefined;
}

function stateOf(word: string): TodoItem['state'] {
  if (/^(completed?|done)$/i.test(word)) return 'done';
  if (/^(in[_ -]?progress|active|running)$/i.test(word)) return 'active';
  return /^(cancell?ed|dropped|skipped)$/i.test(word) ? 'dropped' : 'open';
}

function patchOf(fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const patch = textIn(fields, 'input', 'patch', 'patchText', 'diff', 'command');
  if (patch !== undefined && isPatch(patch)) return { kind: 'patch', patch };
  // Codex tells of a patch by its files.
  const changes = fieldsOf(fields.get('changes'));
  if (changes === undefined || changes.size === 0) return undefined;
  const parts = [...changes].flatMap(([path, change]) => {
    const how = fieldsOf(change);
    if (how === undefined) return [];
    const diff = textIn(how, 'unified_diff');
    if (diff !== undefined) return [`--- ${path}\n+++ ${path}\n${diff}`];
    const content = textIn(how, 'content');
    if (content === undefined) return [];
    const sign = textIn(how, 'type') === 'delete' ? '-' : '+';
    const head = sign === '-' ? `--- ${path}\n+++ /dev/null` : `--- /dev/null\n+++ ${path}`;
    return [
      `${head}\n${content
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => sign + line)
        .join('\n')}\n`,
    ];
  });
  return parts.length < changes.size ? undefined : { kind: 'patch', patch: parts.join('') };
}

function editOf(fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const path = textIn(fields, ...pathKeys);
  if (path === undefined) return undefined;
  const list = fields.get('edits');
  const asked = Array.isArray(list) && list.length <= mostItems ? list.map(fieldsOf) : [fields];
  const edits = asked.flatMap((edit): readonly TextEdit[] => {
    if (edit === undefined) return [];
    const before = textIn(edit, ...beforeKeys);
    const after = textIn(edit, ...afterKeys) ?? (before === undefined ? textIn(edit, ...contentKeys) : '');
    return after === undefined ? [] : [{ before, after }];
  });
  return edits.length === 0 ? undefined : { kind: 'edit', path, edits };
}

function shellOf(fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  if (textIn(fields, ...pathKeys) !== undefined) return undefined;
  const folder = textIn(fields, 'workdir', 'cwd', 'working_directory', 'directory');
  const list = fields.get('command') ?? fields.get('cmd');
  if (Array.isArray(list) && list.length > 0 && list.every((word) => typeof word === 'string')) {
    const words: readonly string[] = list;
    const isShell =
      /^(.*\/)?(ba|z|da)?sh$/.test(words[0] ?? '') && /^-\w*c$/.test(words[1] ?? '') && words.length === 3;
    return { kind: 'shell', command: isShell ? (words[2] ?? '') : words.join(' '), folder };
  }
  const command = textIn(fields, 'command', 'cmd', 'commands', 'script');
  return command === undefined ? undefined : { kind: 'shell', command, folder };
}

function agentOf(name: string, fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const task = textIn(fields, 'prompt', 'task', 'message', 'objective');
  const agent = textIn(fields, 'subagent_type', 'agent', 'agent_name', 'description');
  const isAgent = fields.has('subagent_type') || /agent|^task$|delegate|handoff/i.test(name);
  return task !== undefined && isAgent ? { kind: 'agent', task, agent } : undefined;
}

function webOf(name: string, fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const address = textIn(fields, 'url', 'uri', 'href');
  if (address !== undefined) return { kind: 'web', address };
  const query = textIn(fields, 'query', 'q', 'search_query');
  return query !== undefined && /web|google|bing|internet|browse/i.test(name) ? { kind: 'web', query } : undefined;
}

function searchOf(fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const pattern = textIn(fields, 'pattern', 'regex', 'query', 'search_term', 'search_query', 'glob');
  return pattern === undefined
    ? undefined
    : { kind: 'search', pattern, where: textIn(fields, ...pathKeys, 'dir_path', 'directory', 'include') };
}

function readOf(name: string, fields: ReadonlyMap<string, unknown>): ToolUse | undefined {
  const path = textIn(fields, ...pathKeys);
  const isRead = /read|view|open|cat|file/i.test(name) || textIn(fields, 'command') === 'view';
  return path !== undefined && isRead ? { kind: 'read', path } : undefined;
}

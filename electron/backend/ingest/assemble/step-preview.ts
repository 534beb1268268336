import { afterKeys, beforeKeys, contentKeys, isPatch, pathKeys } from '../../../../shared/model/tool-keys.ts';
import { oneLine } from '../../base/one-line.ts';
import type { RequestedTool } from '../../telemetry/step-facts.ts';
import {
  anyField,
  asArray,
  asText,
  entriesOf,
  field,
  isStructure,
  numberField,
  textField,
} from '../conventions/structure.ts';
import { parseTolerantJson } from '../conventions/tolerant-json.ts';

/** At most this many characters (AssembledStep.preview). */
const longestPreview = 200;
/** A preview is not worth parsing more of what a tool was to write: the fields that say what it did stand before that, or are left out. */
const longestParsed = 100_000;

/**
 * What a tool did, on one line, as the client itself would say it: the command, the path with its range or `+6 −2`, the query, the address;
 * else its only argument, or its arguments by name. What is no JSON as it is.
 */
export function toolPreview(toolArguments: string | undefined): string | undefined {
  if (toolArguments === undefined) return undefined;
  const line = oneLine(inWords(toolArguments) ?? toolArguments, longestPreview);
  return line === '' || line === '{}' ? undefined : line;
}

/** Names of tools that a row has place for. */
const mostNames = 20;

/** A model's row: how its answer begins; of one without words what it asked for: `→ bash npm test`, `→ read_file ×3, bash`. */
export function answerPreview(begins: string | undefined, requested: readonly RequestedTool[]): string | undefined {
  if (begins !== undefined) return oneLine(begins, longestPreview);
  const [only] = requested;
  if (only === undefined) return undefined;
  if (requested.length === 1) return oneLine(`→ ${only.name} ${toolPreview(only.arguments) ?? ''}`, longestPreview);
  const counts = new Map<string, number>();
  for (const { name } of requested) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names = [...counts].slice(0, mostNames).map(([name, count]) => (count > 1 ? `${name} ×${count}` : name));
  const more = counts.size - names.length;
  return oneLine(`→ ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`, longestPreview);
}

function inWords(json: string): string | undefined {
  if (isPatch(json)) return patchWords(json);
  if (!json.slice(0, 100).trimStart().startsWith('{')) return undefined;
  const given = parseTolerantJson(json.slice(0, longestParsed))?.value;
  if (!isStructure(given)) return undefined;
  return (
    patchOf(given) ??
    todosOf(given) ??
    commandOf(given) ??
    pathOf(given) ??
    queryOf(given) ??
    addressOf(given) ??
    taskOf(given) ??
    byName(given)
  );
}

function commandOf(given: unknown): string | undefined {
  const command = anyField(given, 'command', 'cmd', 'commands', 'script') ?? field(field(given, 'action'), 'commands');
  // Editors name their operation so (Anthropic's `str_replace_based_edit_tool`): what they do it to says more.
  if (typeof command === 'string')
    return textField(given, 'path', 'file_path') === undefined ? asText(command) : undefined;
  const words = asArray(command);
  if (words === undefined || !words.every((word) => typeof word === 'string')) return undefined;
  // `["bash", "-lc", "npm test"]`: what the shell runs.
  return /^(.*\/)?(ba|z|da)?sh$/.test(words[0] ?? '') && /^-\w*c$/.test(words[1] ?? '') && words.length === 3
    ? words[2]
    : words.join(' ');
}

function pathOf(given: unknown): string | undefined {
  const path = textField(given, ...pathKeys);
  if (path === undefined) return undefined;
  const pattern = textField(given, 'pattern', 'query', 'regex');
  if (pattern !== undefined) return `${pattern} in ${path}`;
  return `${path}${rangeOf(given) ?? ''}${changeOf(given) ?? ''}`;
}

/** `:10-29`: lines from 1, the last one included. */
function rangeOf(given: unknown): string | undefined {
  const view = asArray(field(given, 'view_range'))?.map(Number);
  const start = view?.[0] ?? numberField(given, 'offset', 'start_line', 'startLine', 'line_start', 'start');
  const count = numberField(given, 'limit');
  const end =
    view?.[1] ??
    numberField(given, 'end_line', 'endLine', 'line_end', 'end') ??
    (count === undefined ? undefined : (start ?? 1) + count - 1);
  if (start === undefined && end === undefined) return undefined;
  return `:${start ?? 1}${end === undefined || end < 0 ? '-' : `-${end}`}`;
}

/** ` +6 −2`: lines that an edit puts in and takes out. */
function changeOf(given: unknown): string | undefined {
  const edits = asArray(field(given, 'edits')) ?? [given];
  let [added, removed, found] = [0, 0, false];
  for (const edit of edits.slice(0, 1_000)) {
    const before = stringField(edit, ...beforeKeys);
    const after = stringField(edit, ...afterKeys, ...contentKeys);
    if (before === undefined && after === undefined) continue;
    found = true;
    const change = lineChange(before ?? '', after ?? '');
    added += change.added;
    removed += change.removed;
  }
  return found ? changed(added, removed) : undefined;
}

const changed = (added: number, removed: number): string => ` +${added}${removed > 0 ? ` −${removed}` : ''}`;

/** An empty text takes something out; a missing one says nothing. */
function stringField(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = anyField(value, ...keys);
  return typeof found === 'string' ? found : undefined;
}

/** Lines between what both texts begin and end with. */
function lineChange(before: string, after: string): { readonly added: number; readonly removed: number } {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, fresh.length);
  let head = 0;
  while (head < shorter && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === fresh.at(-1 - tail)) tail += 1;
  return { added: fresh.length - head - tail, removed: old.length - head - tail };
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** A patch by its files and lines. */
function patchWords(patch: string): string | undefined {
  const lines = patch.slice(0, longestParsed).split('\n');
  const files = lines.flatMap(
    (line) => /^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b\/)?)(.+)/.exec(line)?.[1] ?? [],
  );
  const [first] = files;
  if (first === undefined) return undefined;
  const added = lines.filter((line) => line.startsWith('+') && !line.startsWith('+++')).length;
  const removed = lines.filter((line) => line.startsWith('-') && !line.startsWith('---')).length;
  return `${first}${files.length > 1 ? ` and ${files.length - 1} more` : ''}${changed(added, removed)}`;
}

function patchOf(given: unknown): string | undefined {
  const patch = stringField(given, 'input', 'patch', 'patchText', 'diff');
  if (patch !== undefined && isPatch(patch)) return patchWords(patch);
  // Codex tells of a patch by its files, each with a diff or its whole text.
  const changes = field(given, 'changes');
  if (!isStructure(changes) || asArray(changes) !== undefined) return undefined;
  const parts = entriesOf(changes).map(([path, change]) => {
    const diff = stringField(change, 'unified_diff') ?? '';
    return `+++ ${path}\n${diff}`;
  });
  return parts.length === 0 ? undefined : patchWords(parts.join('\n'));
}

/** `2 of 5 done · Fix and verify`: how far a list is, and what is being done. */
function todosOf(given: unknown): string | undefined {
  const items = asArray(field(given, 'todos')) ?? asArray(field(given, 'plan'));
  if (items === undefined || items.length === 0) return undefined;
  const isState = (item: unknown, state: RegExp): boolean => state.test(textField(item, 'status', 'state') ?? '');
  if (items.some((item) => textField(item, 'status', 'state') === undefined)) return undefined;
  const done = items.filter((item) => isState(item, /^(completed?|done)$/i)).length;
  const current = items.find((item) => isState(item, /^in[_ -]?progress$/i));
  const words = current === undefined ? undefined : textField(current, 'content', 'step', 'text', 'title');
  return `${done} of ${items.length} done${words === undefined ? '' : ` · ${words}`}`;
}

/** What a sub-agent is asked: its short name where the client gives it one, and its task. */
function taskOf(given: unknown): string | undefined {
  const task = textField(given, 'prompt', 'task');
  const name = textField(given, 'description', 'subagent_type');
  return task === undefined || name === undefined ? undefined : `${name}: ${task}`;
}

function queryOf(given: unknown): string | undefined {
  return textField(given, 'pattern', 'query', 'search_term', 'search_query', 'regex');
}

const addressOf = (given: unknown): string | undefined => textField(given, 'url', 'uri', 'href');

/** `city: Kiel, days: 2`; lists and objects as JSON. */
function byName(given: unknown): string | undefined {
  const entries = entriesOf(given).slice(0, 20);
  const [only] = entries;
  if (entries.length === 1 && typeof only?.[1] === 'string') return only[1];
  return entries
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value.slice(0, longestPreview) : short(value)}`)
    .join(', ');
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? '').slice(0, longestPreview);
}

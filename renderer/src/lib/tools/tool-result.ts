import { objectOf, textIn } from './tool-use.ts';

/** What a command gave: the text it printed, and how it ended where that is said. */
export interface ShellResult {
  readonly output: string;
  readonly errors?: string | undefined;
  readonly exit?: number | undefined;
}

/**
 * The output of a command as clients report it: as it is, as JSON with its streams, or with a head and an end of their own (Codex,
 * Gemini CLI, Claude Code). Only what is known to be around it is taken away.
 */
export function readShellResult(result: string): ShellResult {
  const fields = objectOf(result);
  if (fields !== undefined) {
    const inner = objectIn(fields, 'metadata') ?? fields;
    const output = textIn(fields, 'output', 'stdout', 'aggregated_output') ?? textIn(inner, 'output', 'stdout');
    const exit = numberIn(fields, ...exitKeys) ?? numberIn(inner, ...exitKeys);
    if (output !== undefined) return { output, errors: notEmpty(textIn(fields, 'stderr')), exit };
    return { output: result };
  }
  const text = result.replace(/^<untrusted_context>\n/, '').replace(/\n?<\/untrusted_context>\s*$/, '');
  const codex =
    /^(?:Script (?:completed|failed)|Exit code: (-?\d{1,5})|Chunk ID: \S{1,40})\n(?:[A-Z][^\n]{0,200}\n){0,6}?Output:\n/.exec(
      text,
    );
  if (codex !== null) return { output: text.slice(codex[0].length).replace(/^\n/, ''), exit: exitIn(codex[0]) };
  const claude = /^(?:Error: )?Exit code (-?\d{1,5})\n?/.exec(text);
  if (claude !== null) return { output: text.slice(claude[0].length), exit: Number(claude[1]) };
  if (text.startsWith('Output: ')) {
    const end =
      /\n(?:Error: [^\n]*\n)?(?:Exit Code: (-?\d{1,5})\n?)?(?:Signal: [^\n]*\n?)?(?:Process Group PGID: \d+\s*)?$/.exec(
        text.slice(-400),
      );
    const length = end === null ? 0 : end[0].length;
    return {
      output: text.slice('Output: '.length, text.length - length),
      exit: end?.[1] === undefined ? undefined : Number(end[1]),
    };
  }
  return { output: text };
}

const exitKeys = ['exit_code', 'exitCode', 'returncode', 'return_code', 'exit', 'code'] as const;

function exitIn(head: string): number | undefined {
  const found = /(?:Exit code:|exited with code) (-?\d{1,5})/.exec(head)?.[1];
  return found === undefined ? undefined : Number(found);
}

function numberIn(fields: ReadonlyMap<string, unknown>, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = fields.get(key);
    if (typeof value === 'number' && Number.isInteger(value)) return value;
  }
  return undefined;
}

function objectIn(fields: ReadonlyMap<string, unknown>, key: string): ReadonlyMap<string, unknown> | undefined {
  const value = fields.get(key);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? new Map(Object.entries(value))
    : undefined;
}

const notEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

/** A file as a tool gave it: its text, and the number of its first line where the tool wrote numbers. */
export interface FileText {
  readonly text: string;
  readonly firstLine: number | undefined;
}

/** `1\tfoo`, `   12→foo`, `00012| foo`, `7: foo`: a line's number as tools write it. */
const numbered = /^ {0,8}0{0,6}(\d{1,7})(?:\t|→|\| ?|: ?)/;
const mostCharacters = 400_000;

/** Takes line numbers and wrappers off a file that was read; what has none is as it is. */
export function readFileResult(result: string): FileText {
  const fields = objectOf(result);
  const inner = (fields && textIn(fields, 'output', 'content', 'text')) ?? result;
  if (inner.length > mostCharacters) return { text: inner, firstLine: undefined };
  const content = /<content>\n([\s\S]*?)\n?(?:\n\([^\n]{1,200}\))?\n?<\/content>/.exec(inner)?.[1] ?? inner;
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const first = numbered.exec(lines[0] ?? '')?.[1];
  if (first === undefined) return { text: content, firstLine: undefined };
  const plain: string[] = [];
  for (const [at, line] of lines.entries()) {
    const found = numbered.exec(line);
    if (found === null || Number(found[1]) !== Number(first) + at) return { text: content, firstLine: undefined };
    plain.push(line.slice(found[0].length));
  }
  return { text: plain.join('\n'), firstLine: Number(first) };
}

/** What a search on the web found. */
export interface WebResult {
  readonly title: string;
  readonly address: string | undefined;
  readonly snippet: string | undefined;
}

const mostResults = 100;

export function readWebResults(result: string): readonly WebResult[] | undefined {
  const found = listOf(result);
  if (found === undefined || found.length === 0 || found.length > mostResults) return undefined;
  const results = found.map((item) => {
    if (typeof item !== 'object' || item === null) return undefined;
    const fields = new Map(Object.entries(item));
    const title = textIn(fields, 'title', 'name');
    const address = textIn(fields, 'url', 'link', 'href', 'uri');
    return title === undefined
      ? undefined
      : { title, address, snippet: textIn(fields, 'snippet', 'description', 'text', 'content') };
  });
  const known = results.filter((one) => one !== undefined);
  return known.length === results.length ? known : undefined;
}

function listOf(result: string): readonly unknown[] | undefined {
  const fields = objectOf(result);
  const list = fields?.get('results') ?? fields?.get('items') ?? fields?.get('organic');
  if (Array.isArray(list)) return list;
  if (!result.trimStart().startsWith('[') || result.length > mostCharacters) return undefined;
  try {
    const value: unknown = JSON.parse(result);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A page as a tool fetched it. */
export function readWebPage(result: string): { readonly text: string; readonly status: number | undefined } {
  const fields = objectOf(result);
  const text = fields && textIn(fields, 'text', 'content', 'markdown', 'body', 'result');
  return { text: text ?? result, status: fields && numberIn(fields, 'status', 'status_code', 'code') };
}

/** Lines that a search in files found, by file. */
export interface FileMatches {
  readonly path: string;
  readonly lines: readonly { readonly number: number; readonly text: string; readonly isMatch: boolean }[];
}

const mostLines = 2_000;

/** `path:12:text` as grep prints it, and the form of Gemini CLI; undefined for another text. */
export function readMatches(result: string): readonly FileMatches[] | undefined {
  const lines = result.split('\n', mostLines + 1);
  if (lines.length > mostLines) return undefined;
  const files = new Map<string, FileMatches['lines'][number][]>();
  const add = (path: string, number: number, text: string, isMatch: boolean) => {
    const known = files.get(path) ?? [];
    known.push({ number, text, isMatch });
    files.set(path, known);
  };
  let file: string | undefined;
  for (const line of lines) {
    if (line.trim() === '' || line === '---' || line === '--' || /^Found \d+ /.test(line)) continue;
    const named = /^File: (.{1,500})$/.exec(line)?.[1];
    const inFile = /^L(\d{1,7})([:-]) ?(.*)$/.exec(line);
    const grep = /^([^\s:][^:]{0,500}?):(\d{1,7}):(.*)$/.exec(line);
    if (named !== undefined) file = named;
    else if (inFile !== null && file !== undefined) add(file, Number(inFile[1]), inFile[3] ?? '', inFile[2] === ':');
    else if (grep !== null) add(grep[1] ?? '', Number(grep[2]), grep[3] ?? '', true);
    else return undefined;
  }
  return files.size === 0 ? undefined : [...files].map(([path, found]) => ({ path, lines: found }));
}

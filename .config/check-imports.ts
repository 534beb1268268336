import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { exceptions, packagesOfOneRoom, rooms, testRooms } from './import-rules.ts';
import type { Room } from './import-rules.ts';

/**
 * Part of `npm run lint`: every import of every source file against import-rules.ts, and no circle of files anywhere. Imports of
 * types count: what a file must know to be understood is what it depends on. A program of our own, since dependency-cruiser
 * reads TypeScript by a compiler API that TypeScript 7 has not (and oxlint's no-cycle passes circles closed by a type).
 */

export interface SourceFile {
  /** From the root of the project, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface ImportFault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** The sources of the project as git has them, new ones included. */
export function sourceFiles(root: string): readonly SourceFile[] {
  return execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
    .split('\0')
    .filter(
      (path) =>
        /\.(ts|tsx|mts|mjs)$/.test(path) && !path.startsWith('e2e/fixtures/') && existsSync(posix.join(root, path)),
    )
    .map((path) => ({ path, text: readFileSync(posix.join(root, path), 'utf8') }));
}

/** All faults of these files, which are taken to be all there are. */
export function checkImports(files: readonly SourceFile[]): readonly ImportFault[] {
  const faults: ImportFault[] = [];
  const graph = new Map<string, readonly string[]>();
  for (const file of files) {
    faults.push(...checkFile(file));
    graph.set(
      file.path,
      importsOf(file).flatMap(({ specifier }) => targetOf(file.path, specifier) ?? []),
    );
  }
  for (const circle of circles(graph)) {
    const [first = ''] = circle;
    const message = `stands in a circle of imports: ${[...circle, first].join(' → ')}`;
    faults.push({ file: first, line: 1, message });
  }
  for (const { from, to } of exceptions) {
    if (graph.get(from)?.includes(to)) continue;
    const message = `no longer imports ${to}: take the exception out of .config/import-rules.ts`;
    faults.push({ file: from, line: 1, message });
  }
  return faults;
}

/** What this file imports and may not. */
export function checkFile(file: SourceFile): readonly ImportFault[] {
  const room = roomOf(file.path);
  if (room === undefined) return [{ file: file.path, line: 1, message: 'lies in no room of .config/import-rules.ts' }];
  return importsOf(file).flatMap(({ specifier, line }) => {
    const target = targetOf(file.path, specifier);
    if (exceptions.some(({ from, to }) => from === file.path && to === target)) return [];
    const message = target === undefined ? packageFault(file.path, room, specifier) : fileFault(room, target);
    return message === undefined ? [] : [{ file: file.path, line, message }];
  });
}

/** The imported file from the root of the project; undefined for a package. */
function targetOf(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.normalize(posix.join(dirname(path), specifier)) : undefined;
}

/** What e2e holds is all for tests and follows the rules of its own folders. */
const isTest = (path: string): boolean => /\.(test|testing)\.tsx?$/.test(path) && !path.startsWith('e2e/');

function roomOf(path: string): Room | undefined {
  return longest(isTest(path) ? testRooms : rooms, path);
}

function longest(list: readonly Room[], path: string): Room | undefined {
  let found: Room | undefined;
  for (const listed of list) {
    const room = oneOfEach(listed, path);
    if (lies(path, room.path) && room.path.length > (found?.path.length ?? -1)) found = room;
  }
  return found;
}

/** `folder/*`: the folder in it that the path lies in. */
function oneOfEach(room: Room, path: string): Room {
  if (!room.path.endsWith('/*')) return room;
  const folder = room.path.slice(0, -1);
  const [name = ''] = path.startsWith(folder) ? path.slice(folder.length).split('/') : [];
  return { ...room, path: `${folder}${name}` };
}

const lies = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`);

function fileFault(room: Room, target: string): string | undefined {
  if (target.startsWith('..')) return `imports ${target} from outside the project`;
  const own = longest(rooms, target);
  // A test's helper is for tests, wherever it lies.
  if (isTest(target) && !testRooms.includes(room) && !lies(room.path, 'e2e'))
    return `imports ${target}, a helper of tests`;
  const allowed =
    own?.path === room.path ||
    room.rooms.some((path) => lies(target, path)) ||
    (testRooms.includes(room) && lies(target, room.path));
  if (allowed) return undefined;
  return `imports ${target}: ${room.path} may import ${room.rooms.length === 0 ? 'nothing else' : room.rooms.map(shortly).join(', ')} (.config/import-rules.ts)`;
}

const shortly = (path: string): string => path.replace('electron/backend/', 'backend/');

function packageFault(file: string, room: Room, specifier: string): string | undefined {
  const name = packageOf(specifier);
  const homes = Object.hasOwn(packagesOfOneRoom, name) ? packagesOfOneRoom[name] : undefined;
  if (homes && !homes.some((home) => lies(file, home))) return `imports ${name}: only ${homes.join(', ')} may`;
  if (homes || room.packages.includes('*') || room.packages.includes(name)) return undefined;
  return `imports the package ${name}: ${room.path} may import ${room.packages.length === 0 ? 'none' : room.packages.join(', ')} (.config/import-rules.ts)`;
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The tests check the same files some hundred times, with one import planted. */
const parsed = new WeakMap<SourceFile, readonly Import[]>();

/** Static and dynamic imports, exports from elsewhere, and types by `import('…')`, which the parser's record of modules leaves out. */
function importsOf(file: SourceFile): readonly Import[] {
  const known = parsed.get(file);
  if (known) return known;
  const { path, text } = file;
  const { module, errors } = parseSync(path, text);
  if (errors.length > 0) throw new Error(`${path} cannot be parsed: ${errors[0]?.message}`);
  const found = new Map<number, string>();
  for (const { moduleRequest } of module.staticImports) found.set(moduleRequest.start, moduleRequest.value);
  for (const { entries } of module.staticExports)
    for (const { moduleRequest } of entries) if (moduleRequest) found.set(moduleRequest.start, moduleRequest.value);
  for (const match of text.matchAll(/\bimport\(\s*(['"])([^'"]+)\1/g)) {
    const [whole, , specifier] = match;
    if (specifier !== undefined) found.set(match.index + whole.length - specifier.length - 2, specifier);
  }
  const imports = [...found].map(([at, specifier]) => ({ specifier, line: text.slice(0, at).split('\n').length }));
  parsed.set(file, imports);
  return imports;
}

/** Groups of files that import each other in a round (Tarjan, without recursion: a chain of imports may be long). */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const found: (readonly string[])[] = [];
  for (const start of graph.keys()) {
    if (order.has(start)) continue;
    const work: { readonly file: string; next: number }[] = [{ file: start, next: 0 }];
    while (work.length > 0) {
      const top = work.at(-1);
      if (!top) break;
      const { file } = top;
      if (top.next === 0) {
        order.set(file, order.size);
        low.set(file, order.get(file) ?? 0);
        stack.push(file);
        onStack.add(file);
      }
      const target = graph.get(file)?.[top.next];
      top.next += 1;
      if (target !== undefined) {
        if (!graph.has(target)) continue;
        if (!order.has(target)) work.push({ file: target, next: 0 });
        else if (onStack.has(target)) low.set(file, Math.min(low.get(file) ?? 0, order.get(target) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent) low.set(parent.file, Math.min(low.get(parent.file) ?? 0, low.get(file) ?? 0));
      if (low.get(file) !== order.get(file)) continue;
      const circle: string[] = [];
      for (let last = stack.pop(); last !== undefined; last = stack.pop()) {
        onStack.delete(last);
        circle.push(last);
        if (last === file) break;
      }
      if (circle.length > 1 || graph.get(file)?.includes(file)) found.push(circle.toReversed());
    }
  }
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = checkImports(sourceFiles(fileURLToPath(new URL('..', import.meta.url))));
  for (const { file, line, message } of faults) process.stderr.write(`${file}:${line} ${message}\n`);
  if (faults.length > 0)
    process.stderr.write(`${faults.length} ${faults.length === 1 ? 'import is' : 'imports are'} not allowed.\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}

import { diffLines } from 'diff';
import type { DiffLine } from '../../../../shared/model/comparison.ts';
import { wordDiff } from '../word-diff.ts';

/** What a patch does to one file. */
export interface PatchedFile {
  readonly path: string;
  readonly how: 'changed' | 'added' | 'deleted' | 'moved';
  readonly lines: readonly DiffLine[];
  readonly added: number;
  readonly removed: number;
}

/** More lines are not compared with each other: the old ones and the new ones are shown. */
const mostEdits = 2_000;
const mostCharacters = 400_000;

/** What an edit does, line by line; what differs within a line is marked. */
export function editLines(before: string, after: string): readonly DiffLine[] {
  if (before.length + after.length > mostCharacters) return [...signed('removed', before), ...signed('added', after)];
  const changes = diffLines(before, after, { maxEditLength: mostEdits });
  if (changes === undefined) return [...signed('removed', before), ...signed('added', after)];
  return withMarks(
    changes.flatMap(({ added, removed, value }) => signed(added ? 'added' : removed ? 'removed' : 'same', value)),
  );
}

function signed(op: 'same' | 'added' | 'removed', text: string): readonly DiffLine[] {
  if (text === '') return [];
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (op === 'same' ? { op, text: line } : { op, text: line, marks: [] }));
}

/** One removed line before one added line: which words differ. */
function withMarks(lines: readonly DiffLine[]): readonly DiffLine[] {
  return lines.map((line, at) => {
    const before = lines[at - 1];
    const after = lines[at + 1];
    if (line.op === 'removed' && after?.op === 'added' && before?.op !== 'removed' && lines[at + 2]?.op !== 'added')
      return { ...line, marks: marksOf(line.text, after.text, 'removed') };
    if (line.op === 'added' && before?.op === 'removed' && after?.op !== 'added' && lines[at - 2]?.op !== 'removed')
      return { ...line, marks: marksOf(before.text, line.text, 'added') };
    return line;
  });
}

function marksOf(before: string, after: string, side: 'removed' | 'added'): [number, number][] {
  const marks: [number, number][] = [];
  let at = 0;
  let same = 0;
  for (const piece of wordDiff(before, after)) {
    if (piece.kind !== 'same' && piece.kind !== side) continue;
    if (piece.kind === side) marks.push([at, at + piece.text.length]);
    else same += piece.text.trim().length;
    at += piece.text.length;
  }
  // Marks over a whole line say nothing.
  return same === 0 ? [] : marks;
}

/** Lines of a patch that say how files came to be, not what is in them. */
const aside =
  /^(?:\*\*\* (?:Begin|End) |diff --git |Index: |={20,}|index [0-9a-f]|(?:new|deleted) file mode|similarity |rename )/;

/** A patch (Codex's own form, git's, a unified one) by its files. */
export function patchFiles(patch: string): readonly PatchedFile[] {
  const files: { path: string; how: PatchedFile['how']; lines: DiffLine[] }[] = [];
  const lines = patch.split('\n');
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const next = lines[at + 1] ?? '';
    const file = files.at(-1);
    const own = /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line);
    const moved = /^\*\*\* Move to: (.+)$/.exec(line)?.[1];
    if (own !== null)
      files.push({
        path: own[2] ?? '',
        how: own[1] === 'Add' ? 'added' : own[1] === 'Delete' ? 'deleted' : 'changed',
        lines: [],
      });
    else if (moved !== undefined && file !== undefined) {
      file.path = `${file.path} → ${moved}`;
      file.how = 'moved';
    } else if (line.startsWith('--- ') && next.startsWith('+++ ')) {
      files.push(unifiedFile(pathIn(line), pathIn(next)));
      at += 1;
    } else if (file !== undefined && !aside.test(line)) {
      const told = patchLine(line, file.lines.length === 0);
      if (told !== undefined) file.lines.push(told);
    }
  }
  return files.map((file) => {
    const marked = withMarks(file.lines);
    return {
      ...file,
      lines: marked,
      added: marked.filter(({ op }) => op === 'added').length,
      removed: marked.filter(({ op }) => op === 'removed').length,
    };
  });
}

function unifiedFile(before: string, after: string): { path: string; how: PatchedFile['how']; lines: DiffLine[] } {
  if (after === '/dev/null') return { path: before, how: 'deleted', lines: [] };
  return { path: after, how: before === '/dev/null' ? 'added' : 'changed', lines: [] };
}

function patchLine(line: string, isFirst: boolean): DiffLine | undefined {
  if (line.startsWith('+')) return { op: 'added', text: line.slice(1), marks: [] };
  if (line.startsWith('-')) return { op: 'removed', text: line.slice(1), marks: [] };
  // Where a hunk begins; the first of Codex's form says no place.
  if (line.startsWith('@@')) return isFirst && line.length === 2 ? undefined : { op: 'same', text: line };
  return line === '' || line.startsWith('\\') ? undefined : { op: 'same', text: line.replace(/^ /, '') };
}

function pathIn(line: string): string {
  return (
    line
      .slice(4)
      .split('\t', 1)[0]
      ?.replace(/^[ab]\//, '')
      .trim() ?? ''
  );
}

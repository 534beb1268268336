import type { DiffBlock } from '../../../shared/model/comparison.ts';
import { parseJson } from './normalise.ts';
import type { Normaliser } from './normalise.ts';
import { normaliseText } from './rules.ts';
import { diffStructure, layOut } from './structure-difference.ts';
import { diffLines } from './text-difference.ts';
import type { KeyedLine, TextBudget } from './text-difference.ts';

export interface BlockOptions {
  readonly normaliser: Normaliser;
  readonly budget: TextBudget;
  /** No folds. */
  readonly full: boolean;
}

export type BlockLabel = Pick<DiffBlock, 'title' | 'part' | 'role' | 'name'>;

/** One text beside another, or alone. JSON on both sides is compared as structure. */
export function diffBlock(
  label: BlockLabel,
  a: string | undefined,
  b: string | undefined,
  options: BlockOptions,
): DiffBlock {
  const { normaliser, budget, full } = options;
  if (a === undefined || b === undefined) {
    const lines = textLines(laidOutAlone(b ?? a ?? '', normaliser), normaliser).map(({ text }) => text);
    const op = b === undefined ? 'removed' : 'added';
    return {
      ...label,
      change: op,
      removedLines: b === undefined ? lines.length : 0,
      addedLines: b === undefined ? 0 : lines.length,
      lines: lines.map((text) => ({ op, text, marks: [] })),
      detail: 'words',
    };
  }
  const jsonA = parseJson(a);
  const jsonB = parseJson(b);
  const both = jsonA !== undefined && jsonB !== undefined;
  const linesA = both ? layOut(jsonA, jsonB, normaliser.active) : textLines(a, normaliser);
  const linesB = both ? layOut(jsonB, jsonA, normaliser.active) : textLines(b, normaliser);
  const difference = diffLines(linesA, linesB, budget, full);
  const equal = normaliser.aspect(a).normal === normaliser.aspect(b).normal;
  const change = a === b ? 'same' : equal ? 'ignored' : 'changed';
  return {
    ...label,
    change,
    ...difference,
    ...(both ? { structure: diffStructure(jsonA, jsonB, normaliser.active) } : {}),
  };
}

/** Lines longer than this are compared as they are: the rules' patterns on megabytes of one line help nobody. */
const normalisedLine = 100_000;

function textLines(text: string, normaliser: Normaliser): KeyedLine[] {
  return text.split(/\r?\n/).map((line) => ({
    text: line,
    key: line.length > normalisedLine ? line : normaliseText(line, normaliser.active, new Set()),
  }));
}

function laidOutAlone(text: string, normaliser: Normaliser): string {
  const value = parseJson(text);
  return value === undefined
    ? text
    : layOut(value, undefined, normaliser.active)
        .map((line) => line.text)
        .join('\n');
}

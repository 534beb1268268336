import type { Finding, FindingKind } from '../../../../../shared/model/finding.ts';
import { findingWords } from '../../../lib/finding-words.ts';

/** What was found at a step. */
export interface FindingMark {
  /** Its place in the list of findings; of several the first, which is the dearest. */
  readonly finding: number;
  readonly titles: readonly string[];
}

/** By step. A step that several findings name has one mark for all of them. */
export type FindingMarks = ReadonlyMap<number, FindingMark>;

export const noFindingMarks: FindingMarks = new Map();

/** What is carried from call to call is marked where it came from: every call after it would be marked otherwise. */
const carriedKinds: ReadonlySet<FindingKind> = new Set(['carried-unused', 'tools-never-called']);

export function findingMarks(findings: readonly Finding[]): FindingMarks {
  const marks = new Map<number, { readonly finding: number; readonly titles: string[] }>();
  for (const [finding, { facts, steps }] of findings.entries()) {
    const { title } = findingWords(facts);
    for (const step of new Set(carriedKinds.has(facts.kind) ? steps.slice(0, 1) : steps)) {
      const mark = marks.get(step);
      if (mark === undefined) marks.set(step, { finding, titles: [title] });
      else if (!mark.titles.includes(title)) mark.titles.push(title);
    }
  }
  return marks;
}

export const markWords = ({ titles }: FindingMark): string => `Found here: ${titles.join(' · ')}`;

/** A tick of the strip: what was found at steps that begin in one place of it. */
export interface FindingTick {
  /** Share of the run at which it stands. */
  readonly at: number;
  /** The first of its steps. */
  readonly step: number;
  readonly steps: number;
  readonly mark: FindingMark;
}

/** Ticks from left to right, none nearer to the next than `room` (a share of the run): they can be told apart and hit. */
export function findingTicks(
  marks: FindingMarks,
  shareOf: (step: number) => number | undefined,
  room: number,
): readonly FindingTick[] {
  const places = [...marks]
    .flatMap(([step, mark]) => {
      const at = shareOf(step);
      return at === undefined ? [] : [{ at: Math.min(Math.max(at, 0), 1), step, mark }];
    })
    .toSorted((left, right) => left.at - right.at || left.step - right.step);
  const ticks: { at: number; step: number; steps: number; mark: FindingMark }[] = [];
  for (const { at, step, mark } of places) {
    const last = ticks.at(-1);
    if (last === undefined || at - last.at >= room) ticks.push({ at, step, steps: 1, mark });
    else {
      last.steps += 1;
      last.mark = { ...last.mark, titles: [...new Set([...last.mark.titles, ...mark.titles])] };
    }
  }
  return ticks;
}

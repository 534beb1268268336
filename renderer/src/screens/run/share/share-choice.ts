import { redactionKinds } from '../../../../../shared/model/redaction.ts';
import type {
  OwnRules,
  RedactedValue,
  Redaction,
  RedactionKind,
  RedactionPlace,
  RedactionReport,
} from '../../../../../shared/model/redaction.ts';

/** What the user wants left as it is. */
export interface ShareChoice {
  readonly off: ReadonlySet<RedactionKind>;
  readonly kept: ReadonlySet<string>;
  /** Images and files go along, though they are not searched. */
  readonly withMedia: boolean;
}

export const nothingLeft: ShareChoice = { off: new Set(), kept: new Set(), withMedia: false };

export function redactionOf({ off, kept, withMedia }: ShareChoice, own: OwnRules): Redaction {
  const kinds = redactionKinds.map(({ kind }) => kind);
  return { ...own, withMedia, off: kinds.filter((kind) => off.has(kind)), kept: [...kept].toSorted() };
}

export function isReplaced(
  { off, kept }: Pick<ShareChoice, 'off' | 'kept'>,
  { kind, value }: Pick<RedactedValue, 'kind' | 'value'>,
): boolean {
  return !off.has(kind) && !kept.has(value);
}

type Values = RedactionReport['values'];

/** All of a kind, or none of it. */
export function withKind(choice: ShareChoice, kind: RedactionKind, on: boolean, values: Values): ShareChoice {
  const { off, kept } = choice;
  const ofKind = new Set(values.filter((one) => one.kind === kind).map(({ value }) => value));
  const others = new Set([...off].filter((one) => one !== kind));
  return {
    ...choice,
    off: on ? others : new Set([...others, kind]),
    kept: new Set([...kept].filter((value) => !ofKind.has(value))),
  };
}

/** One value. Where its kind is off the others of it stay as they are. */
export function withValue(choice: ShareChoice, value: RedactedValue, on: boolean, values: Values): ShareChoice {
  const { off, kept } = choice;
  if (!on) return { ...choice, kept: new Set([...kept, value.value]) };
  const others = off.has(value.kind)
    ? values.filter((one) => one.kind === value.kind && one.value !== value.value).map((one) => one.value)
    : [];
  return {
    ...choice,
    off: new Set([...off].filter((kind) => kind !== value.kind)),
    kept: new Set([...[...kept].filter((one) => one !== value.value), ...others]),
  };
}

export type Piece = RedactionPlace['pieces'][number];

/** Whether a hit is replaced: an encoded text is, as soon as one of the values in it is. */
export function isPieceReplaced(choice: ShareChoice, piece: Piece, values: Values): boolean {
  if (piece.kind === undefined) return false;
  const found = (piece.values ?? []).flatMap((at) => values[at] ?? []);
  return found.length === 0 ? !choice.off.has(piece.kind) : found.some((value) => isReplaced(choice, value));
}

export interface KindRow {
  readonly kind: RedactionKind;
  readonly label: string;
  readonly count: number;
  readonly state: 'all' | 'some' | 'none';
  readonly values: readonly RedactedValue[];
}

/** Every kind, those that were not found too. */
export function kindRows(
  choice: ShareChoice,
  { found, values }: Pick<RedactionReport, 'found' | 'values'>,
): readonly KindRow[] {
  return redactionKinds.map(({ kind, label }) => {
    const ofKind = values.filter((one) => one.kind === kind);
    const isSome = !choice.off.has(kind) && ofKind.some((value) => !isReplaced(choice, value));
    return {
      kind,
      label,
      count: found[kind] ?? 0,
      state: choice.off.has(kind) ? 'none' : isSome ? 'some' : 'all',
      values: ofKind,
    };
  });
}

/** Places that are replaced and that are left, before the backend has counted again. */
export function countsOf(
  choice: ShareChoice,
  report: Pick<RedactionReport, 'found' | 'values'>,
): { readonly replaced: number; readonly left: number } {
  let [replaced, left] = [0, 0];
  for (const { kind, count, values } of kindRows(choice, report)) {
    const kept = choice.off.has(kind)
      ? count
      : values.filter((value) => !isReplaced(choice, value)).reduce((sum, one) => sum + one.count, 0);
    replaced += count - kept;
    left += kept;
  }
  return { replaced, left };
}

/** A hit by its place and its piece, in the order of reading. */
export interface HitAt {
  readonly place: number;
  readonly piece: number;
}

export function hitsOf(places: readonly RedactionPlace[]): readonly HitAt[] {
  return places.flatMap(({ pieces }, place) =>
    pieces.flatMap(({ kind }, piece) => (kind === undefined ? [] : [{ place, piece }])),
  );
}

import type { Redaction, RedactionKind } from '../../../shared/model/redaction.ts';
import { findPrivate } from './find-private.ts';
import type { Found } from './find-private.ts';
import { readOpaque } from './opaque-text.ts';
import type { Opaque } from './opaque-text.ts';
import { createRuleFinder } from './own-rules.ts';
import { levelsOf } from './text-views.ts';
import type { TextLevel, TextView } from './text-views.ts';
import { createNames } from './value-names.ts';

/** A place of a text that is not handed on as it is. */
export interface Hit {
  readonly start: number;
  readonly end: number;
  readonly kind: RedactionKind | 'unsearched';
  /** What stands there in its place: the value's name; of an encoded text the encoding of what is left of it. */
  readonly replacement: string;
  /** How many places it stands for: an encoded text can hold several. By kind; switched off ones are not in it. */
  readonly counts: ReadonlyMap<RedactionKind | 'unsearched', number>;
  /** Its kind is switched off: the text keeps it. */
  readonly isKept: boolean;
}

/**
 * Replaces what is private by names. The same value has the same name in every text, however it is written there: a redacted run compares
 * as its original does. All texts are to be passed to `learn` first, as a value that one text tells of may stand bare in another.
 */
export interface Redactor {
  learn(text: string): void;
  /** The places of a text, in order; none overlap. */
  hits(text: string): readonly Hit[];
  /** The text without them; the same string where there are none. */
  apply(text: string): string;
  /** A value that is known by where it stands, not by what it looks like: a header, the name of a machine. */
  learnValue(value: string, kind: RedactionKind): void;
  /** What stands for bytes that cannot be searched. */
  nameOfBytes(bytes: Uint8Array): string;
}

const mostNested = 3;
/** Kinds that win where places overlap: a password in an address is no mail address. */
const order: readonly RedactionKind[] = ['own', 'key', 'token', 'mail', 'home', 'host', 'entropy'];
const remembered = 2_000;
/** Only long texts are worth remembering: a run repeats its instructions with every call. */
const worthRemembering = 200;

export function createRedactor({ off, rules }: Redaction): Redactor {
  const findOwn = createRuleFinder(rules);
  const find: Finder = (text) => [...findOwn(text), ...findPrivate(text)];
  const names = createNames();
  const isOff = new Set<string>(off);
  const known = new Map<string, readonly Hit[]>();
  let knownNames = 0;

  function hits(text: string, nested = 0): readonly Hit[] {
    if (text.length < 4) return [];
    if (knownNames !== names.count()) {
      known.clear();
      knownNames = names.count();
    }
    const before = known.get(text);
    if (before) return before;
    const places = findAll(text, nested);
    if (text.length >= worthRemembering && nested === 0) {
      if (known.size >= remembered) known.clear();
      known.set(text, places);
    }
    return places;
  }

  function findAll(text: string, nested: number): readonly Hit[] {
    return placesOf(text, nested, names.occurrences).map((place) => {
      if (place.encoded !== undefined) {
        const inside = hits(place.encoded.content, nested + 1);
        const isKept = inside.every((hit) => hit.isKept);
        const replacement = place.encoded.encode(replaced(place.encoded.content, inside));
        return { ...place, counts: sumOf(inside), isKept, replacement };
      }
      const { kind, value } = place;
      return {
        ...place,
        counts: new Map([[kind, 1]]),
        isKept: isOff.has(kind),
        replacement: names.nameOf(value, kind),
      };
    });
  }

  /** What was found at an inner level stands before what an outer one seems to say; what is encoded before what merely looks random. */
  function placesOf(text: string, nested: number, findKnown: Finder): readonly Place[] {
    const places = new Places((kind) => isOff.has(kind));
    for (const level of levelsOf(text)) {
      const values = valuesOf(level, find, findKnown);
      for (const value of values) if (value.kind !== 'entropy') places.add(value);
      if (nested < mostNested)
        for (const view of level.decoded ? [level.decoded, level.plain] : [level.plain])
          for (const run of readOpaque(view.text)) places.add(placeOfOpaque(view, run, nested, findKnown));
      for (const value of values) if (value.kind === 'entropy') places.add(value);
    }
    return places.inOrder();
  }

  /** What is written in base64: a text is redacted in it, anything else cannot be searched. */
  function placeOfOpaque(view: TextView, run: Opaque, nested: number, findKnown: Finder): Place | undefined {
    const { content, encode, value } = run;
    const range = view.source(run.start, run.end);
    if (content === undefined) return { ...range, kind: 'unsearched', value };
    const [first] = placesOf(content, nested + 1, findKnown);
    return first && { ...range, kind: first.kind, value, encoded: { content, encode } };
  }

  function learn(text: string, nested = 0): void {
    names.avoid(text);
    for (const { kind, value, encoded } of placesOf(text, nested, () => [])) {
      if (encoded !== undefined) learn(encoded.content, nested + 1);
      else if (kind !== 'unsearched') names.learn(value, kind);
    }
  }

  return {
    learn: (text) => learn(text),
    learnValue: (value, kind) => names.learn(value, kind),
    hits: (text) => hits(text),
    apply: (text) => replaced(text, hits(text)),
    nameOfBytes: (bytes) => names.nameOf(Buffer.from(bytes).toString('base64'), 'unsearched'),
  };
}

function replaced(text: string, hits: readonly Hit[]): string {
  let made = '';
  let at = 0;
  for (const { start, end, replacement, isKept } of hits) {
    if (isKept) continue;
    made += text.slice(at, start) + replacement;
    at = end;
  }
  return at === 0 ? text : made + text.slice(at);
}

type Finder = (text: string) => readonly Found[];

interface Value extends Found {
  readonly value: string;
}

/** A place that is found, before it has a name. */
interface Place extends Pick<Hit, 'start' | 'end' | 'kind'> {
  readonly value: string;
  readonly encoded?: Pick<Opaque, 'encode'> & { readonly content: string };
}

/** What is found at one level, in the text below all levels. What a line end has split is one value, unless its parts are two. */
function valuesOf({ plain, joined, oneLine, decoded }: TextLevel, find: Finder, findKnown: Finder): readonly Value[] {
  const inView = (view: TextView | undefined, ...finders: readonly Finder[]): Value[] =>
    view === undefined
      ? []
      : finders
          .flatMap((finder) => finder(view.text))
          .map(({ start, end, kind }) => ({
            ...view.source(start, end),
            kind,
            value: view.text.slice(start, end),
          }));
  const whole = inView(plain, find, findKnown);
  const parts = new Set<Value>();
  const isSplit = ({ start, end, value }: Value): boolean => end - start > value.length;
  const known = inView(oneLine, findKnown).filter(isSplit);
  const split = inView(joined, find).filter((value) => {
    if (!isSplit(value) || known.some((one) => overlap(one, value))) return false;
    const overlapping = whole.filter((one) => overlap(one, value));
    if (overlapping.some(({ start }) => start !== value.start)) return false;
    for (const one of overlapping) parts.add(one);
    return true;
  });
  for (const one of whole) if (known.some((value) => overlap(one, value) && value.start <= one.start)) parts.add(one);
  return [...known, ...split, ...inView(decoded, find, findKnown), ...whole.filter((one) => !parts.has(one))].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind),
  );
}

function overlap(a: Pick<Found, 'start' | 'end'>, b: Pick<Found, 'start' | 'end'>): boolean {
  return a.start < b.end && b.start < a.end;
}

/** What was added first has its place; a secret that reaches further by another reading of the text takes that in. */
class Places {
  private places: Place[] = [];
  private readonly isOff: (kind: Place['kind']) => boolean;

  constructor(isOff: (kind: Place['kind']) => boolean) {
    this.isOff = isOff;
  }

  add(place: Place | undefined): void {
    if (!place || place.end <= place.start) return;
    const overlapping = this.places.filter((one) => overlap(one, place));
    const [first] = overlapping;
    const isOff = this.isOff(place.kind);
    if (!first || (!isOff && overlapping.every(({ kind }) => this.isOff(kind)))) {
      this.places = [...this.places.filter((one) => !overlapping.includes(one)), place];
      return;
    }
    if (overlapping.length > 1 || !isSecret(place.kind) || !isSecret(first.kind) || isOff) return;
    const [start, end] = [Math.min(first.start, place.start), Math.max(first.end, place.end)];
    this.places[this.places.indexOf(first)] = { ...first, start, end };
  }

  inOrder(): readonly Place[] {
    return this.places.toSorted((a, b) => a.start - b.start);
  }
}

function sumOf(hits: readonly Hit[]): ReadonlyMap<Hit['kind'], number> {
  const sum = new Map<Hit['kind'], number>();
  for (const { counts } of hits) for (const [kind, count] of counts) sum.set(kind, (sum.get(kind) ?? 0) + count);
  return sum;
}

function isSecret(kind: Place['kind']): boolean {
  return kind === 'key' || kind === 'token' || kind === 'own';
}

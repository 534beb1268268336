import { diffWordsWithSpace } from 'diff';

/** A stretch of two texts laid over each other. Without the removed ones the pieces are the later text, without the added ones the earlier. */
export interface DiffPiece {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
}

/** Beyond this a changed middle is shown whole: comparing it word by word would be felt while typing. */
const longestMiddle = 20_000;
/**
 * Words put in or taken out before a middle is shown whole. A count and not a time: the same edit must read the same on a busy machine
 * (a patience of 30 ms showed `45` as a whole clause there). Two unlike texts of 10,000 characters each are given up after 15 to 30 ms.
 */
const mostEdits = 400;

/**
 * What an edit did to a text, by words. Equal beginnings and ends are found without comparing, so that one change in a megabyte costs
 * one pass; a middle that differs in too much is one removed and one added piece. Nothing is left out.
 */
export function wordDiff(before: string, after: string): readonly DiffPiece[] {
  if (before === after) return before === '' ? [] : [{ kind: 'same', text: before }];
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  const oldMiddle = before.slice(start, before.length - end);
  const newMiddle = after.slice(start, after.length - end);
  return [
    ...piece('same', before.slice(0, start)),
    ...middleOf(oldMiddle, newMiddle),
    ...piece('same', before.slice(before.length - end)),
  ];
}

function middleOf(before: string, after: string): readonly DiffPiece[] {
  const whole = [...piece('removed', before), ...piece('added', after)];
  if (before === '' || after === '' || before.length + after.length > longestMiddle) return whole;
  const changes = diffWordsWithSpace(before, after, { maxEditLength: mostEdits });
  if (changes === undefined) return whole;
  return changes.flatMap((change) => piece(change.added ? 'added' : change.removed ? 'removed' : 'same', change.value));
}

function piece(kind: DiffPiece['kind'], text: string): readonly DiffPiece[] {
  return text === '' ? [] : [{ kind, text }];
}

const space = /\s/;

/** Length of the equal beginning, up to a white space: words are not cut. */
function commonStart(before: string, after: string): number {
  const most = Math.min(before.length, after.length);
  let at = 0;
  while (at < most && before.charCodeAt(at) === after.charCodeAt(at)) at += 1;
  while (
    at > 0 &&
    !(
      space.test(before.charAt(at - 1)) ||
      (at === before.length && space.test(after.charAt(at))) ||
      (at === after.length && space.test(before.charAt(at)))
    )
  )
    at -= 1;
  return at;
}

function commonEnd(before: string, after: string, start: number): number {
  const most = Math.min(before.length, after.length) - start;
  let length = 0;
  while (length < most && before.charCodeAt(before.length - 1 - length) === after.charCodeAt(after.length - 1 - length))
    length += 1;
  while (length > 0 && !space.test(before.charAt(before.length - length))) length -= 1;
  return length;
}

/** Pieces as they are shown: long equal stretches keep their edges, `folded` says how many characters between them are not drawn. */
export type ShownPiece = DiffPiece | { readonly kind: 'folded'; readonly characters: number };

export function foldEqual(pieces: readonly DiffPiece[], edge = 80): readonly ShownPiece[] {
  return pieces.flatMap((one, at): readonly ShownPiece[] => {
    const head = at === 0 ? 0 : edge;
    const tail = at === pieces.length - 1 ? 0 : edge;
    if (one.kind !== 'same' || one.text.length <= head + tail + edge) return [one];
    return [
      ...piece('same', one.text.slice(0, head)),
      { kind: 'folded', characters: one.text.length - head - tail },
      ...piece('same', tail === 0 ? '' : one.text.slice(-tail)),
    ];
  });
}

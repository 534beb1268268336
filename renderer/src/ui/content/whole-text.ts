import type { CutText } from '../../../../shared/model/text-place.ts';
import type { TextReader } from './reading-context.ts';

const charactersAtOnce = 1_000_000;

/** A text with what was not sent at first, read in pieces. */
export async function wholeText(
  sent: string,
  cut: CutText | undefined,
  reader: TextReader | undefined,
): Promise<string> {
  if (cut === undefined || reader === undefined) return sent;
  let text = sent;
  while (text.length < cut.length) {
    const piece = await reader.text(cut.place, text.length, Math.min(text.length + charactersAtOnce, cut.length));
    if (piece === '') break;
    text += piece;
  }
  return text;
}

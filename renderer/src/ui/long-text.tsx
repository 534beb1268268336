import type { CutText } from '../../../shared/model/text-place.ts';
import { Clipped } from './content/clipped.tsx';
import { jsonTokens } from './json-tokens.ts';
import content from './content/content.module.css';
import styles from './text.module.css';

/** Colouring makes an element per token: beyond this much text it is left out. */
const mostColoured = 40_000;

export interface LongTextProps {
  readonly text: string;
  /** Where `text` is only the beginning of what there is. */
  readonly cut?: CutText | undefined;
  /** prose: interface font, wraps at words. code: monospace. */
  readonly look: 'prose' | 'code';
  readonly colour?: 'json' | undefined;
  /** Lines and characters shown at first. */
  readonly lines?: number;
  readonly characters?: number;
}

/** Text from a trace: as text, never interpreted; a long one in part, with a button that names how much more there is. */
export function LongText({ text, cut, look, colour, lines, characters }: LongTextProps) {
  return (
    <Clipped text={text} cut={cut} lines={lines} characters={characters}>
      {(shown) => (
        <div className={content[look]}>
          {colour === 'json' && shown.length <= mostColoured ? <JsonText text={shown} /> : shown}
        </div>
      )}
    </Clipped>
  );
}

/** JSON in colours, character for character as it was sent. */
export function JsonText({ text }: { readonly text: string }) {
  return jsonTokens(text).map((token, at) =>
    token.kind === 'space' || token.kind === 'other' ? (
      token.text
    ) : (
      <span key={at} className={styles[token.kind]}>
        {token.text}
      </span>
    ),
  );
}

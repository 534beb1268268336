import { useState } from 'react';
import { classNames } from '../lib/class-names.ts';
import { formatCount, formatQuantity } from '../lib/format.ts';
import { clipText } from './clip-text.ts';
import { jsonTokens } from './json-tokens.ts';
import { LinkButton } from './link.tsx';
import styles from './text.module.css';

/** Characters shown at first; pressing the button shows ten times as many more, so that no press freezes the window. */
const firstCharacters = 20_000;
const moreCharacters = 200_000;
/** Colouring makes an element per token: beyond this much text it is left out. */
const mostColoured = 40_000;

export interface LongTextProps {
  readonly text: string;
  /** prose: interface font, wraps at words. code: monospace. */
  readonly look: 'prose' | 'code';
  readonly colour?: 'json' | undefined;
  /** Lines shown at first. */
  readonly lines?: number;
  readonly characters?: number;
}

/** Text from a trace: as text, never interpreted; a long one in part, with a button that names how much more there is. */
export function LongText({ text, look, colour, lines = 400, characters = firstCharacters }: LongTextProps) {
  const [extra, setExtra] = useState(0);
  const isFirst = extra === 0;
  const clip = clipText(text, characters + extra, isFirst ? lines : Infinity);
  return (
    <>
      <div className={classNames(look === 'code' ? styles.code : styles.prose)}>
        {colour === 'json' && clip.shown.length <= mostColoured ? <JsonText text={clip.shown} /> : clip.shown}
      </div>
      {clip.hiddenCharacters > 0 && (
        <LinkButton className={styles.more} onClick={() => setExtra(extra + moreCharacters)}>
          … {clip.hiddenLines > 1 ? `${formatQuantity(clip.hiddenLines, 'more line')}, ` : ''}
          {formatCount(clip.hiddenCharacters)} more characters
        </LinkButton>
      )}
      {!isFirst && (
        <LinkButton className={styles.more} onClick={() => setExtra(0)}>
          show less
        </LinkButton>
      )}
    </>
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

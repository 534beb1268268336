import type { ReactNode } from 'react';
import { highlightSettings } from '../lib/highlight-settings.ts';
import { CopyButton } from './copy-button.tsx';
import styles from './code-block.module.css';

export interface CodeBlockProps {
  /** What the text is: a file name, `environment`, … */
  readonly title: ReactNode;
  readonly text: string;
  /** Accessible name of the copy button. */
  readonly copyLabel: string;
}

/** One of our own settings texts to copy, under a title. */
export function CodeBlock({ title, text, copyLabel }: CodeBlockProps) {
  return (
    <figure className={styles.block}>
      <figcaption className={styles.title}>
        <span className={styles.name}>{title}</span>
        <CopyButton text={text} label={copyLabel} withWord />
      </figcaption>
      {/* Focusable, so that a wide line can be scrolled with the keyboard. */}
      <pre className={styles.text} tabIndex={0} aria-label={copyLabel.replace(/^Copy /, '')} role="region">
        <code>
          {highlightSettings(text).map((piece, index) =>
            piece.kind === 'plain' ? (
              piece.text
            ) : (
              <span key={index} className={styles[piece.kind]}>
                {piece.text}
              </span>
            ),
          )}
        </code>
      </pre>
    </figure>
  );
}

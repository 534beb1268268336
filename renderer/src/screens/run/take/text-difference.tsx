import { useMemo } from 'react';
import { formatCount } from '../../../lib/format.ts';
import { foldEqual, wordDiff } from '../../../lib/word-diff.ts';
import styles from './text-difference.module.css';

/** Two texts laid over each other by words; long equal stretches are folded. */
export function TextDifference({
  before,
  after,
  label,
}: {
  readonly before: string;
  readonly after: string;
  readonly label: string;
}) {
  const pieces = useMemo(() => foldEqual(wordDiff(before, after)), [before, after]);
  return (
    <p className={styles.difference} aria-label={label} tabIndex={0} role="group">
      {pieces.map((piece, at) => {
        switch (piece.kind) {
          case 'added':
            return <ins key={at}>{piece.text}</ins>;
          case 'removed':
            return <del key={at}>{piece.text}</del>;
          case 'folded':
            return (
              <span key={at} className={styles.folded}>
                {' '}
                ⋯ {formatCount(piece.characters)} equal characters ⋯{' '}
              </span>
            );
          default:
            return <span key={at}>{piece.text}</span>;
        }
      })}
    </p>
  );
}

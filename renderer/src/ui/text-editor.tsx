import { useDeferredValue, useMemo } from 'react';
import { classNames } from '../lib/class-names.ts';
import { formatCount } from '../lib/format.ts';
import { foldEqual, wordDiff } from '../lib/word-diff.ts';
import styles from './text-editor.module.css';

/** Up to here what is new is marked in the text itself; a longer text keeps its own scroll bar and is not laid out twice. */
const markedLength = 30_000;

export interface TextEditorProps {
  /** The accessible name. */
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** The text that it is compared with; absent for a new one. */
  readonly original?: string;
  readonly placeholder?: string | undefined;
  readonly mono?: boolean;
  readonly invalid?: boolean;
  readonly readOnly?: boolean;
  readonly autoFocus?: boolean;
}

/** A text of any length to be edited: what is new is marked in place, what it did to the original is told below it word by word. */
export function TextEditor({
  label,
  value,
  onChange,
  original,
  placeholder,
  mono = false,
  invalid = false,
  readOnly = false,
  autoFocus = false,
}: TextEditorProps) {
  const isLong = value.length > markedLength;
  // Comparing may take longer than a key press: the typing goes first.
  const compared = useDeferredValue(value);
  const pieces = useMemo(
    () => (original === undefined || original === compared ? undefined : wordDiff(original, compared)),
    [original, compared],
  );
  return (
    <div className={styles.editor}>
      <div className={classNames(styles.area, isLong && styles.long, mono && styles.mono)}>
        {!isLong && pieces !== undefined && (
          <div className={styles.marks} aria-hidden>
            {pieces.map((piece, at) =>
              piece.kind === 'removed' ? null : piece.kind === 'added' ? (
                <mark key={at} className={styles.new}>
                  {piece.text}
                </mark>
              ) : (
                <span key={at}>{piece.text}</span>
              ),
            )}
          </div>
        )}
        <textarea
          className={styles.text}
          aria-label={label}
          aria-invalid={invalid}
          value={value}
          placeholder={placeholder}
          spellCheck={false}
          autoComplete="off"
          readOnly={readOnly}
          rows={1}
          ref={autoFocus ? focusOnce : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
      {pieces !== undefined && pieces.some(({ kind }) => kind === 'removed') && (
        <p className={classNames(styles.difference, mono && styles.mono)} aria-label="What changed">
          {foldEqual(pieces).map((piece, at) => {
            switch (piece.kind) {
              case 'added':
                return <ins key={at}>{piece.text}</ins>;
              case 'removed':
                return <del key={at}>{piece.text}</del>;
              case 'folded':
                return (
                  <span key={at} className={styles.folded}>
                    {' '}
                    ⋯ {formatCount(piece.characters)} characters as they were ⋯{' '}
                  </span>
                );
              default:
                return <span key={at}>{piece.text}</span>;
            }
          })}
        </p>
      )}
    </div>
  );
}

function focusOnce(area: HTMLTextAreaElement | null): void {
  area?.focus();
}

import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { DiffBlock, DiffLine, StructureChange } from '../../../shared/model/comparison.ts';
import { classNames } from '../lib/class-names.ts';
import { formatCount, formatQuantity } from '../lib/format.ts';
import { Badge } from './badge.tsx';
import { linesWithin, markedPieces } from './diff-lines.ts';
import { LinkButton } from './link.tsx';
import styles from './diff-block.module.css';

/** Lines and characters drawn at first, and more with each press: a text of a megabyte must not freeze the window. */
const firstLines = 200;
const moreLines = 1_000;
const firstCharacters = 40_000;
/** A single line longer than this is shown in part. */
const longLine = 8_000;

export interface DiffBlockViewProps {
  readonly block: DiffBlock;
  readonly icon?: ReactNode;
  /** Asks for the equal lines that are folded. */
  readonly onUnfold?: (() => void) | undefined;
}

/** One text on both sides, as lines with a sign each; what differs within a line is marked. JSON can also be read by key. */
export function DiffBlockView({ block, icon, onUnfold }: DiffBlockViewProps) {
  const [byKey, setByKey] = useState(false);
  const { structure } = block;
  return (
    <article className={styles.block} aria-label={block.title}>
      <header className={styles.header}>
        {icon}
        <span className={styles.title} title={block.title}>
          {block.title}
        </span>
        <ChangeWord block={block} />
        <span className={styles.space} />
        {structure !== undefined && structure.length > 0 && (
          <LinkButton className={styles.switch} onClick={() => setByKey(!byKey)}>
            {byKey ? 'as lines' : 'by key'}
          </LinkButton>
        )}
        <Counts block={block} />
      </header>
      {block.detail === 'lines' && (
        <p className={styles.note}>
          This text differs in so much that whole lines are compared, not words. Nothing is left out.
        </p>
      )}
      {byKey && structure !== undefined ? (
        <Structure changes={structure} />
      ) : (
        <DiffLines lines={block.lines} onUnfold={onUnfold} />
      )}
    </article>
  );
}

function ChangeWord({ block }: { readonly block: DiffBlock }) {
  switch (block.change) {
    case 'same':
      return <Badge>= same</Badge>;
    case 'ignored':
      return <Badge title="Equal but for what the rules ignore">≈ same, rules applied</Badge>;
    case 'changed':
      return <Badge tone="warn">≠ changed</Badge>;
    case 'added':
      return <Badge tone="ok">+ added</Badge>;
    case 'removed':
      return <Badge tone="error">− removed</Badge>;
    default:
      return assertNever(block.change, 'change');
  }
}

function Counts({ block }: { readonly block: DiffBlock }) {
  if (block.removedLines === 0 && block.addedLines === 0) return null;
  return (
    <span className={styles.counts}>
      <span className="visually-hidden">
        {formatQuantity(block.removedLines, 'line')} removed, {formatQuantity(block.addedLines, 'line')} added
      </span>
      {block.removedLines > 0 && (
        <span className={styles.fewer} aria-hidden>
          −{formatCount(block.removedLines)}
        </span>
      )}
      {block.addedLines > 0 && (
        <span className={styles.more} aria-hidden>
          +{formatCount(block.addedLines)}
        </span>
      )}
    </span>
  );
}

/** Lines with a sign each; a long list in part. */
export function DiffLines({
  lines,
  onUnfold,
}: {
  readonly lines: readonly DiffLine[];
  readonly onUnfold?: (() => void) | undefined;
}) {
  const [extra, setExtra] = useState(0);
  const shown = useMemo(
    () => linesWithin(lines, firstLines + extra, firstCharacters + extra * 100, longLine),
    [lines, extra],
  );
  if (lines.length === 0) return <p className={styles.note}>An empty text on both sides.</p>;
  return (
    <div className={styles.lines}>
      {lines.slice(0, shown).map((line, at) => (
        <Line key={at} line={line} onUnfold={onUnfold} />
      ))}
      {shown < lines.length && (
        <LinkButton className={styles.rest} onClick={() => setExtra(extra + moreLines)}>
          … {formatQuantity(lines.length - shown, 'more line')}
        </LinkButton>
      )}
    </div>
  );
}

function Line({ line, onUnfold }: { readonly line: DiffLine; readonly onUnfold: (() => void) | undefined }) {
  switch (line.op) {
    case 'same':
      return (
        <div className={styles.line}>
          <Sign text=" " />
          <span className={styles.text}>
            <LineText text={line.text} marks={noMarks} />
          </span>
        </div>
      );
    case 'removed':
      return (
        <div className={classNames(styles.line, styles.removed)}>
          <Sign text="−" word="removed:" />
          <del className={styles.text}>
            <LineText text={line.text} marks={line.marks} />
          </del>
        </div>
      );
    case 'added':
      return (
        <div className={classNames(styles.line, styles.added)}>
          <Sign text="+" word="added:" />
          <ins className={styles.text}>
            <LineText text={line.text} marks={line.marks} />
          </ins>
        </div>
      );
    case 'folded':
      return onUnfold === undefined ? (
        <p className={styles.folded}>{formatQuantity(line.lines, 'equal line')}</p>
      ) : (
        <button type="button" className={styles.folded} onClick={onUnfold}>
          {formatQuantity(line.lines, 'equal line')} · show
        </button>
      );
    default:
      return assertNever(line, 'line');
  }
}

const noMarks: readonly (readonly [number, number])[] = [];

function Sign({ text, word }: { readonly text: string; readonly word?: string }) {
  return (
    <span className={styles.sign}>
      {word !== undefined && <span className="visually-hidden">{word}</span>}
      <span aria-hidden>{text}</span>
    </span>
  );
}

function LineText({ text, marks }: { readonly text: string; readonly marks: readonly (readonly [number, number])[] }) {
  const [extra, setExtra] = useState(0);
  const end = Math.min(text.length, longLine + extra);
  return (
    <>
      {markedPieces(text, marks, end).map((piece, at) =>
        piece.marked ? (
          <mark key={at} className={styles.mark}>
            {piece.text}
          </mark>
        ) : (
          piece.text
        ),
      )}
      {end < text.length && (
        <LinkButton className={styles.rest} onClick={() => setExtra(extra + longLine * 10)}>
          … {formatCount(text.length - end)} more characters
        </LinkButton>
      )}
    </>
  );
}

const mostChanges = 200;

/** What differs inside the JSON, path by path. */
function Structure({ changes }: { readonly changes: readonly StructureChange[] }) {
  const [shown, setShown] = useState(mostChanges);
  return (
    <dl className={styles.structure}>
      {changes.slice(0, shown).map((change, at) => (
        <div key={at} className={styles.entry}>
          <dt>{change.path === '' ? 'the whole value' : change.path}</dt>
          <dd>
            {change.before !== undefined && (
              <div className={classNames(styles.line, styles.removed)}>
                <Sign text="−" word="removed:" />
                <del className={styles.text}>
                  <LineText text={change.before} marks={noMarks} />
                </del>
              </div>
            )}
            {change.after !== undefined && (
              <div className={classNames(styles.line, styles.added)}>
                <Sign text="+" word="added:" />
                <ins className={styles.text}>
                  <LineText text={change.after} marks={noMarks} />
                </ins>
              </div>
            )}
          </dd>
        </div>
      ))}
      {shown < changes.length && (
        <LinkButton className={styles.rest} onClick={() => setShown(shown + mostChanges * 5)}>
          … {formatQuantity(changes.length - shown, 'more key')}
        </LinkButton>
      )}
    </dl>
  );
}

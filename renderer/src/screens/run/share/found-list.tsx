import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { OwnRules, RedactedValue, RedactionKind, RedactionReport } from '../../../../../shared/model/redaction.ts';
import { classNames } from '../../../lib/class-names.ts';
import { formatCount, formatQuantity } from '../../../lib/format.ts';
import { LinkButton } from '../../../ui/link.tsx';
import { OwnRulesEditor } from './own-rules-editor.tsx';
import { isReplaced, kindRows, withKind, withValue } from './share-choice.ts';
import type { KindRow, ShareChoice } from './share-choice.ts';
import styles from './share.module.css';

export interface FoundListProps {
  readonly report: RedactionReport;
  readonly choice: ShareChoice;
  readonly own: OwnRules;
  readonly onChoice: (choice: ShareChoice) => void;
  readonly structureOnly: boolean;
  readonly onStructureOnly: (structureOnly: boolean) => void;
  /** Goes to where the value stands first. */
  readonly onShow: (value: RedactedValue) => void;
}

/** What was found, by kind and by value; what is not ticked is left as it is. */
export function FoundList(props: FoundListProps) {
  const { report, choice, own, onChoice, structureOnly, onStructureOnly, onShow } = props;
  const rows = kindRows(choice, report);
  const found = rows.reduce((sum, { count }) => sum + count, 0);
  return (
    <section className={styles.found} aria-label="What was found">
      <h2 className={styles.caption}>
        Found · {formatCount(found)} in {formatQuantity(report.steps, 'step')}
      </h2>
      <ul className={styles.kinds}>
        {rows.map((row) => (
          <Kind
            key={row.kind}
            row={row}
            choice={choice}
            onKind={(on) => onChoice(withKind(choice, row.kind, on, report.values))}
            onValue={(value, on) => onChoice(withValue(choice, value, on, report.values))}
            onShow={onShow}
          />
        ))}
      </ul>
      {report.valuesLeftOut > 0 && (
        <p className={styles.quiet}>
          {formatQuantity(report.valuesLeftOut, 'place')} of values beyond {formatCount(report.values.length)} are not
          in the list: they follow their kind.
        </p>
      )}
      <div className={styles.switches}>
        <label className={styles.check}>
          <input type="checkbox" checked={structureOnly} onChange={(event) => onStructureOnly(event.target.checked)} />{' '}
          Structure only, no content
        </label>
        <label className={classNames(styles.check, (structureOnly || report.notSearched === 0) && styles.none)}>
          <input
            type="checkbox"
            checked={structureOnly || !choice.withMedia}
            disabled={structureOnly || report.notSearched === 0}
            onChange={(event) => onChoice({ ...choice, withMedia: !event.target.checked })}
          />{' '}
          Drop images and files{' '}
          <span className={styles.quiet}>
            {report.notSearched === 0 ? '(none)' : `(${formatCount(report.notSearched)}, not searched)`}
          </span>
        </label>
      </div>
      <OwnRulesEditor own={own} />
    </section>
  );
}

const shownAtOnce = 50;

interface KindProps {
  readonly row: KindRow;
  readonly choice: ShareChoice;
  readonly onKind: (on: boolean) => void;
  readonly onValue: (value: RedactedValue, on: boolean) => void;
  readonly onShow: (value: RedactedValue) => void;
}

function Kind({ row, choice, onKind, onValue, onShow }: KindProps) {
  const { kind, label, count, state, values } = row;
  const [open, setOpen] = useState(false);
  const [limit, setLimit] = useState(shownAtOnce);
  const id = `share-${kind}`;
  return (
    <li>
      <div className={classNames(styles.kind, count === 0 && styles.none)}>
        <input
          id={id}
          type="checkbox"
          checked={state !== 'none'}
          ref={(box) => {
            if (box) box.indeterminate = state === 'some';
          }}
          onChange={() => onKind(state !== 'all')}
        />
        <label className={styles.kindLabel} htmlFor={id}>
          <Dot kind={kind} /> {label}
        </label>
        <span className={styles.count}>{formatCount(count)}</span>
        {values.length > 0 ? (
          <button
            type="button"
            className={styles.open}
            aria-expanded={open}
            aria-label={`${label}: ${formatQuantity(values.length, 'value')}`}
            onClick={() => setOpen(!open)}
          >
            <ChevronRight aria-hidden />
          </button>
        ) : (
          <span className={styles.open} />
        )}
      </div>
      {open && (
        <ul className={styles.values}>
          {values.slice(0, limit).map((value) => (
            <li key={value.value} className={styles.value}>
              <input
                type="checkbox"
                aria-label={`Replace ${value.value.slice(0, 200)}`}
                checked={isReplaced(choice, value)}
                onChange={(event) => onValue(value, event.target.checked)}
              />
              <button
                type="button"
                className={styles.show}
                title={value.value.slice(0, 400)}
                onClick={() => onShow(value)}
              >
                <span className={styles.name}>{value.name}</span> {value.value.slice(0, 120)}
              </button>
              <span className={styles.count}>{formatCount(value.count)}</span>
            </li>
          ))}
          {values.length > limit && (
            <li>
              <LinkButton look="text" onClick={() => setLimit(limit + 10 * shownAtOnce)}>
                {formatCount(values.length - limit)} more
              </LinkButton>
            </li>
          )}
        </ul>
      )}
    </li>
  );
}

function Dot({ kind }: { readonly kind: RedactionKind }) {
  return <span className={styles.dot} data-kind={kind} aria-hidden />;
}

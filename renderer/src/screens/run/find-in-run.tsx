import { Search } from 'lucide-react';
import { useDeferredValue, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { classNames } from '../../lib/class-names.ts';
import { messageOf } from '../../lib/error-message.ts';
import { useSearchInRun } from '../../session/queries.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { KindIcon } from '../../ui/kind-icon.tsx';
import { TextField } from '../../ui/text-field.tsx';
import styles from './find-in-run.module.css';

export interface FindInRunProps {
  readonly runId: string;
  readonly initialText: string;
  readonly onPick: (index: number) => void;
  readonly onClose: () => void;
}

/** Finds text anywhere in this run, payloads included, and leads to the step that holds it. */
export function FindInRun({ runId, initialText, onPick, onClose }: FindInRunProps) {
  const [text, setText] = useState(initialText);
  const [active, setActive] = useState(0);
  const inputRef = useRef<HTMLInputElement>(null);
  const query = useDeferredValue(text.trim());
  const { data, error, isFetching } = useSearchInRun(runId, query, 100);
  const hits = query === '' ? [] : (data?.hits ?? []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setActive(Math.min(Math.max(active + (event.key === 'ArrowDown' ? 1 : -1), 0), Math.max(hits.length - 1, 0)));
    }
    const hit = hits[active];
    if (event.key === 'Enter' && hit !== undefined) onPick(hit.step);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="Find in this run"
      initialFocus={inputRef}
    >
      <div className={styles.find}>
        <TextField
          ref={inputRef}
          label="Text in messages, arguments, results and names"
          placeholder="Text in messages, arguments, results and names"
          icon={<Search />}
          value={text}
          onChange={(next) => {
            setText(next);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
        />
        {error !== null && (
          <p className={styles.problem} role="alert">
            The search failed: {messageOf(error)}
          </p>
        )}
        {query !== '' && error === null && hits.length === 0 && !isFetching && (
          <p className={styles.hint} role="status">
            Nothing found{data?.indexing === true ? ' yet: this run is still being indexed.' : '.'}
          </p>
        )}
        {hits.length > 0 && data?.indexing === true && (
          <p className={styles.hint} role="status">
            Still indexing: there may be more.
          </p>
        )}
        <ul className={styles.hits} aria-label="Found">
          {hits.map((hit, at) => (
            <li key={`${hit.step} ${at}`}>
              <button
                type="button"
                className={classNames(styles.hit, at === active && styles.active)}
                onClick={() => onPick(hit.step)}
              >
                <KindIcon kind={hit.kind} size="small" />
                <span className={styles.step}>
                  {hit.step} · {hit.name}
                </span>
                <span className={styles.excerpt}>{hit.excerpt}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Dialog>
  );
}

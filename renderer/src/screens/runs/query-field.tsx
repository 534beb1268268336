import { Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import { printQuery } from '../../../../shared/query/print-query.ts';
import { longestQuery } from '../../../../shared/query/query.ts';
import type { QueryTerm } from '../../../../shared/query/query.ts';
import { useCommands } from '../../session/commands.ts';
import { useQueryAssist } from '../../session/use-query-assist.ts';
import { startWork } from '../../session/work-in-progress.ts';
import { ColouredInput, colouredText } from '../../ui/coloured-input.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { QueryAssistLine } from '../../ui/query-assist.tsx';
import { fieldsIn, mergeTerms, wordsIn } from './query-terms.ts';
import styles from './query-field.module.css';

export interface QueryFieldProps {
  readonly terms: readonly QueryTerm[];
  readonly onTerms: (terms: readonly QueryTerm[]) => void;
  /** A text in the address that is no query. */
  readonly broken: string | undefined;
  /** What is being edited from the start. */
  readonly initialDraft: string | undefined;
  readonly onEdited: () => void;
}

const typingPauseMs = 180;

/** Where a query is typed: words filter while they are typed, and fields become chips with Enter. */
export function QueryField({ terms, onTerms, broken, initialDraft, onEdited }: QueryFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState(initialDraft);
  // The chips that were there when typing began: what is typed is added to them.
  const [base, setBase] = useState<readonly QueryTerm[]>(() => fieldsIn(terms));
  const [cursor, setCursor] = useState(0);
  const [isFocused, setFocused] = useState(false);
  const [isSettled, setSettled] = useState(true);
  const text = draft ?? broken ?? printQuery({ terms: wordsIn(terms) });
  const assist = useQueryAssist(text, cursor);
  const wantedCursor = useRef<number>(undefined);
  useCommands([{ id: 'runs.search', run: () => input.current?.select() }]);

  useEffect(() => {
    if (initialDraft !== undefined) input.current?.focus();
  }, [initialDraft]);
  useEffect(() => {
    if (wantedCursor.current === undefined) return;
    input.current?.setSelectionRange(wantedCursor.current, wantedCursor.current);
    wantedCursor.current = undefined;
  });
  useEffect(() => {
    if (draft === undefined || isSettled) return undefined;
    const done = startWork('typing');
    const timer = setTimeout(() => {
      setSettled(true);
      const parsed = parseQuery(draft);
      // Words filter as they are typed; a field may not be all there yet.
      if (parsed.ok) onTerms(mergeTerms(base, wordsIn(parsed.query.terms)));
      done();
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      done();
    };
  }, [draft, isSettled, base, onTerms]);

  const edit = (next: string, at: number) => {
    if (draft === undefined) setBase(fieldsIn(terms));
    setDraft(next);
    setCursor(at);
    setSettled(false);
  };
  const apply = () => {
    if (draft === undefined) return;
    const parsed = parseQuery(draft);
    // What says nothing stays, with what is wrong with it.
    if (!parsed.ok) {
      setSettled(true);
      return;
    }
    setDraft(undefined);
    onEdited();
    onTerms(mergeTerms(base, parsed.query.terms));
  };
  const clear = () => {
    setDraft(undefined);
    onEdited();
    onTerms(draft === undefined ? fieldsIn(terms) : base);
  };
  const put = (next: { readonly text: string; readonly cursor: number }) => {
    wantedCursor.current = next.cursor;
    edit(next.text, next.cursor);
    input.current?.focus();
  };
  const [offer] = assist.completions;
  const tabTakes = offer !== undefined && /\S$/.test(text.slice(0, cursor));
  const problem = isSettled ? assist.problem : undefined;
  const isOpen = isFocused && (problem !== undefined || (draft !== undefined && assist.completions.length > 0));
  return (
    <div
      className={styles.place}
      onFocus={() => setFocused(true)}
      onBlur={(event) => {
        if (event.currentTarget.contains(event.relatedTarget)) return;
        setFocused(false);
        apply();
      }}
    >
      <div className={styles.box} data-invalid={problem !== undefined}>
        <Search aria-hidden />
        <ColouredInput segments={assist.segments}>
          <input
            ref={input}
            className={`${styles.input ?? ''} ${colouredText}`}
            aria-label="Filter runs"
            aria-invalid={problem !== undefined}
            placeholder="Filter, or status:error cost>0.1"
            autoComplete="off"
            spellCheck={false}
            maxLength={longestQuery}
            value={text}
            onChange={(event) => edit(event.target.value, event.target.selectionStart ?? event.target.value.length)}
            onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? text.length)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') apply();
              if (event.key === 'Tab' && !event.shiftKey && tabTakes && isOpen) {
                event.preventDefault();
                put(assist.completed(offer));
              }
              if (event.key === 'Escape') {
                clear();
                event.currentTarget.blur();
              }
            }}
          />
        </ColouredInput>
        {text === '' ? (
          <Kbd keys="/" />
        ) : (
          <IconButton label="Clear the text" icon={<X />} size="small" onClick={clear} />
        )}
      </div>
      {isOpen && (
        <div className={styles.assist}>
          <QueryAssistLine
            offers={assist.completions}
            onOffer={(at) => {
              const chosen = assist.completions[at];
              if (chosen !== undefined) put(assist.completed(chosen));
            }}
            tabTakes={tabTakes}
            problem={problem}
            onFix={(fixed) => put({ text: fixed, cursor: fixed.length })}
          />
        </div>
      )}
    </div>
  );
}

import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import type { BaseUIEvent } from '@base-ui/react/types';
import { CornerDownLeft, Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import { showToast } from '../../lib/toasts.ts';
import { nameFor, saveView } from '../../session/saved-views.ts';
import { ColouredInput, colouredText } from '../../ui/coloured-input.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { LinkButton } from '../../ui/link.tsx';
import { QueryAssistLine } from '../../ui/query-assist.tsx';
import { ItemRow, SectionLabel } from './item-row.tsx';
import { chooseItem } from './palette-items.ts';
import type { Item, Section } from './palette-items.ts';
import { usePaletteSearch } from './use-palette-search.ts';
import styles from './palette.module.css';

export interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** One box for everything: runs and steps by a query, and every command that works here. */
export function Palette({ open, onOpenChange }: PaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup} aria-label="Search and commands">
          <PaletteBody onClose={() => onOpenChange(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteBody({ onClose }: { readonly onClose: () => void }) {
  const [typed, setTyped] = useState({ text: '', cursor: 0 });
  const { text } = typed;
  const search = usePaletteSearch(text, typed.cursor);
  const { assist, sections, query, isSettling } = search;
  const input = useRef<HTMLInputElement>(null);
  const wantedCursor = useRef<number>(undefined);
  useEffect(() => {
    if (wantedCursor.current === undefined) return;
    input.current?.setSelectionRange(wantedCursor.current, wantedCursor.current);
    input.current?.focus();
    wantedCursor.current = undefined;
  });
  const put = (next: { readonly text: string; readonly cursor: number }) => {
    wantedCursor.current = next.cursor;
    setTyped(next);
  };

  const choose = (item: Item) => {
    onClose();
    chooseItem(item);
  };

  // Typed faster than found: Enter means what will be found, not what still stands there from before.
  const wantsFirst = useRef(false);
  useEffect(() => {
    if (!wantsFirst.current || isSettling) return;
    wantsFirst.current = false;
    const first = sections[0]?.items[0];
    if (first !== undefined) choose(first);
  });
  // A key is completed once a part of it is typed; before that Tab goes on to what can be added.
  const [offer] = assist.completions;
  const tabTakes = offer !== undefined && /\S$/.test(text.slice(0, typed.cursor));
  const onKeyDown = (event: BaseUIEvent<KeyboardEvent>) => {
    if (event.key === 'Tab' && !event.shiftKey && tabTakes) {
      event.preventDefault();
      put(assist.completed(offer));
    }
    if (event.key !== 'Enter' || !isSettling) return;
    event.preventDefault();
    event.preventBaseUIHandler();
    wantsFirst.current = true;
  };

  return (
    <Autocomplete.Root
      items={sections.map((section) => ({ value: section.value, items: [...section.items] }))}
      itemToStringValue={(item: Item) => item.key}
      value={text}
      onValueChange={(next, details) => {
        // Choosing an item would write its name into the box.
        if (details.reason === 'item-press') return;
        wantsFirst.current = false;
        setTyped({ text: next, cursor: input.current?.selectionStart ?? next.length });
      }}
      filter={null}
      mode="none"
      open
      inline
      autoHighlight="always"
      keepHighlight
    >
      <div className={styles.field}>
        <Search aria-hidden />
        <ColouredInput segments={assist.segments}>
          <Autocomplete.Input
            ref={input}
            className={`${styles.input ?? ''} ${colouredText}`}
            placeholder="Search runs, steps, messages, commands…"
            aria-label="Search runs, steps, messages and commands"
            maxLength={1_000}
            spellCheck={false}
            onKeyDown={onKeyDown}
            onSelect={() => {
              const cursor = input.current?.selectionStart ?? text.length;
              if (cursor !== typed.cursor) setTyped({ text, cursor });
            }}
          />
        </ColouredInput>
        {search.found !== undefined && (
          <span className={styles.count} role="status">
            {search.found}
          </span>
        )}
        <Kbd keys="Escape" />
      </div>
      {text.trim() !== '' && (
        <QueryAssistLine
          offers={assist.completions}
          onOffer={(at) => {
            const chosen = assist.completions[at];
            if (chosen !== undefined) put(assist.completed(chosen));
          }}
          tabTakes={tabTakes}
          problem={search.problem}
          onFix={(fixed) => put({ text: fixed, cursor: fixed.length })}
        >
          {query !== '' && search.problem === undefined && (
            <LinkButton
              onClick={() => {
                const name = nameFor(query);
                const problem = saveView({ name, query });
                showToast(
                  problem === undefined
                    ? { title: 'Saved as a view', text: `“${name}” stands above the runs list.` }
                    : { tone: 'error', title: 'The view was not saved', text: problem },
                );
              }}
            >
              save as view
            </LinkButton>
          )}
        </QueryAssistLine>
      )}
      <div className={styles.results}>
        <Autocomplete.Empty>
          {query !== '' && !search.isFetching && search.problem === undefined && (
            <p className={styles.empty}>Nothing matches “{query}”.</p>
          )}
        </Autocomplete.Empty>
        <Autocomplete.List>
          {(section: Section) => (
            <Autocomplete.Group key={section.value} items={[...section.items]} className={styles.group}>
              <Autocomplete.GroupLabel className={styles.groupLabel}>
                <SectionLabel section={sections.find(({ value }) => value === section.value) ?? section} />
              </Autocomplete.GroupLabel>
              <Autocomplete.Collection>
                {(item: Item) => (
                  <Autocomplete.Item key={item.key} value={item} className={styles.item} onClick={() => choose(item)}>
                    <ItemRow item={item} />
                  </Autocomplete.Item>
                )}
              </Autocomplete.Collection>
            </Autocomplete.Group>
          )}
        </Autocomplete.List>
      </div>
      <p className={styles.foot}>
        <CornerDownLeft aria-hidden /> opens · each text stands where it was first sent
        {search.isIndexing ? ' · still indexing: more may follow' : ''}
      </p>
    </Autocomplete.Root>
  );
}

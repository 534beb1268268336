import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import type { BaseUIEvent } from '@base-ui/react/types';
import { Command, CornerDownLeft, Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { CommandInfo } from '../../../../shared/commands.ts';
import type { RunSummary, SearchHit } from '../../../../shared/contract.ts';
import { runLocation } from '../../../../shared/location.ts';
import { formatAgo } from '../../lib/format.ts';
import { useNow } from '../../lib/use-now.ts';
import { canRun, runCommand, useAvailableCommands } from '../../session/commands.ts';
import { navigate } from '../../session/location-store.ts';
import { useRunsByName, useSearch } from '../../session/queries.ts';
import { useDebounced } from '../../session/use-debounced.ts';
import { Kbd } from '../../ui/kbd.tsx';
import { KindIcon } from '../../ui/kind-icon.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { isMeant, matchCommands } from './match-commands.ts';
import styles from './palette.module.css';

export interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

type Item =
  | { readonly type: 'run'; readonly key: string; readonly run: RunSummary }
  | { readonly type: 'hit'; readonly key: string; readonly run: RunSummary; readonly hit: SearchHit }
  | { readonly type: 'command'; readonly key: string; readonly command: CommandInfo };

interface Section {
  readonly value: string;
  readonly items: readonly Item[];
}

/** A command whose title begins like the query stands before the text that was found. */
const meantShown = 3;
const othersShown = 8;
const typingPauseMs = 120;

/** One box for everything: runs by name, steps and messages by their text, and every command that works here. */
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
  const [text, setText] = useState('');
  const query = useDebounced(text.trim(), typingPauseMs);
  const commands = useAvailableCommands();
  const runs = useRunsByName(query);
  const search = useSearch(query, 20, 3);

  const found = matchCommands(
    commands.filter((command) => command.id !== 'palette.open' && canRun(command.id)),
    text,
  );
  const meant = query === '' ? [] : found.filter((command) => isMeant(command, query)).slice(0, meantShown);
  const others = query === '' ? found : found.filter((command) => !meant.includes(command)).slice(0, othersShown);
  const sections: readonly Section[] = [
    { value: 'Commands', items: meant.map(commandItem) },
    {
      value: query === '' ? 'Latest runs' : 'Runs',
      items: (runs.data ?? []).map((run) => ({ type: 'run' as const, key: `run ${run.id}`, run })),
    },
    {
      value:
        search.data?.indexing === true
          ? 'In steps and messages (still indexing: more may follow)'
          : 'In steps and messages',
      items:
        query === ''
          ? []
          : (search.data?.runs ?? []).flatMap(({ run, hits }) =>
              hits.map((hit) => ({ type: 'hit' as const, key: `hit ${run.id} ${hit.step}`, run, hit })),
            ),
    },
    { value: query === '' ? 'Commands' : 'More commands', items: others.map(commandItem) },
  ].filter((section) => section.items.length > 0);

  const choose = (item: Item) => {
    onClose();
    switch (item.type) {
      case 'run':
        navigate(runLocation(item.run.id));
        return;
      case 'hit':
        navigate(runLocation(item.run.id, { step: item.hit.step }));
        return;
      case 'command':
        runCommand(item.command.id);
        return;
      default:
        item satisfies never;
    }
  };

  // Typed faster than found: Enter means what will be found, not what still stands there from before.
  const isSettling =
    text.trim() !== query ||
    (query !== '' &&
      (runs.isPlaceholderData || search.isPlaceholderData || (sections.length === 0 && search.isFetching)));
  const wantsFirst = useRef(false);
  useEffect(() => {
    if (!wantsFirst.current || isSettling) return;
    wantsFirst.current = false;
    const first = sections[0]?.items[0];
    if (first !== undefined) choose(first);
  });
  const onKeyDown = (event: BaseUIEvent<KeyboardEvent>) => {
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
        setText(next);
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
        <Autocomplete.Input
          className={styles.input}
          placeholder="Search runs, steps, messages, commands…"
          aria-label="Search runs, steps, messages and commands"
          maxLength={1_000}
          spellCheck={false}
          onKeyDown={onKeyDown}
        />
        <Kbd keys="Escape" />
      </div>
      <div className={styles.results}>
        <Autocomplete.Empty>
          {query !== '' && !search.isFetching && !runs.isFetching && (
            <p className={styles.empty}>Nothing matches “{query}”.</p>
          )}
        </Autocomplete.Empty>
        <Autocomplete.List>
          {(section: Section) => (
            <Autocomplete.Group key={section.value} items={[...section.items]} className={styles.group}>
              <Autocomplete.GroupLabel className={styles.groupLabel}>{section.value}</Autocomplete.GroupLabel>
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
        <CornerDownLeft aria-hidden /> opens · runs and payloads are searched as full text
      </p>
    </Autocomplete.Root>
  );
}

function commandItem(command: CommandInfo): Item {
  return { type: 'command', key: `command ${command.id}`, command };
}

function ItemRow({ item }: { readonly item: Item }) {
  const now = useNow(60_000);
  switch (item.type) {
    case 'run':
      return (
        <>
          <StatusMark status={item.run.status} />
          <span className={styles.main}>{item.run.name}</span>
          {item.run.agent !== undefined && <span className={styles.quiet}>{item.run.agent}</span>}
          <span className={styles.quiet}>{formatAgo(item.run.startedAt, now)}</span>
        </>
      );
    case 'hit':
      return (
        <>
          <KindIcon kind={item.hit.kind} />
          <span className={styles.hit}>
            <span className={styles.main}>{item.hit.excerpt}</span>
            <span className={styles.where}>
              {item.run.name} › {item.hit.step} · {item.hit.name}
            </span>
          </span>
        </>
      );
    case 'command':
      return (
        <>
          <Command aria-hidden className={styles.commandIcon} />
          <span className={styles.main}>{item.command.title}</span>
          <span className={styles.quiet}>{item.command.group}</span>
          {item.command.keys[0] !== undefined && <Kbd keys={item.command.keys[0]} />}
        </>
      );
    default:
      return item satisfies never;
  }
}

import { Filter, Plus } from 'lucide-react';
import { useState } from 'react';
import type { RunFilter } from '../../../../shared/location.ts';
import { useCommands } from '../../session/commands.ts';
import { useQueryNames } from '../../session/queries.ts';
import { Chip } from '../../ui/chip.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { Menu } from '../../ui/menu.tsx';
import { filterEntries, valueWord } from './filter-entries.ts';
import { QueryField } from './query-field.tsx';
import { fieldsIn, filterOf, termsOf, termWords, wordsIn } from './query-terms.ts';
import styles from './filter-bar.module.css';

export interface FilterBarProps {
  readonly filter: RunFilter;
  readonly onFilter: (filter: RunFilter) => void;
}

/** A query as text, as chips, and as the menu that makes chips: one and the same, in the address bar. */
export function FilterBar({ filter, onFilter }: FilterBarProps) {
  const [menuOpen, setMenuOpen] = useState(false);
  const [editing, setEditing] = useState<string>();
  const { data: names } = useQueryNames();
  const read = termsOf(filter);
  const terms = read ?? [];
  const change = (next: typeof terms) => onFilter(filterOf(next));
  const entries = filterEntries(terms, change, names ?? {});
  useCommands([
    { id: 'runs.filter', run: () => setMenuOpen(true) },
    { id: 'runs.clear-filters', run: () => onFilter({}), when: () => read === undefined || terms.length > 0 },
  ]);
  return (
    <div className={styles.bar}>
      <QueryField
        // A chip that is edited becomes text again.
        key={editing}
        initialDraft={editing}
        broken={read === undefined ? filter.text : undefined}
        terms={terms}
        onTerms={change}
        onEdited={() => setEditing(undefined)}
      />
      {fieldsIn(terms).map((term, at) => {
        const words = termWords(term, valueWord);
        const without = () => change(terms.filter((other) => other !== term));
        const own = term.isNegated ? undefined : entries.find(({ id }) => id === term.key)?.entries;
        const chip = (
          <Chip
            icon={<Filter />}
            onRemove={without}
            removeLabel={`Remove the filter ${words.name} ${words.relation} ${words.value}`}
            {...(own === undefined
              ? {
                  onClick: () => {
                    without();
                    setEditing(filterOf([term, ...wordsIn(terms)]).text);
                  },
                }
              : {})}
          >
            {words.name} <b>{words.relation}</b> {words.value}
          </Chip>
        );
        const key = `${at} ${term.key}`;
        return own === undefined ? <span key={key}>{chip}</span> : <Menu key={key} entries={own} trigger={chip} />;
      })}
      <Menu
        open={menuOpen}
        onOpenChange={setMenuOpen}
        entries={entries}
        trigger={
          <Chip dashed icon={<Plus />} className={styles.add}>
            Filter <Kbd keys="f" />
          </Chip>
        }
      />
    </div>
  );
}

import { ListFilter, MoreHorizontal, Plus } from 'lucide-react';
import { useState } from 'react';
import type { RunFilter } from '../../../../shared/location.ts';
import { classNames } from '../../lib/class-names.ts';
import { showToast } from '../../lib/toasts.ts';
import {
  chooseView,
  deleteView,
  nameFor,
  renameView,
  saveView,
  useChosenView,
  useSavedViews,
} from '../../session/saved-views.ts';
import type { SavedView } from '../../session/saved-views.ts';
import { Button } from '../../ui/button.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { filterOf, termsOf } from './query-terms.ts';
import styles from './views-bar.module.css';

export interface ViewsBarProps {
  readonly filter: RunFilter;
  readonly onFilter: (filter: RunFilter) => void;
}

/** Queries with a name, above the list; nothing while there is none and nothing to save. */
export function ViewsBar({ filter, onFilter }: ViewsBarProps) {
  const views = useSavedViews();
  const chosen = useChosenView();
  const [naming, setNaming] = useState<string>();
  const terms = termsOf(filter);
  const query = terms === undefined ? undefined : (filterOf(terms).text ?? '');
  const same = views.find((view) => view.query === query);
  const active = same ?? (query === '' ? undefined : views.find(({ name }) => name === chosen));
  if (views.length === 0 && (query === undefined || query === '')) return null;
  const open = (view: SavedView | undefined) => {
    chooseView(view?.name);
    onFilter(view === undefined ? {} : { text: view.query });
  };
  const save = (name: string) => {
    if (query === undefined || query === '') return;
    const problem = saveView({ name, query });
    if (problem === undefined) chooseView(name);
    else showToast({ tone: 'error', title: 'The view was not saved', text: problem });
  };
  return (
    <nav className={styles.bar} aria-label="Saved views">
      <button
        type="button"
        className={classNames(styles.view, query === '' && styles.active)}
        aria-current={query === ''}
        onClick={() => open(undefined)}
      >
        All runs
      </button>
      {views.map((view) =>
        naming === view.name ? (
          <NameField
            key={view.name}
            name={view.name}
            onDone={(next) => {
              setNaming(undefined);
              if (next === undefined || next === view.name) return;
              renameView(view.name, next);
              if (chosen === view.name) chooseView(next);
            }}
          />
        ) : (
          <span key={view.name} className={classNames(styles.view, active === view && styles.active)}>
            <button
              type="button"
              className={styles.name}
              aria-current={active === view}
              title={view.query}
              onClick={() => open(view)}
            >
              <ListFilter aria-hidden /> {view.name}
              {active === view && same !== view && <span className={styles.changed}>changed</span>}
            </button>
            <Menu
              trigger={<IconButton label={`More about the view ${view.name}`} icon={<MoreHorizontal />} size="small" />}
              entries={[
                ...(active === view && same !== view
                  ? [
                      {
                        type: 'action' as const,
                        id: 'update',
                        label: 'Save what is asked for now',
                        run: () => save(view.name),
                      },
                      { type: 'action' as const, id: 'reset', label: 'Back to what was saved', run: () => open(view) },
                    ]
                  : []),
                { type: 'action', id: 'rename', label: 'Rename…', run: () => setNaming(view.name) },
                {
                  type: 'action',
                  id: 'delete',
                  label: 'Delete',
                  run: () => {
                    const restore = deleteView(view.name);
                    showToast({
                      title: `The view “${view.name}” is deleted`,
                      text: 'The runs stay as they are.',
                      action: { label: 'Undo', run: restore },
                    });
                  },
                },
              ]}
            />
          </span>
        ),
      )}
      {query !== undefined && query !== '' && same === undefined && (
        <Button
          size="small"
          look="ghost"
          icon={<Plus />}
          onClick={() => {
            const name = nameFor(query);
            save(name);
            setNaming(name);
          }}
        >
          Save as view
        </Button>
      )}
    </nav>
  );
}

function NameField({ name, onDone }: { readonly name: string; readonly onDone: (name: string | undefined) => void }) {
  const [text, setText] = useState(name);
  return (
    <TextField
      label="Name of the view"
      className={styles.field}
      value={text}
      maxLength={100}
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onChange={setText}
      onBlur={() => onDone(text.trim() === '' ? undefined : text.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') onDone(undefined);
      }}
    />
  );
}

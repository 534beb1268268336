import { Filter, Plus, Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { RunFilter } from '../../../../shared/location.ts';
import { findingKinds } from '../../../../shared/model/finding.ts';
import { findingKindWord } from '../../lib/finding-words.ts';
import { formatDuration, formatMoney } from '../../lib/format.ts';
import { useCommands } from '../../session/commands.ts';
import { useRunsFacets } from '../../session/queries.ts';
import { startWork } from '../../session/work-in-progress.ts';
import { Chip } from '../../ui/chip.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { MenuEntry } from '../../ui/menu.tsx';
import { statusWord } from '../../ui/status-mark.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { cleanFilter, isEmptyFilter, mergeFilters, parseQuery, statuses } from './filter-query.ts';
import styles from './filter-bar.module.css';

export interface FilterBarProps {
  readonly filter: RunFilter;
  readonly onFilter: (filter: RunFilter) => void;
}

/** Text, chips, and the menu that makes chips; all of it is one filter in the address bar. */
export function FilterBar({ filter, onFilter }: FilterBarProps) {
  const [menuOpen, setMenuOpen] = useState(false);
  const { data: facets } = useRunsFacets();
  const change = (patch: RunFilter) => onFilter(cleanFilter({ ...filter, ...patch }));
  const entries = filterEntries(filter, change, facets?.agents ?? [], facets?.models ?? []);
  useCommands([
    { id: 'runs.filter', run: () => setMenuOpen(true) },
    { id: 'runs.clear-filters', run: () => onFilter({}), when: () => !isEmptyFilter(filter) },
  ]);

  return (
    <div className={styles.bar}>
      <TextFilter filter={filter} onFilter={onFilter} />
      {chipsOf(filter).map((chip) => (
        <Menu
          key={chip.key}
          entries={entries.find((entry) => entry.id === chip.key)?.entries ?? []}
          trigger={
            <Chip
              icon={<Filter />}
              onRemove={() => change({ [chip.key]: undefined })}
              removeLabel={`Remove the filter ${chip.name} ${chip.relation} ${chip.value}`}
            >
              {chip.name} <b>{chip.relation}</b> {chip.value}
            </Chip>
          }
        />
      ))}
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

const typingPauseMs = 180;

/** Free words filter while they are typed; `status:failed`, `cost>0.1` and the like become chips with Enter. */
function TextFilter({ filter, onFilter }: FilterBarProps) {
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<string>();
  const text = draft ?? filter.text ?? '';
  useCommands([{ id: 'runs.search', run: () => input.current?.select() }]);

  useEffect(() => {
    if (draft === undefined) return undefined;
    const done = startWork('typing');
    const timer = setTimeout(() => {
      onFilter(cleanFilter({ ...filter, text: parseQuery(draft).filter.text }));
      done();
    }, typingPauseMs);
    return () => {
      clearTimeout(timer);
      done();
    };
    // Only typing starts the pause: `filter` and `onFilter` are as of the keystroke.
  }, [draft, filter, onFilter]);

  const apply = () => {
    const { filter: query } = parseQuery(text);
    setDraft(undefined);
    onFilter(mergeFilters(filter, query));
  };

  return (
    <TextField
      ref={input}
      label="Filter runs"
      className={styles.text}
      icon={<Search />}
      placeholder="Filter, or status:failed cost>0.1"
      value={text}
      maxLength={1_000}
      onChange={setDraft}
      onBlur={() => {
        if (draft !== undefined) apply();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter') apply();
        if (event.key === 'Escape') {
          setDraft(undefined);
          onFilter(cleanFilter({ ...filter, text: undefined }));
          event.currentTarget.blur();
        }
      }}
      trailing={
        text === '' ? (
          <Kbd keys="/" />
        ) : (
          <IconButton
            label="Clear the text"
            icon={<X />}
            size="small"
            onClick={() => {
              setDraft(undefined);
              onFilter(cleanFilter({ ...filter, text: undefined }));
            }}
          />
        )
      }
    />
  );
}

interface FilterChip {
  readonly key: keyof RunFilter;
  readonly name: string;
  readonly relation: string;
  readonly value: string;
}

const listed = 2;

function chipsOf(filter: RunFilter): readonly FilterChip[] {
  const chips: FilterChip[] = [];
  const list = (key: keyof RunFilter, name: string, values: readonly string[] | undefined) => {
    if (values === undefined || values.length === 0) return;
    const more = values.length - listed;
    chips.push({
      key,
      name,
      relation: values.length === 1 ? 'is' : 'in',
      value: `${values.slice(0, listed).join(', ')}${more > 0 ? ` +${more}` : ''}`,
    });
  };
  list('status', 'status', filter.status?.map(statusWord));
  list('agents', 'agent', filter.agents);
  list('models', 'model', filter.models);
  list('findings', 'found', filter.findings?.map(findingKindWord));
  if (filter.minCostUsd !== undefined)
    chips.push({ key: 'minCostUsd', name: 'cost', relation: '>', value: formatMoney(filter.minCostUsd) });
  if (filter.minDurationMs !== undefined)
    chips.push({ key: 'minDurationMs', name: 'duration', relation: '>', value: formatDuration(filter.minDurationMs) });
  if (filter.withinHours !== undefined)
    chips.push({ key: 'withinHours', name: 'started', relation: 'within', value: hoursText(filter.withinHours) });
  if (filter.conversationId !== undefined)
    chips.push({ key: 'conversationId', name: 'conversation', relation: 'is', value: filter.conversationId });
  return chips;
}

function hoursText(hours: number): string {
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} days` : `${hours} h`;
}

const costs = [0.001, 0.01, 0.1, 1, 10];
const durations = [1_000, 10_000, 60_000, 300_000, 1_800_000];
const periods = [1, 6, 24, 7 * 24, 30 * 24];
/** More than fit in a menu are typed: `agent:name`. */
const mostListed = 60;

interface Submenu {
  readonly type: 'submenu';
  readonly id: keyof RunFilter;
  readonly label: string;
  readonly entries: readonly MenuEntry[];
}

function filterEntries(
  filter: RunFilter,
  change: (patch: RunFilter) => void,
  agents: readonly string[],
  models: readonly string[],
): readonly Submenu[] {
  const oneOf = (
    key: 'minCostUsd' | 'minDurationMs' | 'withinHours',
    values: readonly number[],
    text: (value: number) => string,
  ): MenuEntry[] =>
    values.map((value) => ({
      type: 'switch',
      id: String(value),
      label: text(value),
      on: filter[key] === value,
      set: (on) => change({ [key]: on ? value : undefined }),
    }));
  return [
    {
      type: 'submenu',
      id: 'status',
      label: 'Status',
      entries: statuses.map((status) => ({
        type: 'switch',
        id: status,
        label: statusWord(status),
        on: filter.status?.includes(status) ?? false,
        set: (on) => change({ status: toggled(filter.status ?? [], status, on) }),
      })),
    },
    {
      type: 'submenu',
      id: 'agents',
      label: 'Agent',
      entries: namesOf(agents, filter.agents ?? [], (names) => change({ agents: names })),
    },
    {
      type: 'submenu',
      id: 'models',
      label: 'Model',
      entries: namesOf(models, filter.models ?? [], (names) => change({ models: names })),
    },
    {
      type: 'submenu',
      id: 'findings',
      label: 'Found in it',
      entries: findingKinds.map((kind) => ({
        type: 'switch',
        id: kind,
        label: findingKindWord(kind),
        on: filter.findings?.includes(kind) ?? false,
        set: (on) => change({ findings: toggled(filter.findings ?? [], kind, on) }),
      })),
    },
    { type: 'submenu', id: 'minCostUsd', label: 'Cost more than', entries: oneOf('minCostUsd', costs, formatMoney) },
    {
      type: 'submenu',
      id: 'minDurationMs',
      label: 'Longer than',
      entries: oneOf('minDurationMs', durations, formatDuration),
    },
    { type: 'submenu', id: 'withinHours', label: 'Started within', entries: oneOf('withinHours', periods, hoursText) },
  ];
}

function namesOf(
  names: readonly string[],
  chosen: readonly string[],
  set: (names: string[]) => void,
): readonly MenuEntry[] {
  const all = [...new Set([...chosen, ...names])];
  const entries: MenuEntry[] = all.slice(0, mostListed).map((name) => ({
    type: 'switch',
    id: name,
    label: name,
    on: chosen.includes(name),
    set: (on) => set(toggled(chosen, name, on)),
  }));
  if (all.length === 0) entries.push({ type: 'heading', id: 'none', label: 'None in this library yet' });
  if (all.length > mostListed)
    entries.push({
      type: 'heading',
      id: 'more',
      label: `${all.length - mostListed} more: type agent:name or model:name`,
    });
  return entries;
}

function toggled<T>(values: readonly T[], value: T, on: boolean): T[] {
  const rest = values.filter((one) => one !== value);
  return on ? [...rest, value] : rest;
}

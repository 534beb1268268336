import { maximumMatrixRuns } from '../../../../shared/model/comparison.ts';
import { parseQuery } from '../../../../shared/query/parse-query.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatMoney, formatQuantity, formatTokens } from '../../lib/format.ts';
import { canRun, useAvailableCommands } from '../../session/commands.ts';
import { useRunsByName, useRunsTotals, useSearch } from '../../session/queries.ts';
import { wordsToFind } from '../../session/query-words.ts';
import { useDebounced } from '../../session/use-debounced.ts';
import { useQueryAssist } from '../../session/use-query-assist.ts';
import type { QueryAssist } from '../../session/use-query-assist.ts';
import { isMeant, matchCommands } from './match-commands.ts';
import { commandItem, runSections } from './palette-items.ts';
import type { Item, Section } from './palette-items.ts';

/** A command whose title begins like the query stands before the text that was found. */
const meantShown = 3;
const othersShown = 8;
const typingPauseMs = 120;
const hitsShown = 40;
const hitsOfOneRun = 3;

export interface PaletteSearch {
  readonly assist: QueryAssist;
  readonly sections: readonly Section[];
  /** What is asked for now, a moment behind what is typed. */
  readonly query: string;
  /** `11 steps in 6 runs`. */
  readonly found: string | undefined;
  readonly problem: QueryAssist['problem'];
  readonly isSettling: boolean;
  readonly isFetching: boolean;
  readonly isIndexing: boolean;
}

/** What the palette shows for what was typed. */
export function usePaletteSearch(text: string, cursor: number): PaletteSearch {
  const query = useDebounced(text.trim(), typingPauseMs);
  const assist = useQueryAssist(text, cursor);
  const parsed = parseQuery(query);
  const asked = parsed.ok && query !== '' ? query : '';
  const isWords = parsed.ok && parsed.query.terms.every(({ kind, isNegated }) => kind === 'text' && !isNegated);
  const commands = useAvailableCommands();
  const named = useRunsByName(isWords ? asked : '', query === '' || (isWords && asked !== ''));
  const search = useSearch(asked, hitsShown, hitsOfOneRun);
  const totals = useRunsTotals({ text: asked }, asked !== '');
  const answer = asked === '' ? undefined : search.data;

  const found = matchCommands(
    commands.filter((command) => command.id !== 'palette.open' && canRun(command.id)),
    text,
  );
  const meant = query === '' ? [] : found.filter((command) => isMeant(command, query)).slice(0, meantShown);
  const others = query === '' ? found : found.filter((command) => !meant.includes(command)).slice(0, othersShown);
  const called = query === '' || isWords ? (named.data ?? []) : [];
  const calledIds = new Set(called.map(({ id }) => id));
  const runs = (answer?.runs ?? []).filter(({ run, hits }) => hits.length > 0 || !calledIds.has(run.id));
  const sections: readonly Section[] = [
    { value: 'Commands', items: meant.map(commandItem) },
    {
      value: query === '' ? 'Latest runs' : 'Runs that are called so',
      items: called.map((run): Item => ({ type: 'run', key: `called ${run.id}`, run })),
    },
    ...runSections(runs, parsed.ok ? wordsToFind(parsed.query) : undefined),
    { value: 'With all of these', items: answer === undefined ? [] : actionsOf(asked, answer, totals.data) },
    { value: query === '' ? 'Commands' : 'More commands', items: others.map(commandItem) },
  ].filter((section) => section.items.length > 0);

  const isSettling =
    text.trim() !== query ||
    (asked !== '' &&
      (named.isPlaceholderData || search.isPlaceholderData || (answer === undefined && search.isFetching)));
  const failed =
    search.error === null || asked === '' ? undefined : { words: messageOf(search.error), fixed: undefined };
  return {
    assist,
    sections,
    query,
    found: answer === undefined ? undefined : countWords(answer),
    // Not while it is still being typed.
    problem: text.trim() === query ? (assist.problem ?? failed) : undefined,
    isSettling,
    isFetching: search.isFetching || named.isFetching,
    isIndexing: answer?.indexing === true,
  };
}

type Answer = NonNullable<ReturnType<typeof useSearch>['data']>;
type Totals = ReturnType<typeof useRunsTotals>['data'];

function countWords({ runs, total, totalAtLeast, nextCursor }: Answer): string {
  const steps = runs.reduce((sum, { hits, more }) => sum + hits.length + more, 0);
  const isMore = nextCursor !== undefined || runs.some(({ moreAtLeast }) => moreAtLeast);
  const inRuns = `${formatQuantity(total, 'run')}${totalAtLeast ? ' or more' : ''}`;
  return steps === 0 ? inRuns : `${formatQuantity(steps, 'step')}${isMore ? ' or more' : ''} in ${inRuns}`;
}

function actionsOf(query: string, { runs, total, totalAtLeast }: Answer, totals: Totals): readonly Item[] {
  if (total === 0) return [];
  const cost = totals?.costUsd === undefined ? undefined : formatMoney(totals.costUsd);
  const tokens = totals?.usage.input === undefined ? undefined : `${formatTokens(totals.usage.input)} tokens in`;
  const list: Item = {
    type: 'list',
    key: 'list',
    query,
    title: `Show ${totalAtLeast ? 'the runs' : formatQuantity(total, 'run')} in the list`,
    hint: [cost, tokens].filter((part) => part !== undefined).join(' · '),
  };
  const oldestFirst = runs.map(({ run }) => run).toSorted((left, right) => left.startedAt - right.startedAt);
  if (totalAtLeast || total !== runs.length || total < 2 || total > maximumMatrixRuns) return [list];
  return [list, { type: 'compare', key: 'compare', runIds: oldestFirst.map(({ id }) => id) }];
}

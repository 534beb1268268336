import { useCallback, useMemo } from 'react';
import type { LocationOf } from '../../../../shared/location.ts';
import { useTakeChanges } from '../../session/queries.ts';
import { groupItems, runItems } from './list-items.ts';
import type { ListItem } from './list-items.ts';
import { openGroupsOf, setOpenGroups, useRunsView } from './runs-view-store.ts';
import { arrangeTakes } from './take-rows.ts';
import { useHeldRuns } from './use-held-runs.ts';
import { useRunGroups } from './use-run-groups.ts';
import { useRunList } from './use-run-list.ts';
import type { RunListRequest } from './use-run-list.ts';

/** The lines of the list: runs in their places, or groups with the runs of those that are open. */
export function useLines(request: RunListRequest, group: LocationOf<'runs'>['group'], isHeld: boolean) {
  const { filter, sort, descending } = request;
  const isGrouped = group !== 'none';
  const list = useRunList(request, !isGrouped);
  const name = JSON.stringify([filter, sort, descending]);
  const held = useHeldRuns(list.runs, name, isHeld);
  const open = useRunsView((state) => openGroupsOf(state, group));
  const groups = useRunGroups(request, group, open);
  const shown = useMemo(
    () => (isGrouped ? groups.groups.flatMap((one) => groups.runsOf(one)) : held.runs),
    [isGrouped, groups, held.runs],
  );
  const { data: changes } = useTakeChanges(shown);
  const flat = useMemo(() => runItems(arrangeTakes(held.runs, changes)), [held.runs, changes]);
  const lines: readonly ListItem[] = isGrouped
    ? groupItems(groups.groups, open, (one) => arrangeTakes(groups.runsOf(one), changes))
    : flat;
  const setGroupOpen = useCallback(
    (id: string, isOpen: boolean) => {
      const next = new Set(openGroupsOf(useRunsView.getState(), group));
      if (isOpen) next.add(id);
      else next.delete(id);
      setOpenGroups(group, next);
    },
    [group],
  );
  return { lines, shown, list, groups, held, name: `${name} ${group}`, isGrouped, setGroupOpen };
}

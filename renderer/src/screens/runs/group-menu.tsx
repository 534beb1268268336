import { Layers } from 'lucide-react';
import { useState } from 'react';
import { runGroupings } from '../../../../shared/location.ts';
import type { LocationOf } from '../../../../shared/location.ts';
import { useCommands } from '../../session/commands.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { MenuEntry } from '../../ui/menu.tsx';
import { groupingWords } from './group-words.ts';

type Grouping = LocationOf<'runs'>['group'];

/** What the list is grouped by; all groups open or shut. */
export function GroupMenu({
  grouping,
  onGrouping,
  onOpenAll,
  onShutAll,
}: {
  readonly grouping: Grouping;
  readonly onGrouping: (grouping: Grouping) => void;
  readonly onOpenAll: () => void;
  readonly onShutAll: () => void;
}) {
  const [open, setOpen] = useState(false);
  useCommands([{ id: 'runs.group', run: () => setOpen(true) }]);
  const entries: readonly MenuEntry[] = [
    { type: 'heading', id: 'heading', label: 'Group runs by' },
    ...(['none', ...runGroupings] as const).map((one): MenuEntry => ({
      type: 'switch',
      id: one,
      label: groupingWords(one),
      on: grouping === one,
      set: () => {
        setOpen(false);
        onGrouping(one);
      },
    })),
    ...(grouping === 'none'
      ? []
      : [
          { type: 'separator' as const, id: 'separator' },
          { type: 'action' as const, id: 'open', label: 'Open all groups', run: onOpenAll },
          { type: 'action' as const, id: 'shut', label: 'Shut all groups', run: onShutAll },
        ]),
  ];
  return (
    <Menu
      open={open}
      onOpenChange={setOpen}
      align="end"
      entries={entries}
      trigger={<IconButton label="Group runs" icon={<Layers />} keys="Shift+g" pressed={grouping !== 'none'} />}
    />
  );
}

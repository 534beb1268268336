import { Columns3 } from 'lucide-react';
import { useState } from 'react';
import { useCommands } from '../../session/commands.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu } from '../../ui/menu.tsx';
import type { MenuEntry } from '../../ui/menu.tsx';
import { defaultLayout } from './column-layout.ts';
import type { ColumnLayout } from './column-layout.ts';
import { runColumns } from './run-columns.tsx';

export function ColumnsMenu({
  layout,
  onLayout,
}: {
  readonly layout: ColumnLayout;
  readonly onLayout: (layout: ColumnLayout) => void;
}) {
  const [open, setOpen] = useState(false);
  useCommands([{ id: 'runs.columns', run: () => setOpen(true) }]);
  const entries: readonly MenuEntry[] = [
    ...runColumns
      .filter((column) => column.fixed !== true)
      .map((column): MenuEntry => ({
        type: 'switch',
        id: column.id,
        label: column.title,
        on: layout.visibility[column.id] === true,
        set: (on) => onLayout({ ...layout, visibility: { ...layout.visibility, [column.id]: on } }),
      })),
    { type: 'separator', id: 'separator' },
    { type: 'action', id: 'reset', label: 'Reset the columns', run: () => onLayout(defaultLayout) },
  ];
  return (
    <Menu
      open={open}
      onOpenChange={setOpen}
      align="end"
      entries={entries}
      trigger={<IconButton label="Choose columns" icon={<Columns3 />} keys="Shift+c" />}
    />
  );
}

import { GitCompareArrows, ListTree, PlugZap, Settings } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { commandById } from '../../../../shared/commands.ts';
import type { CommandId } from '../../../../shared/commands.ts';
import { compareLocation, connectLocation, homeLocation, settingsLocation } from '../../../../shared/location.ts';
import type { Location } from '../../../../shared/location.ts';
import { classNames } from '../../lib/class-names.ts';
import { hrefOf } from '../../session/location-store.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import styles from './rail.module.css';

export interface RailItem {
  readonly command: CommandId;
  readonly target: Location;
  readonly icon: LucideIcon;
  /** Screens that belong to it: a run is within the runs. */
  readonly screens: readonly Location['screen'][];
  readonly place: 'top' | 'bottom';
}

/** The screens there are. One that is not built yet is not offered. */
export const railItems: readonly RailItem[] = [
  { command: 'go.runs', target: homeLocation, icon: ListTree, screens: ['runs', 'run'], place: 'top' },
  { command: 'go.compare', target: compareLocation([]), icon: GitCompareArrows, screens: ['compare'], place: 'top' },
  { command: 'go.connect', target: connectLocation(), icon: PlugZap, screens: ['connect'], place: 'top' },
  { command: 'go.settings', target: settingsLocation(), icon: Settings, screens: ['settings'], place: 'bottom' },
];

export function Rail({ screen }: { readonly screen: Location['screen'] }) {
  return (
    <nav className={styles.rail} aria-label="Screens">
      {(['top', 'bottom'] as const).map((place) => (
        <div key={place} className={styles.group}>
          {railItems
            .filter((item) => item.place === place)
            .map((item) => (
              <RailLink key={item.command} item={item} current={item.screens.includes(screen)} />
            ))}
        </div>
      ))}
    </nav>
  );
}

function RailLink({ item, current }: { readonly item: RailItem; readonly current: boolean }) {
  const command = commandById(item.command);
  const title = command?.title ?? item.command;
  const Icon = item.icon;
  return (
    <Tooltip text={title} keys={command?.keys[0]} side="right">
      <a
        href={hrefOf(item.target)}
        className={classNames(styles.link, current && styles.current)}
        aria-label={title}
        aria-current={current ? 'page' : undefined}
      >
        <Icon aria-hidden />
      </a>
    </Tooltip>
  );
}

import { commandById } from '../../../../shared/commands.ts';
import type { ScreenName } from '../../../../shared/location.ts';
import { classNames } from '../../lib/class-names.ts';
import { hrefOf } from '../../session/location-store.ts';
import { Tooltip } from '../../ui/tooltip.tsx';
import { railItems } from '../screens.tsx';
import type { RailItem } from '../screens.tsx';
import styles from './rail.module.css';

export interface RailProps {
  /** The screen that is shown. */
  readonly screen: ScreenName;
  readonly items?: readonly RailItem[];
}

const allItems = railItems();

/** A link to each screen that has a place here. */
export function Rail({ screen, items = allItems }: RailProps) {
  return (
    <nav className={styles.rail} aria-label="Screens">
      {(['top', 'bottom'] as const).map((place) => (
        <div key={place} className={styles.group}>
          {items
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

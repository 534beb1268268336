import { runLocation } from '../../../../shared/location.ts';
import type { CostFilter } from '../../../../shared/model/costs.ts';
import { classNames } from '../../lib/class-names.ts';
import { formatShare } from '../../lib/format.ts';
import { navigate } from '../../session/location-store.ts';
import { useCosts } from '../../session/queries.ts';
import { LinkButton } from '../../ui/link.tsx';
import { groupName, moneyOf } from './cost-words.ts';
import styles from './dearest-runs.module.css';

const shown = 8;

/** The runs in which most of it went: from a sum to what was done for it. */
export function DearestRuns({ filter }: { readonly filter: CostFilter }) {
  const { data: costs } = useCosts('run', filter, shown);
  if (costs === undefined || costs.groups.length === 0) return null;
  return (
    <section className={styles.panel} aria-labelledby="dearest-runs">
      <h2 id="dearest-runs" className={styles.title}>
        Where it goes
      </h2>
      <ul className={styles.list}>
        {costs.groups.map((group) => (
          <li key={group.key ?? ''} className={styles.row}>
            <LinkButton
              className={classNames('truncate', styles.name)}
              onClick={() => {
                if (group.key !== undefined) navigate(runLocation(group.key, { tab: 'cost', step: 0 }));
              }}
            >
              {groupName(group, 'run')}
            </LinkButton>
            <span>{moneyOf(group.figures)}</span>
            <span className={styles.share}>{formatShare(group.figures.costNanoUsd, costs.total.costNanoUsd)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

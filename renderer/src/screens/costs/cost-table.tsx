import type { CostDimension, CostFigures, CostGroup, Costs } from '../../../../shared/model/costs.ts';
import { classNames } from '../../lib/class-names.ts';
import { formatCount, formatDuration, formatQuantity, formatShare, formatTokens, unknown } from '../../lib/format.ts';
import { LinkButton } from '../../ui/link.tsx';
import { dimensionWords, groupName, moneyOf } from './cost-words.ts';
import { seriesColor } from './series-color.ts';
import styles from './cost-table.module.css';

export interface CostTableProps {
  readonly costs: Costs;
  readonly by: CostDimension;
  /** Leads to what a group is made of; undefined: there is nothing further. */
  readonly open: (group: CostGroup) => (() => void) | undefined;
}

/** The groups, dearest first, and what is left: they add up to the last row. */
export function CostTable({ costs, by, open }: CostTableProps) {
  const { groups, rest, total, chart } = costs;
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{dimensionWords[by].title}</th>
          <th scope="col">Calls</th>
          <th scope="col">Tokens in</th>
          <th scope="col">Cached</th>
          <th scope="col">Out</th>
          <th scope="col" className={styles.less}>
            Mean time
          </th>
          <th scope="col" className={styles.less}>
            Failed
          </th>
          <th scope="col">Cost</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group, at) => {
          const name = groupName(group, by);
          const leads = open(group);
          return (
            <tr key={group.key ?? ''}>
              <th scope="row">
                <span className={styles.name}>
                  <span
                    className={styles.dot}
                    style={{
                      background: by === 'day' ? 'var(--series-1)' : seriesColor(at, chart.series.length),
                    }}
                  />
                  {leads === undefined ? (
                    <span className={classNames('truncate', group.key === undefined && styles.none)}>{name}</span>
                  ) : (
                    <LinkButton className="truncate" onClick={leads}>
                      {name}
                    </LinkButton>
                  )}
                </span>
              </th>
              <Cells figures={group.figures} total={total} />
            </tr>
          );
        })}
        {rest !== undefined && (
          <tr>
            <th scope="row">
              <span className={styles.name}>
                <span className={styles.dot} style={{ background: 'var(--series-rest)' }} />
                {formatQuantity(rest.groups, 'more', 'more')}
              </span>
            </th>
            <Cells figures={rest.figures} total={total} />
          </tr>
        )}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Total</th>
          <Cells figures={total} total={total} />
        </tr>
      </tfoot>
    </table>
  );
}

function Cells({ figures, total }: { readonly figures: CostFigures; readonly total: CostFigures }) {
  return (
    <>
      <td>{formatCount(figures.attempts)}</td>
      <td>{formatTokens(figures.input)}</td>
      <td className={styles.cache}>{formatShare(figures.cacheRead, figures.input)}</td>
      <td>{formatTokens(figures.output)}</td>
      <td className={styles.less}>
        {figures.durationMs === 0 ? unknown : formatDuration(figures.durationMs / Math.max(1, figures.attempts))}
      </td>
      <td className={classNames(styles.less, figures.failed > 0 && styles.error)}>
        {formatShare(figures.failed, figures.attempts)}
      </td>
      <td className={styles.money}>{moneyOf(figures)}</td>
      <td>{figures.priced === 0 ? unknown : formatShare(figures.costNanoUsd, total.costNanoUsd)}</td>
    </>
  );
}

import type { TakePlan } from '../../../../../shared/model/take.ts';
import { formatMoney } from '../../../lib/format.ts';
import styles from './estimate-words.module.css';

export interface EstimateWordsProps {
  readonly plan: TakePlan | undefined;
  readonly takes: number;
  readonly model: string | undefined;
  /** Of a sweep; 0 for one model. */
  readonly models: number;
}

/** What it will cost, by the run's own remaining calls, or why that is not known. */
export function EstimateWords({ plan, takes, model, models }: EstimateWordsProps) {
  if (plan === undefined) return null;
  const { usd, note, perModel } = plan.estimate;
  if (models > 0 && perModel.length > 0) {
    return (
      <div className={styles.estimate}>
        {perModel.map((one) => (
          <p key={one.model} className={styles.perModel}>
            <span>{one.model}</span>{' '}
            <strong>{one.usd === undefined ? 'no price' : `about ${formatMoney(one.usd)}`}</strong>
          </p>
        ))}
        <p>per take, by this run’s remaining steps.</p>
      </div>
    );
  }
  if (usd === undefined) return <p className={styles.estimate}>{note ?? 'What it will cost is not known.'}</p>;
  return (
    <div className={styles.estimate}>
      <p>
        About <strong>{formatMoney(usd)}</strong> per take, by this run’s remaining steps
        {model === undefined ? '' : ` at ${model} prices`}
        {takes > 1 ? (
          <>
            ; <strong>{formatMoney(usd * takes)}</strong> for all
          </>
        ) : null}
        .
      </p>
      {note !== undefined && <p>{note}</p>}
    </div>
  );
}

import { Database, Sparkles, Terminal } from 'lucide-react';
import type { LucideIcon } from 'lucide-react';
import { useId } from 'react';
import type { ReactNode } from 'react';
import { executorKinds } from '../../../../../shared/model/take.ts';
import type { ExecutorKind, TakePlan } from '../../../../../shared/model/take.ts';
import { classNames } from '../../../lib/class-names.ts';
import styles from './executor-cards.module.css';

const looks: {
  readonly [Kind in ExecutorKind]: { readonly icon: LucideIcon; readonly title: string; readonly text: string };
} = {
  replay: {
    icon: Terminal,
    title: 'My agent',
    text: 'Starts your command; the steps before are answered from the recording.',
  },
  continue: {
    icon: Sparkles,
    title: 'Continue without code',
    text: 'Retake calls the model; tools answer from the recording, your tool commands, or you. Your code does not run.',
  },
  command: {
    icon: Database,
    title: 'Checkpoint command',
    text: 'LangGraph, DBOS: your script resumes its own checkpoint.',
  },
};

export interface ExecutorCardsProps {
  readonly plan: TakePlan | undefined;
  readonly value: ExecutorKind;
  readonly onChange: (kind: ExecutorKind) => void;
  /** Inside the chosen card: its command. */
  readonly children: ReactNode;
}

/** Who makes the take. What is not possible here says why. */
export function ExecutorCards({ plan, value, onChange, children }: ExecutorCardsProps) {
  const name = useId();
  return (
    <fieldset className={styles.executors}>
      <legend className="visually-hidden">Who runs it</legend>
      {executorKinds.map((kind) => {
        const { icon: Icon, title, text } = looks[kind];
        const known = plan?.executors.find((executor) => executor.kind === kind);
        const isAvailable = known?.available ?? true;
        const isChosen = value === kind;
        return (
          <div
            key={kind}
            className={classNames(styles.executor, isChosen && styles.chosen, !isAvailable && styles.unavailable)}
          >
            <label className={styles.executorLabel}>
              <input
                type="radio"
                className={styles.radio}
                name={name}
                value={kind}
                checked={isChosen}
                disabled={!isAvailable && !isChosen}
                onChange={() => onChange(kind)}
              />
              <span className={styles.executorTitle}>
                <Icon aria-hidden /> {title}
              </span>
              <span className={styles.executorText}>{text}</span>
              {!isAvailable && <span className={styles.reason}>{known?.reason ?? 'Not possible for this run.'}</span>}
            </label>
            {isChosen && children}
          </div>
        );
      })}
    </fieldset>
  );
}

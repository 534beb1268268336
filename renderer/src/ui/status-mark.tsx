import type { RunStatus } from '../../../shared/model/run.ts';
import type { StepStatus } from '../../../shared/model/step.ts';
import { classNames } from '../lib/class-names.ts';
import type { Tone } from './badge.tsx';
import { Tooltip } from './tooltip.tsx';
import styles from './status-mark.module.css';

export type Status = RunStatus | StepStatus;

interface Look {
  readonly word: string;
  readonly tone: Tone;
  readonly meaning: string;
}

const looks: { readonly [Value in Status]: Look } = {
  running: { word: 'running', tone: 'ok', meaning: 'Running: spans are still arriving.' },
  ok: { word: 'completed', tone: 'ok', meaning: 'Completed.' },
  error: { word: 'failed', tone: 'error', meaning: 'Failed.' },
  partial: { word: 'partial', tone: 'warn', meaning: 'Partial: it went silent before its root span arrived.' },
  paused: { word: 'paused', tone: 'warn', meaning: 'Paused: it waits for someone.' },
  unset: { word: 'ended', tone: 'neutral', meaning: 'Ended; the client gave no status.' },
};

/** `completed`, `failed`, `running`, … */
export function statusWord(status: Status): string {
  return looks[status].word;
}

export function statusTone(status: Status): Tone {
  return looks[status].tone;
}

/** State = shape and word: disc, triangle, half disc, ring, pause bars, pulsing disc. The word is in the name and the tooltip. */
export function StatusMark({
  status,
  isPlain = false,
}: {
  readonly status: Status;
  /** In lists that scroll: the system shows its meaning. */
  readonly isPlain?: boolean;
}) {
  const look = looks[status];
  const mark = (
    <span
      role="img"
      aria-label={look.word}
      title={isPlain ? look.meaning : undefined}
      className={classNames(styles.mark, styles[status])}
    >
      <svg viewBox="0 0 12 12" aria-hidden>
        <Shape status={status} />
      </svg>
    </span>
  );
  return isPlain ? (
    mark
  ) : (
    <Tooltip text={look.meaning} side="right">
      {mark}
    </Tooltip>
  );
}

function Shape({ status }: { readonly status: Status }) {
  switch (status) {
    case 'running':
      return <circle cx="6" cy="6" r="4" className={styles.pulse} />;
    case 'ok':
      return <circle cx="6" cy="6" r="4" />;
    case 'error':
      return <path d="M6 1.6 11 10.4H1z" />;
    case 'partial':
      return (
        <>
          <circle cx="6" cy="6" r="3.4" className={styles.ring} />
          <path d="M6 2.6a3.4 3.4 0 0 0 0 6.8z" />
        </>
      );
    case 'paused':
      return <path d="M3 2h2v8H3zM7 2h2v8H7z" />;
    case 'unset':
      return <circle cx="6" cy="6" r="3.4" className={styles.ring} />;
    default:
      return status satisfies never;
  }
}

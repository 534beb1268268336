import { CircleDot, CircleDotDashed, Hand, Hourglass, PencilLine, Radio, Waves } from 'lucide-react';
import type { ComponentType } from 'react';
import { causeWords } from '../../../../../shared/model/cause.ts';
import type { Cause } from '../../../../../shared/model/cause.ts';
import type { CallState } from '../../../../../shared/model/take.ts';
import { Badge } from '../../../ui/badge.tsx';
import { callStateWords } from './call-state.ts';
import styles from './state-chip.module.css';

const marks: Readonly<
  Record<CallState, ComponentType<{ readonly 'aria-hidden': true; readonly className?: string | undefined }>>
> = {
  waiting: Hourglass,
  recorded: CircleDot,
  normalised: CircleDotDashed,
  drifted: Waves,
  accepted: Waves,
  edited: PencilLine,
  live: Radio,
  held: Hand,
};

/** How one call of a take was answered: a mark and a word, and what was looked past in the tooltip. */
export function StateChip({
  state,
  ignored = [],
  reason,
  markOnly = false,
}: {
  readonly state: CallState;
  readonly ignored?: readonly string[];
  /** Why it was not answered from the recording. */
  readonly reason?: Cause | undefined;
  readonly markOnly?: boolean;
}) {
  const { word, tone, meaning } = callStateWords(state);
  const Mark = marks[state];
  return (
    <Badge
      tone={tone}
      title={[
        meaning,
        ...(reason === undefined ? [] : [`Why: ${causeWords(reason)}.`]),
        ...(ignored.length === 0 ? [] : [`Looked past: ${ignored.join('; ')}.`]),
      ].join(' ')}
    >
      <Mark aria-hidden className={styles.mark} /> {markOnly ? <span className="visually-hidden">{word}</span> : word}
    </Badge>
  );
}

import { ChevronRight, Scissors, ZapOff } from 'lucide-react';
import { useState } from 'react';
import { compareLocation } from '../../../../../shared/location.ts';
import type {
  CacheDrop,
  ContextCall,
  ContextDifference,
  ContextLens,
  ProviderDiagnosis,
} from '../../../../../shared/model/context-lens.ts';
import { causeWords, diagnosisWords } from '../../../lib/context-words.ts';
import { sentence } from '../../../lib/finding-words.ts';
import { formatMoney, formatQuantity, formatTokens } from '../../../lib/format.ts';
import { hrefOf } from '../../../session/location-store.ts';
import { Callout } from '../../../ui/callout.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import styles from './context-lens.module.css';

export interface ContextEventsProps {
  readonly runId: string;
  readonly lens: ContextLens;
  readonly onSelect: (step: number) => void;
}

/** What happened between the call before and this one: the cache that was lost and why, and what is not carried any more. */
export function ContextEvents({ runId, lens, onSelect }: ContextEventsProps) {
  const { call, drops, dropCount } = lens;
  if (call === undefined) return null;
  const { drop, lost, diagnosis } = call;
  return (
    <>
      {drop !== undefined && (
        <Drop runId={runId} step={call.step} drop={drop} diagnosis={diagnosis} onSelect={onSelect} />
      )}
      {drop === undefined && diagnosis !== undefined && <p className={styles.others}>{providerSays(diagnosis)}</p>}
      {lost !== undefined && <Lost key={call.step} items={lens.lostItems} lost={lost} onSelect={onSelect} />}
      {drop === undefined && drops.length > 0 && (
        <p className={styles.others}>
          Cache lost at{' '}
          {drops.map((step) => (
            <LinkButton key={step} look="text" onClick={() => onSelect(step)}>
              step {step}
            </LinkButton>
          ))}
          {dropCount > drops.length && ` and ${dropCount - drops.length} more`}
        </p>
      )}
    </>
  );
}

const providerSays = (diagnosis: ProviderDiagnosis): string => `The provider says: ${diagnosisWords(diagnosis)}.`;

interface DropProps {
  readonly runId: string;
  readonly step: number;
  readonly drop: CacheDrop;
  readonly diagnosis: ProviderDiagnosis | undefined;
  readonly onSelect: (step: number) => void;
}

function Drop({ runId, step, drop, diagnosis, onSelect }: DropProps) {
  const { cause } = drop;
  return (
    <Callout tone="warn" as="div" className={styles.event} aria-label="Cache lost" role="note">
      <p>
        <ZapOff aria-hidden /> <b>Cache lost</b> · {formatTokens(drop.matched)} of {formatTokens(drop.expected)} matched
        since{' '}
        <LinkButton look="text" onClick={() => onSelect(drop.previous)}>
          step {drop.previous}
        </LinkButton>
        {drop.usd !== undefined && <> · {formatMoney(drop.usd)} more than from the cache</>}
      </p>
      <p>
        {sentence(causeWords(cause))}. <a href={hrefOf(bothPrompts(runId, drop.previous, step))}>Show both prompts</a>
      </p>
      {diagnosis !== undefined && <p>{providerSays(diagnosis)}</p>}
      {'difference' in cause && <Difference difference={cause.difference} />}
    </Callout>
  );
}

/** Two calls of one run side by side, held together, at what they were given. */
const bothPrompts = (runId: string, before: number, now: number) =>
  compareLocation([runId, runId], { pins: [[before, now]], pair: `${before}~${now}`, tab: 'input', exact: true });

function Difference({ difference }: { readonly difference: ContextDifference }) {
  return (
    <dl className={styles.difference}>
      <dt>before</dt>
      <dd className="mono truncate">{difference.before === '' ? <i>nothing</i> : difference.before}</dd>
      <dt>now</dt>
      <dd className="mono truncate">{difference.after === '' ? <i>nothing</i> : difference.after}</dd>
    </dl>
  );
}

const shownLost = 30;

function Lost({
  items,
  lost,
  onSelect,
}: {
  readonly items: ContextLens['lostItems'];
  readonly lost: NonNullable<ContextCall['lost']>;
  readonly onSelect: (step: number) => void;
}) {
  const [open, setOpen] = useState(false);
  const tokens = formatTokens(lost.tokens);
  return (
    <Callout tone="accent" as="div" className={styles.event} aria-label="What was lost" role="note">
      <p>
        <Scissors aria-hidden /> <b>{lost.compaction ? 'Compacted' : 'Parts gone'}</b> · {tokens} tokens
        {items.length === 0
          ? ' fewer than before; the trace does not hold what they were'
          : ` in ${formatQuantity(items.length, 'part')} are not carried any more`}
        {items.length > 0 && (
          <button type="button" className={styles.unfold} aria-expanded={open} onClick={() => setOpen(!open)}>
            <ChevronRight aria-hidden /> {open ? 'Hide them' : 'Show them'}
          </button>
        )}
      </p>
      {open && (
        <ul className={styles.lost}>
          {items.slice(0, shownLost).map((item, at) => (
            <li key={at}>
              <span className={styles.dot} data-category={item.category} aria-hidden />
              <LinkButton look="text" onClick={() => onSelect(item.origin ?? item.entered)}>
                step {item.origin ?? item.entered}
              </LinkButton>
              <span className={styles.lostLabel}>{item.label}</span>
              <span className={styles.lostPreview}>{item.preview}</span>
              <span className={styles.lostTokens}>{formatTokens(item.tokens)}</span>
            </li>
          ))}
          {items.length > shownLost && <li>and {formatQuantity(items.length - shownLost, 'more part')}</li>}
        </ul>
      )}
    </Callout>
  );
}

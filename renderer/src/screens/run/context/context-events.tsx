import { ChevronRight, Scissors, ZapOff } from 'lucide-react';
import { useState } from 'react';
import type {
  CacheDrop,
  ContextCall,
  ContextDifference,
  ContextLens,
} from '../../../../../shared/model/context-lens.ts';
import { causeWords } from '../../../lib/context-words.ts';
import { sentence } from '../../../lib/finding-words.ts';
import { formatMoney, formatQuantity, formatTokens } from '../../../lib/format.ts';
import { Callout } from '../../../ui/callout.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import styles from './context-lens.module.css';

export interface ContextEventsProps {
  readonly lens: ContextLens;
  readonly onSelect: (step: number) => void;
}

/** What happened between the call before and this one: the cache that was lost and why, and what is not carried any more. */
export function ContextEvents({ lens, onSelect }: ContextEventsProps) {
  const { call, drops, dropCount } = lens;
  if (call === undefined) return null;
  const { drop, lost } = call;
  return (
    <>
      {drop !== undefined && <Drop drop={drop} onSelect={onSelect} />}
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

function Drop({ drop, onSelect }: { readonly drop: CacheDrop; readonly onSelect: (step: number) => void }) {
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
      <p>{sentence(causeWords(cause))}.</p>
      {'difference' in cause && <Difference difference={cause.difference} />}
    </Callout>
  );
}

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

import { useVirtualizer } from '@tanstack/react-virtual';
import { ChevronDown, ChevronUp, ShieldCheck } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { redactionKinds } from '../../../../../shared/model/redaction.ts';
import type { RedactionPlace, RedactionReport } from '../../../../../shared/model/redaction.ts';
import { classNames } from '../../../lib/class-names.ts';
import { formatCount, formatQuantity } from '../../../lib/format.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { KindIcon } from '../../../ui/kind-icon.tsx';
import { isPieceReplaced, withKind, withValue } from './share-choice.ts';
import type { HitAt, Piece, ShareChoice } from './share-choice.ts';
import styles from './share.module.css';

export interface SharePreviewProps {
  readonly report: RedactionReport;
  readonly choice: ShareChoice;
  readonly structureOnly: boolean;
  readonly hits: readonly HitAt[];
  /** Among the hits. */
  readonly at: number;
  readonly onAt: (at: number) => void;
  readonly onChoice: (choice: ShareChoice) => void;
}

/** Before a card is measured. */
const guessedHeight = 96;

/** Every text in which something was found, as it leaves. A hit is pressed to leave it, or to replace it again. */
export function SharePreview(props: SharePreviewProps) {
  const { report, choice, structureOnly, hits, at, onAt, onChoice } = props;
  const { places, placesLeftOut } = report;
  const scrollRef = useRef<HTMLDivElement>(null);
  const hit = hits[at];
  const numbers = useMemo(() => new Map(hits.map(({ place, piece }, number) => [`${place} ${piece}`, number])), [hits]);
  const cards = useVirtualizer<HTMLDivElement, Element>({
    count: places.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => guessedHeight,
    overscan: 4,
    gap: 10,
    paddingEnd: 24,
  });
  const moved = useRef(at);
  useEffect(() => {
    if (moved.current === at || hit === undefined) return;
    moved.current = at;
    cards.scrollToIndex(hit.place, { align: 'auto' });
    const mark = (): boolean => {
      const button = scrollRef.current?.querySelector<HTMLElement>(`[data-hit="${at}"]`);
      button?.scrollIntoView({ block: 'nearest' });
      button?.focus({ preventScroll: true });
      return button !== null && button !== undefined;
    };
    // A card that was out of sight is drawn with the next frame.
    if (!mark()) requestAnimationFrame(() => mark());
  }, [at, hit, cards]);

  const toggle = (piece: Piece, number: number) => {
    const on = !isPieceReplaced(choice, piece, report.values);
    const values = (piece.values ?? []).flatMap((one) => report.values[one] ?? []);
    const [first] = values;
    moved.current = number;
    onAt(number);
    if (first !== undefined)
      onChoice(values.reduce((next, value) => withValue(next, value, on, report.values), choice));
    else if (piece.kind !== undefined) onChoice(withKind(choice, piece.kind, on, report.values));
  };

  const place = hit === undefined ? undefined : places[hit.place];
  return (
    <section className={styles.preview} aria-label="Preview">
      <header className={styles.previewHeader}>
        <h2 className={styles.previewTitle}>Preview</h2>
        <span className={styles.quiet} aria-live="polite">
          {place === undefined
            ? 'nothing found'
            : `hit ${formatCount(at + 1)} of ${formatCount(hits.length)} · ${whereOf(place)}`}
        </span>
        <span className={styles.space} />
        <IconButton
          label="Previous hit"
          keys="$mod+Shift+g"
          icon={<ChevronUp />}
          disabled={hits.length === 0}
          onClick={() => onAt((at - 1 + hits.length) % hits.length)}
        />
        <IconButton
          label="Next hit"
          keys="$mod+g"
          icon={<ChevronDown />}
          disabled={hits.length === 0}
          onClick={() => onAt((at + 1) % hits.length)}
        />
      </header>
      {places.length === 0 ? (
        <EmptyState icon={<ShieldCheck />} title="Nothing to replace">
          {structureOnly
            ? 'The names of steps, tools, agents and models hold no key, address, folder, host name or random text. With them go kinds, times, tokens and money; of texts only how many there are.'
            : 'No key, token, address, home folder, host name or random text was found. Read it yourself before you hand it on: what has no such form is not found.'}
        </EmptyState>
      ) : (
        <div ref={scrollRef} className={styles.cards} role="region" aria-label="Texts with hits" tabIndex={0}>
          <div className={styles.sizer} style={{ height: cards.getTotalSize() }}>
            {cards.getVirtualItems().map((virtual) => {
              const one = places[virtual.index];
              return one === undefined ? null : (
                <div
                  key={virtual.key}
                  ref={cards.measureElement}
                  data-index={virtual.index}
                  className={styles.slot}
                  style={{ transform: `translateY(${virtual.start}px)` }}
                >
                  <PlaceCard
                    place={one}
                    report={report}
                    choice={choice}
                    numberOf={(piece) => numbers.get(`${virtual.index} ${piece}`) ?? 0}
                    current={at}
                    onPress={toggle}
                  />
                </div>
              );
            })}
          </div>
        </div>
      )}
      <p className={styles.quiet}>
        {placesLeftOut > 0 &&
          `${formatQuantity(placesLeftOut, 'text')} more with hits are replaced as well, and not shown. `}
        {structureOnly
          ? 'Structure only: what you see here are the names that go along, with kinds, times, tokens and money. No text does.'
          : 'The same value gets the same name everywhere, so the file still compares, and still re-runs.'}
      </p>
    </section>
  );
}

function whereOf({ step, stepName }: RedactionPlace): string {
  return step === undefined ? (stepName === '' ? 'a log' : stepName) : `step ${step}`;
}

interface PlaceCardProps {
  readonly place: RedactionPlace;
  readonly report: RedactionReport;
  readonly choice: ShareChoice;
  readonly numberOf: (piece: number) => number;
  readonly current: number;
  readonly onPress: (piece: Piece, number: number) => void;
}

function PlaceCard({ place, report, choice, numberOf, current, onPress }: PlaceCardProps) {
  const { stepKind, stepName, field, times, pieces } = place;
  return (
    <article className={styles.card}>
      <header className={styles.cardHeader}>
        {stepKind !== undefined && <KindIcon kind={stepKind} size="small" />}
        <span className={styles.where}>
          {whereOf(place)} · {stepName} · {field}
        </span>
        {times > 1 && <span className={styles.times}>in {formatCount(times)} texts</span>}
      </header>
      <pre className={styles.text}>
        {pieces.map((piece, at) =>
          piece.kind === undefined ? (
            piece.text
          ) : (
            <Hit
              key={at}
              piece={piece}
              replaced={isPieceReplaced(choice, piece, report.values)}
              number={numberOf(at)}
              isCurrent={numberOf(at) === current}
              onPress={onPress}
            />
          ),
        )}
      </pre>
    </article>
  );
}

interface HitProps {
  readonly piece: Piece;
  readonly replaced: boolean;
  readonly number: number;
  readonly isCurrent: boolean;
  readonly onPress: (piece: Piece, number: number) => void;
}

const longestShown = 300;
const shown = (text: string): string => (text.length > longestShown ? `${text.slice(0, longestShown)}…` : text);

function Hit({ piece, replaced, number, isCurrent, onPress }: HitProps) {
  const { text, kind, replacement = '' } = piece;
  const label = redactionKinds.find((one) => one.kind === kind)?.label ?? '';
  const words = replaced ? `${shown(text)} is replaced by ${shown(replacement)}` : `${shown(text)} is left as it is`;
  return (
    <button
      type="button"
      className={classNames(styles.hit, replaced ? styles.replaced : styles.left, isCurrent && styles.current)}
      data-kind={kind}
      data-hit={number}
      aria-pressed={replaced}
      aria-label={`${label}: ${words}`}
      title={`${label}: ${words}. Press to ${replaced ? 'leave' : 'replace'} it.`}
      onClick={() => onPress(piece, number)}
    >
      {shown(replaced ? replacement : text)}
    </button>
  );
}

import type { Alignment, IgnoreChoice, StepPair } from '../../../../shared/model/comparison.ts';
import { formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Delayed } from '../../ui/delayed.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import type { PairFilter } from './compare-rows.ts';
import { countWords } from './pair-words.ts';
import { RulesMenu } from './rules-menu.tsx';
import styles from './compare-screen.module.css';

export interface CompareToolbarProps {
  readonly alignment: Alignment;
  /** Those that can be shown: without what is hidden in both runs. */
  readonly pairs: readonly StepPair[];
  readonly filter: PairFilter;
  readonly onFilter: (filter: PairFilter) => void;
  readonly isStale: boolean;
  readonly ignore: IgnoreChoice;
  readonly onIgnore: (choice: IgnoreChoice) => void;
  readonly rulesOpen: boolean;
  readonly onRulesOpen: (open: boolean) => void;
}

const kinds = [
  { value: 'all', label: 'All' },
  { value: 'llm', label: 'Model calls' },
  { value: 'tool', label: 'Tools' },
  { value: 'error', label: 'Errors' },
] as const;

/** Which pairs are shown, how many there are of each state, and what is ignored. */
export function CompareToolbar({
  alignment,
  pairs,
  filter,
  onFilter,
  isStale,
  ignore,
  onIgnore,
  rulesOpen,
  onRulesOpen,
}: CompareToolbarProps) {
  const isChangedOnly = filter.show === 'changed';
  const hidden = alignment.pairs.length - pairs.length;
  const counts = `${countWords(pairs)}${hidden === 0 ? '' : ` · ${formatCount(hidden)} internal left out`}`;
  return (
    <div className={styles.toolbar}>
      <div className={styles.kinds}>
        <Tabs
          label="Steps shown"
          look="segments"
          value={filter.kinds}
          onChange={(next) => onFilter({ ...filter, kinds: next })}
          items={kinds}
        />
      </div>
      <Button
        size="small"
        keys="o"
        aria-pressed={isChangedOnly}
        look={isChangedOnly ? 'primary' : 'default'}
        onClick={() => onFilter({ ...filter, show: isChangedOnly ? 'all' : 'changed' })}
      >
        Changed only
      </Button>
      <span className={styles.counts} title={counts} role="status">
        {isStale ? (
          <Delayed>comparing anew…</Delayed>
        ) : alignment.reading === undefined ? (
          counts
        ) : (
          <Reading {...alignment.reading} />
        )}
      </span>
      <span className={styles.space} />
      <RulesMenu
        rules={alignment.rules}
        choice={ignore}
        onChoice={onIgnore}
        open={rulesOpen}
        onOpenChange={onRulesOpen}
      />
    </div>
  );
}

/** Said only when it lasts. */
function Reading({ read, of }: { readonly read: number; readonly of: number }) {
  return (
    <Delayed>
      {formatCount(read)} of {formatCount(of)} steps read; the others are aligned by name and calls
    </Delayed>
  );
}

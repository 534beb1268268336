import { Plus, RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { runLocation } from '../../../../shared/location.ts';
import { takesThatProve } from '../../../../shared/model/costs.ts';
import type { CostFilter, CostGroup, WhatIf, WhatIfOption } from '../../../../shared/model/costs.ts';
import { formatChange } from '../../lib/format-change.ts';
import { formatMoney, formatQuantity } from '../../lib/format.ts';
import { navigate } from '../../session/location-store.ts';
import { prepareRerun } from '../../session/prepared-rerun.ts';
import { useWhatIf } from '../../session/queries.ts';
import { Button } from '../../ui/button.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { LinkButton } from '../../ui/link.tsx';
import { Select } from '../../ui/select.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { usdOf } from './cost-words.ts';
import styles from './what-if-panel.module.css';

export interface WhatIfPanelProps {
  readonly filter: CostFilter;
  /** Models of the period, dearest first. */
  readonly models: readonly CostGroup[];
}

/** The same recorded tokens at other prices: what is not known of them is a range, with its reasons. */
export function WhatIfPanel({ filter, models }: WhatIfPanelProps) {
  const names = models.flatMap(({ key, figures }) => (key === undefined || figures.priced === 0 ? [] : [key]));
  const [chosen, setChosen] = useState<string>();
  const [targets, setTargets] = useState<readonly string[]>([]);
  const model = chosen !== undefined && names.includes(chosen) ? chosen : names[0];
  const { data: answer } = useWhatIf(model === undefined ? undefined : { filter, model, targets: [...targets] });
  return (
    <section className={styles.panel} aria-labelledby="what-if">
      <h2 id="what-if" className={styles.title}>
        What if?
      </h2>
      {model === undefined ? (
        <p className={styles.text}>Nothing with a price in these days.</p>
      ) : (
        <>
          <p className={styles.text}>
            The same recorded tokens at today’s prices. Quality is yours to check: pick runs and re-run them.
          </p>
          <Select
            label="The calls of"
            value={model}
            onChange={setChosen}
            options={names.map((name) => ({ value: name, label: name }))}
          />
          {answer !== undefined && <Answer answer={answer} />}
          <AddModel
            onAdd={(name) => setTargets([...targets.filter((one) => one !== name), name].slice(-20))}
            unknown={answer?.withoutPrice ?? []}
          />
        </>
      )}
    </section>
  );
}

function Answer({ answer }: { readonly answer: WhatIf }) {
  return (
    <>
      <p className={styles.now}>
        <span>{formatQuantity(answer.calls, 'call')} as they were</span>
        <b>{formatMoney(usdOf(answer.costNanoUsd))}</b>
      </p>
      <ul className={styles.options}>
        {answer.options.map((option) => (
          <Option
            key={`${option.kind} ${option.model ?? ''}`}
            option={option}
            nowNanoUsd={answer.costNanoUsd}
            provable={answer.provable}
          />
        ))}
      </ul>
      {answer.unpriced > 0 && (
        <p className={styles.text}>{formatQuantity(answer.unpriced, 'call')} without a price left out.</p>
      )}
    </>
  );
}

const titles: { readonly [Kind in Exclude<WhatIfOption['kind'], 'model'>]: string } = {
  'no-cache': 'no prompt caching',
  batch: 'batch, same model',
  flex: 'flex tier, same model',
};

interface OptionProps {
  readonly option: WhatIfOption;
  readonly nowNanoUsd: number;
  readonly provable: WhatIf['provable'];
}

function Option({ option, nowNanoUsd, provable }: OptionProps) {
  const { proof } = option;
  const isProven = proof !== undefined && proof.takes.length >= takesThatProve;
  const { kind, sameNanoUsd: same, lowNanoUsd: low, highNanoUsd: high } = option;
  const title = kind === 'model' ? (option.model ?? '') : titles[kind];
  const change = formatChange(usdOf(nowNanoUsd), usdOf(same), 'money').percent ?? '';
  return (
    <li className={styles.option}>
      <details>
        <summary className={styles.summary}>
          <span className="truncate">{title}</span>
          <span className={styles.money}>{formatMoney(usdOf(same))}</span>
          <span className={same < nowNanoUsd ? styles.cheaper : same > nowNanoUsd ? styles.dearer : styles.equal}>
            {change}
          </span>
          <span className={styles.range}>
            {low === high && !isProven ? 'exactly' : `${formatMoney(usdOf(low))} to ${formatMoney(usdOf(high))}`}
            {isProven && `, by ${formatQuantity(proof.takes.length, 'take')}`}
          </span>
        </summary>
        <ul className={styles.reasons}>
          {option.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        {proof !== undefined && <Proof proof={proof} isProven={isProven} />}
        {kind === 'model' && provable !== undefined && !isProven && (
          <Button
            size="small"
            icon={<RotateCcw />}
            className={styles.prove}
            title={`Opens the re-run of “${provable.name}”, the run of median cost, with ${title} in place of its model`}
            onClick={() => {
              prepareRerun(provable.runId, { models: [title], repeat: String(takesThatProve) });
              navigate({ ...runLocation(provable.runId), rerun: 0 });
            }}
          >
            Prove it by {takesThatProve} takes
          </Button>
        )}
      </details>
    </li>
  );
}

/** What takes with that model came to: a range that nobody reckoned. */
function Proof({
  proof,
  isProven,
}: {
  readonly proof: NonNullable<WhatIfOption['proof']>;
  readonly isProven: boolean;
}) {
  const { takes, runs, lowNanoUsd: low, highNanoUsd: high, insteadNanoUsd: instead } = proof;
  return (
    <p className={styles.proof}>
      {isProven
        ? `Measured: the range is that of ${formatQuantity(takes.length, 'take')}`
        : `${takes.length} of ${takesThatProve} takes that prove it; they say ${formatMoney(usdOf(low))} to ${formatMoney(usdOf(high))}`}
      , made of {formatQuantity(runs, 'run')} that had cost {formatMoney(usdOf(instead))}; the same share is taken of
      all calls.{' '}
      {takes.slice(0, 10).map((runId, at) => (
        <LinkButton key={runId} look="text" onClick={() => navigate(runLocation(runId, { tab: 'cost', step: 0 }))}>
          take {at + 1}
        </LinkButton>
      ))}
    </p>
  );
}

interface AddModelProps {
  readonly onAdd: (name: string) => void;
  readonly unknown: readonly string[];
}

function AddModel({ onAdd, unknown }: AddModelProps) {
  const [name, setName] = useState('');
  const add = () => {
    const model = name.trim();
    if (model === '') return;
    onAdd(model);
    setName('');
  };
  return (
    <>
      <TextField
        label="Another model"
        placeholder="another model, e.g. gpt-5-mini"
        value={name}
        maxLength={200}
        onChange={setName}
        onKeyDown={(event) => {
          if (event.key === 'Enter') add();
        }}
        trailing={<IconButton label="Look at that model" icon={<Plus />} size="small" onClick={add} />}
      />
      {unknown.length > 0 && (
        <p className={styles.text} role="status">
          No price for {unknown.join(', ')}. You can add one under Settings, Prices.
        </p>
      )}
    </>
  );
}

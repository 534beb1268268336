import { useState } from 'react';
import { z } from 'zod';
import type { StepSum, StepSums } from '../../../../../shared/model/step-sums.ts';
import type { StepKind } from '../../../../../shared/model/step.ts';
import { stepKinds } from '../../../../../shared/model/step.ts';
import {
  formatCount,
  formatDuration,
  formatMoneyAtLeast,
  formatQuantity,
  formatShare,
  formatTokens,
} from '../../../lib/format.ts';
import { storedValue } from '../../../lib/stored-value.ts';
import { kindWord } from '../../../ui/kind-icon.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Tabs } from '../../../ui/tabs.tsx';
import styles from './sums.module.css';

const groupings = ['kinds', 'models', 'tools', 'agents', 'steps'] as const;
type Grouping = (typeof groupings)[number];
const words: Readonly<Record<Grouping, string>> = {
  kinds: 'kind',
  models: 'model',
  tools: 'tool',
  agents: 'agent',
  steps: 'step',
};

const storedGrouping = storedValue<Grouping>('retake.run.sums-by', z.enum(groupings), 'kinds');

const mostRows = 12;

/** Where time, tokens and money went, by one thing at a time; the largest first. */
export function SumsView({ sums, onStep }: { readonly sums: StepSums; readonly onStep: (index: number) => void }) {
  const [by, setBy] = useState(() => storedGrouping.read());
  const [all, setAll] = useState(false);
  const present = groupings.filter((grouping) => sums[grouping].length > 0);
  const shown = present.includes(by) ? by : (present[0] ?? 'kinds');
  const rows: readonly (StepSum & { readonly index?: number })[] = sums[shown];
  const { total } = sums;
  return (
    <div className={styles.sums}>
      <Tabs
        label="Sums by"
        look="segments"
        value={shown}
        onChange={(next) => {
          storedGrouping.write(next);
          setBy(next);
        }}
        items={present.map((value) => ({ value, label: words[value] }))}
      />
      <table className={styles.table}>
        <caption className="visually-hidden">Time, tokens and money by {words[shown]}</caption>
        <thead>
          <tr>
            <th scope="col">{words[shown]}</th>
            <th scope="col">{shown === 'steps' ? '' : 'steps'}</th>
            <th scope="col" title="Without the steps inside; steps at the same time add up">
              time
            </th>
            <th scope="col">tokens in</th>
            <th scope="col">out</th>
            <th scope="col">cost</th>
            <th scope="col">share</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, all ? undefined : mostRows).map((row) => (
            <tr key={row.index ?? row.name}>
              <th scope="row">
                {row.index === undefined ? (
                  nameOf(shown, row.name)
                ) : (
                  <LinkButton look="text" onClick={() => onStep(row.index ?? 0)}>
                    {row.index} · {row.name}
                  </LinkButton>
                )}
                {row.errors > 0 && <span className={styles.errors}> ▲ {formatCount(row.errors)} failed</span>}
              </th>
              <td>{shown === 'steps' ? '' : formatCount(row.steps)}</td>
              <td>{formatDuration(row.timeMs)}</td>
              <td>{tokens(row.input)}</td>
              <td>{tokens(row.output)}</td>
              <td>{row.input + row.output + row.unpriced > 0 ? formatMoneyAtLeast(row.costUsd, row.unpriced) : ''}</td>
              <td>{shareOf(row, total)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">all</th>
            <td>{formatCount(total.steps)}</td>
            <td>{formatDuration(total.timeMs)}</td>
            <td>{tokens(total.input)}</td>
            <td>{tokens(total.output)}</td>
            <td>
              {total.input + total.output + total.unpriced > 0 ? formatMoneyAtLeast(total.costUsd, total.unpriced) : ''}
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
      {rows.length > mostRows && (
        <LinkButton onClick={() => setAll(!all)}>
          {all ? 'show less' : `… ${formatQuantity(rows.length - mostRows, 'more row')}`}
        </LinkButton>
      )}
    </div>
  );
}

const isKind = (name: string): name is StepKind => stepKinds.some((kind) => kind === name);

/** An agent's and a chain's own time is what the framework takes between the steps inside. */
function nameOf(grouping: Grouping, name: string): string {
  if (grouping !== 'kinds' || !isKind(name)) return name;
  return name === 'agent' || name === 'chain' ? `${kindWord(name)}, between its steps` : kindWord(name);
}

/** Of the money where there is any, else of the time. */
function shareOf(row: StepSum, total: StepSums['total']): string {
  if (total.costUsd !== undefined && total.costUsd > 0)
    return row.costUsd === undefined ? '' : formatShare(row.costUsd, total.costUsd);
  return formatShare(row.timeMs, total.timeMs);
}

const tokens = (count: number): string => (count === 0 ? '' : formatTokens(count));

const toolKinds = new Set(['tool', 'retrieval', 'embedding', 'rerank', 'guardrail', 'evaluator', 'http', 'db']);

/** `model 3.2s · tools 1.9s · framework 0.9s`: on whom a run waited. */
export function waitedOn(sums: StepSums): string {
  const time = (isIt: (kind: string) => boolean) =>
    sums.kinds.filter(({ name }) => isIt(name)).reduce((sum, { timeMs }) => sum + timeMs, 0);
  const parts = [
    ['model', time((kind) => kind === 'llm')],
    ['tools', time((kind) => toolKinds.has(kind))],
    ['framework', time((kind) => kind !== 'llm' && !toolKinds.has(kind))],
  ] as const;
  return parts
    .filter(([, ms]) => ms > 0)
    .map(([name, ms]) => `${name} ${formatDuration(ms)}`)
    .join(' · ');
}

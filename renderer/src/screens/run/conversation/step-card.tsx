import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import type { StepDetail, StepTable } from '../../../../../shared/contract.ts';
import type { Message, Part } from '../../../../../shared/model/message.ts';
import type { StepKind } from '../../../../../shared/model/step.ts';
import type { Verdict } from '../../../../../shared/model/take.ts';
import { classNames } from '../../../lib/class-names.ts';
import { messageOf } from '../../../lib/error-message.ts';
import {
  formatDuration,
  formatMoney,
  formatQuantity,
  formatShare,
  formatTokens,
  noPrice,
} from '../../../lib/format.ts';
import { Badge } from '../../../ui/badge.tsx';
import { KindIcon } from '../../../ui/kind-icon.tsx';
import { MessageCard, MessageParts, ResultText } from '../../../ui/message-card.tsx';
import { statusWord } from '../../../ui/status-mark.tsx';
import { knownFigure, textOf, toolNames } from '../step-text.ts';
import { StateChip } from '../take/state-chip.tsx';
import type { StepRow } from '../timeline/timeline-rows.ts';
import { useStep } from '../use-step.ts';
import styles from './conversation-lens.module.css';

/** Lines of a tool's result in the flow; the inspector shows it whole. */
const resultLines = 5;
const resultCharacters = 500;

export interface StepCardProps {
  readonly runId: string;
  readonly callState: Verdict['states'][number] | undefined;
  readonly table: StepTable;
  readonly row: StepRow;
  readonly selected: boolean;
  readonly onSelect: (index: number) => void;
  readonly onCollapse: (index: number, collapsed: boolean) => void;
}

/** One step of the flow: its header is known from the table, its words are loaded when it comes into view. */
export function StepCard({ runId, callState, table, row, selected, onSelect, onCollapse }: StepCardProps) {
  const { index } = row;
  const kind = table.kind[index] ?? 'other';
  const hasWords = kind === 'llm' || kind === 'tool';
  const { data: step, error } = useStep(runId, index, hasWords);
  const failed = table.status[index] === 'error';
  const name = textOf(table, 'name', index) ?? kind;
  // A model's words follow below.
  const preview = kind === 'llm' ? undefined : textOf(table, 'preview', index);
  const Twisty = row.expanded ? ChevronDown : ChevronRight;
  return (
    <>
      {step !== undefined && kind === 'llm' && <Asked step={step} />}
      <article
        className={classNames(
          styles.card,
          selected && styles.selected,
          failed && styles.failed,
          kind === 'agent' && styles.agent,
        )}
        aria-label={`Step ${index}, ${name}`}
        aria-current={selected ? 'step' : undefined}
        data-step={index}
        onClick={() => onSelect(index)}
      >
        <header className={styles.header}>
          <KindIcon kind={kind} muted={!row.matches} />
          <span className={styles.title}>
            {index} · {name}
          </span>
          {preview !== undefined && <span className={styles.preview}>{preview}</span>}
          {callState !== undefined && (
            <StateChip state={callState.state} ignored={callState.ignored} reason={callState.reason} />
          )}
          {failed && (
            <Badge tone="error">
              <TriangleAlert aria-hidden className={styles.badgeIcon} />{' '}
              {textOf(table, 'errorText', index)?.split('\n', 1)[0]?.slice(0, 40) ?? 'failed'}
            </Badge>
          )}
          <span className={styles.figures}>{figuresOf(table, index, kind)}</span>
          {row.expandable && kind !== 'llm' && (
            <button
              type="button"
              className={styles.twisty}
              aria-expanded={row.expanded}
              aria-label={row.expanded ? 'Fold the steps inside' : 'Show the steps inside'}
              onClick={(event) => {
                event.stopPropagation();
                onCollapse(index, row.expanded);
              }}
            >
              <Twisty aria-hidden />
            </button>
          )}
        </header>
        {error !== null && (
          <p className={styles.problem} role="alert">
            It could not be read: {messageOf(error)}
          </p>
        )}
        {step !== undefined && <Words step={step} kind={kind} />}
      </article>
    </>
  );
}

function figuresOf(table: StepTable, index: number, kind: StepKind): string {
  const input = knownFigure(table.input[index]);
  const cached = knownFigure(table.cacheRead[index]);
  const cost = knownFigure(table.costUsd[index]);
  const isOwn = table.usageRole[index] === 'own';
  const parts: string[] = [];
  if (kind === 'llm' && input !== undefined) parts.push(`${formatTokens(input)} in`);
  if (kind === 'llm' && cached !== undefined && cached > 0) parts.push(`${formatShare(cached, input)} cached`);
  if (isOwn) parts.push(cost === undefined ? noPrice : formatMoney(cost));
  const duration = table.duration[index] ?? -1;
  if (duration >= 0) parts.push(formatDuration(duration));
  else if (table.status[index] === 'running') parts.push(statusWord('running'));
  return parts.join(' · ');
}

/** What came in since the previous llm step, apart from tool results: those stand at their own steps. */
function Asked({ step }: { readonly step: StepDetail }) {
  const asked = useMemo(() => step.messages.fresh.filter(isAsked), [step]);
  const names = useMemo(() => toolNames(step.messages.fresh), [step]);
  return asked.map((message, at) => (
    <MessageCard key={at} message={message} toolNames={names} lines={message.role === 'system' ? 3 : 30} />
  ));
}

function isAsked(message: Message): boolean {
  return (
    message.role !== 'assistant' &&
    message.role !== 'model' &&
    message.parts.some((part) => part.type !== 'tool_result')
  );
}

function Words({ step, kind }: { readonly step: StepDetail; readonly kind: StepKind }) {
  if (kind === 'tool') {
    const result = step.tool?.result;
    if (result === undefined || result === '')
      return step.error?.message === undefined ? null : (
        <div className={styles.body}>
          <ResultText text={step.error.message} lines={resultLines} />
        </div>
      );
    return (
      <div className={styles.body}>
        <ResultText text={result} lines={resultLines} characters={resultCharacters} asText />
      </div>
    );
  }
  if (kind !== 'llm') return null;
  const withStep = new Set(step.calls.filter((call) => call.index !== undefined).map((call) => call.id ?? call.name));
  // A call that has a step of its own is read there.
  const parts = step.messages.output
    .flatMap((message) => message.parts)
    .filter((part) => !(part.type === 'tool_call' && withStep.has(part.id ?? part.name)));
  const calls = step.messages.output.flatMap((message) => message.parts).filter((part) => part.type === 'tool_call');
  if (parts.length === 0) return <p className={styles.quiet}>{quietWords(step, calls)}</p>;
  return (
    <div className={styles.body}>
      <MessageParts parts={parts} toolNames={new Map()} />
    </div>
  );
}

function quietWords(step: StepDetail, calls: readonly Extract<Part, { type: 'tool_call' }>[]): string {
  if (calls.length > 0) return `calls ${calls.map((call) => call.name).join(', ')}`;
  if (step.error !== undefined) return step.error.message ?? 'It failed without an answer.';
  if (step.status === 'running') return 'Waiting for the answer.';
  return step.contentState === 'none'
    ? 'The client sent no content with this call.'
    : `No words in ${formatQuantity(step.messages.output.length, 'output message')}.`;
}

import { useMemo } from 'react';
import type { StepDetail } from '../../../../../shared/contract.ts';
import { messageOf } from '../../../lib/error-message.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { useStepRaw } from '../../../session/queries.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Delayed } from '../../../ui/delayed.tsx';
import { indentJson } from '../../../ui/json-tokens.ts';
import { LongText } from '../../../ui/long-text.tsx';
import shared from './inspector.module.css';

/** Longer JSON is shown as it comes: indenting a megabyte takes a tenth of a second. */
const mostIndented = 400_000;

/** The span as OpenTelemetry JSON: what was sent, whole. */
export function RawTab({ step }: { readonly step: StepDetail }) {
  const { data, isPending, error, refetch } = useStepRaw(step.runId, step.index);
  const json = data?.json;
  const text = useMemo(() => (json === undefined ? '' : json.length > mostIndented ? json : indentJson(json)), [json]);
  if (isPending)
    return (
      <Delayed>
        <div className={shared.flow}>
          <p className={shared.hint}>Loading…</p>
        </div>
      </Delayed>
    );
  if (error !== null) {
    return (
      <div className={shared.flow}>
        <p className={shared.problem} role="alert">
          The span could not be read: {messageOf(error)}{' '}
          <button type="button" className={shared.link} onClick={() => void refetch()}>
            Try again
          </button>
        </p>
      </div>
    );
  }
  return (
    <div className={shared.flow}>
      <div className={shared.foldLine}>
        <p className={shared.hint}>
          {step.origin === 'span'
            ? 'The span as OpenTelemetry JSON'
            : 'What this step was made from, as OpenTelemetry JSON'}{' '}
          · {formatQuantity(data.json.length, 'character')}
        </p>
        <CopyButton text={data.json} label="Copy the span as JSON" withWord />
      </div>
      <LongText text={text} look="code" colour="json" lines={Infinity} />
    </div>
  );
}

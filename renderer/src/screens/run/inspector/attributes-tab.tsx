import { useDeferredValue, useState } from 'react';
import type { AttributeRow, StepDetail } from '../../../../../shared/contract.ts';
import { messageOf } from '../../../lib/error-message.ts';
import { formatCount, formatQuantity } from '../../../lib/format.ts';
import { backend } from '../../../session/backend-client.ts';
import { useStepAttribute } from '../../../session/queries.ts';
import { clipText } from '../../../ui/clip-text.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { LongText } from '../../../ui/long-text.tsx';
import { TextField } from '../../../ui/text-field.tsx';
import styles from './attributes-tab.module.css';
import shared from './inspector.module.css';

/** Rows drawn at first: a span may carry thousands of attributes. */
const firstRows = 300;
/** Of a long value, at first. */
const cutCharacters = 600;
const firstLines = 6;

/** Everything the span carries, as it was sent. */
export function AttributesTab({ step }: { readonly step: StepDetail }) {
  const [filter, setFilter] = useState('');
  const deferred = useDeferredValue(filter.trim().toLowerCase());
  const scope: readonly AttributeRow[] = [step.scope.name, step.scope.version].some((text) => text !== '')
    ? [textRow('name', step.scope.name), textRow('version', step.scope.version)].filter((row) => row.text !== '')
    : [];
  const facts: readonly AttributeRow[] = [
    textRow('span name', step.rawName),
    textRow('span id', step.id),
    ...(step.parentId === undefined ? [] : [textRow('parent span id', step.parentId)]),
    textRow('convention', step.convention),
    ...step.links.map((link) => textRow('link', `${link.traceId} ${link.spanId}`)),
  ];
  const parameters = step.parameters.map((parameter) => textRow(parameter.name, parameter.value));
  return (
    <div className={shared.flow}>
      <TextField label="Filter attributes" placeholder="Filter attributes" value={filter} onChange={setFilter} />
      <Group title="Span" rows={step.attributes} filter={deferred} step={step} of="span" />
      <Group title="Request parameters" rows={parameters} filter={deferred} step={step} />
      <Group title="Resource" rows={step.resource} filter={deferred} step={step} of="resource" />
      <Group title="Scope" rows={scope} filter={deferred} step={step} />
      <Group title="Identity" rows={facts} filter={deferred} step={step} />
    </div>
  );
}

function textRow(key: string, text: string): AttributeRow {
  return { key, type: 'string', text, length: text.length };
}

interface GroupProps {
  readonly title: string;
  readonly rows: readonly AttributeRow[];
  readonly filter: string;
  readonly step: StepDetail;
  /** Where the full text of a cut value can be had; absent where rows are never cut. */
  readonly of?: 'span' | 'resource';
}

function Group({ title, rows, filter, step, of }: GroupProps) {
  const [limit, setLimit] = useState(firstRows);
  const found =
    filter === ''
      ? rows
      : rows.filter((row) => row.key.toLowerCase().includes(filter) || row.text.toLowerCase().includes(filter));
  if (rows.length === 0) return null;
  return (
    <section aria-label={`${title} attributes`}>
      <h3 className={styles.group}>
        {title} <span>{found.length === rows.length ? rows.length : `${found.length} of ${rows.length}`}</span>
      </h3>
      <dl className={styles.list}>
        {found.slice(0, limit).map((row, at) => (
          <Row key={`${at} ${row.key}`} row={row} step={step} of={of} />
        ))}
      </dl>
      {found.length > limit && (
        <button type="button" className={shared.fold} onClick={() => setLimit(limit + firstRows * 4)}>
          {formatQuantity(found.length - limit, 'more attribute')}
        </button>
      )}
    </section>
  );
}

function Row({
  row,
  step,
  of,
}: {
  readonly row: AttributeRow;
  readonly step: StepDetail;
  readonly of: 'span' | 'resource' | undefined;
}) {
  const isCut = row.length > row.text.length && of !== undefined;
  const [wanted, setWanted] = useState(false);
  const full = useStepAttribute(step.runId, step.index, row.key, of ?? 'span', wanted && isCut);
  const text = full.data?.text ?? (isCut ? clipText(row.text, cutCharacters, firstLines).shown : row.text);
  const copy =
    isCut && of !== undefined
      ? async () => (await backend.steps.attribute({ runId: step.runId, index: step.index, key: row.key, of })).text
      : row.text;
  return (
    <div className={styles.row}>
      <dt className={styles.key}>
        {row.key}
        {row.type === 'string' ? null : <span className={styles.type}>{row.type}</span>}
      </dt>
      <dd className={styles.value}>
        <div className={styles.text}>
          {text === '' ? (
            <span className={shared.hint}>{row.type === 'empty' ? 'no value' : 'empty'}</span>
          ) : (
            <LongText
              text={text}
              look="code"
              lines={wanted ? 400 : firstLines}
              characters={wanted ? 20_000 : cutCharacters}
              colour={row.type === 'array' || row.type === 'map' ? 'json' : undefined}
            />
          )}
          {isCut && full.data === undefined && (
            <button type="button" className={shared.fold} onClick={() => setWanted(true)}>
              {full.isFetching ? 'Loading…' : `Show all ${formatCount(row.length)} characters`}
            </button>
          )}
          {full.error !== null && (
            <p className={shared.problem} role="alert">
              It could not be read: {messageOf(full.error)}
            </p>
          )}
        </div>
        <span className={styles.copy}>
          <CopyButton text={copy} label={`Copy the value of ${row.key}`} />
        </span>
      </dd>
    </div>
  );
}

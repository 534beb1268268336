import { X } from 'lucide-react';
import { useState } from 'react';
import { allProviders } from '../../../../../shared/model/provider-keys.ts';
import type { ModelProvider, TakePlan } from '../../../../../shared/model/take.ts';
import { noPrice } from '../../../lib/format.ts';
import { Badge } from '../../../ui/badge.tsx';
import { ComboField } from '../../../ui/combo-field.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Select } from '../../../ui/select.tsx';
import { AddButton } from './add-button.tsx';
import { fieldOf } from './edit-form.ts';
import type { EditForm, ForkRequest } from './edit-form.ts';
import type { ChangeForm } from './message-editor.tsx';
import { Problems } from './problems.tsx';
import styles from './changes.module.css';

export interface ModelAndParametersProps {
  readonly request: ForkRequest;
  readonly form: EditForm;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
  readonly plan: TakePlan | undefined;
  readonly models: readonly string[];
  readonly providers: readonly ModelProvider[];
}

const scopes = [
  { value: 'run', label: 'every live call' },
  { value: 'fork', label: 'the first live call only' },
] as const;
/** Offered when a parameter is added; any other name can be typed. */
const usualParameters = [
  'temperature',
  'top_p',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'reasoning_effort',
  'seed',
  'stop',
  'tool_choice',
  'parallel_tool_calls',
  'thinking',
];

/** Model, provider and parameters, beside what they were. */
export function ModelAndParameters({
  request,
  form,
  change,
  problems,
  plan,
  models,
  providers,
}: ModelAndParametersProps) {
  const isOtherModel = form.model.trim() !== '' && form.model.trim() !== request.model;
  const added = form.parameters.filter(
    ({ name, json }) => json !== undefined && !request.parameters.some((parameter) => parameter.name === name),
  );
  const setParameter = (name: string, json: string | undefined) =>
    change((now) => ({ ...now, parameters: [...now.parameters.filter((one) => one.name !== name), { name, json }] }));
  const forget = (name: string) =>
    change((now) => ({ ...now, parameters: now.parameters.filter((one) => one.name !== name) }));
  const touched =
    isOtherModel ||
    form.provider !== '' ||
    form.parameters.length > 0 ||
    form.toolsAdded.length > 0 ||
    form.toolsRemoved.size > 0;
  return (
    <div className={styles.settings}>
      <div className={styles.row}>
        <span className={styles.rowLabel}>Model</span>
        <ComboField
          className={styles.modelField}
          label="Model"
          value={form.model}
          options={models}
          placeholder={request.model ?? 'as recorded'}
          invalid={problems.has(fieldOf.model)}
          onChange={(model) => change((now) => ({ ...now, model }))}
        />
        {isOtherModel && request.model !== undefined && (
          <s className={styles.was} title="As recorded">
            {request.model}
          </s>
        )}
        {isOtherModel && <Estimate plan={plan} />}
        {form.model !== '' && (
          <IconButton
            label="Revert the model"
            icon={<X />}
            size="small"
            onClick={() => change((now) => ({ ...now, model: '' }))}
          />
        )}
      </div>
      <div className={styles.row}>
        <span className={styles.rowLabel}>Provider</span>
        <Select
          label="Provider"
          value={form.provider}
          onChange={(provider) => change((now) => ({ ...now, provider }))}
          options={[
            { value: '', label: request.provider === undefined ? 'as recorded' : `${request.provider} (as recorded)` },
            ...allProviders(providers).map(({ id }) => ({ value: id, label: id })),
          ]}
        />
        {form.provider !== '' && <span className={styles.quietInline}>Retake translates between the two formats.</span>}
      </div>
      <Problems messages={problems.get(fieldOf.model)} />
      {request.parameters.map(({ name, json }) => {
        const changed = form.parameters.find((one) => one.name === name);
        return (
          <ParameterRow
            key={name}
            name={name}
            recorded={json}
            value={changed === undefined ? json : changed.json}
            problems={problems.get(fieldOf.parameter(name))}
            onChange={(next) => setParameter(name, next)}
            onRevert={changed === undefined ? undefined : () => forget(name)}
            onRemove={() => setParameter(name, undefined)}
          />
        );
      })}
      {added.map(({ name, json }) => (
        <ParameterRow
          key={name}
          name={name}
          recorded={undefined}
          value={json}
          problems={problems.get(fieldOf.parameter(name))}
          onChange={(next) => setParameter(name, next)}
          onRevert={undefined}
          onRemove={() => forget(name)}
        />
      ))}
      <div className={styles.row}>
        <NewParameter
          taken={[...request.parameters, ...added].map(({ name }) => name)}
          onAdd={(name) => setParameter(name, '')}
        />
        {touched && (
          <>
            <span className={styles.space} />
            <span className={styles.quietInline}>holds for</span>
            <Select
              label="Model and parameters hold for"
              value={form.scope}
              options={scopes}
              onChange={(scope) => change((now) => ({ ...now, scope }))}
              className={styles.small}
            />
          </>
        )}
      </div>
    </div>
  );
}

/** By how much a take changes in price, where both are known. */
function Estimate({ plan }: { readonly plan: TakePlan | undefined }) {
  const { usd, originalUsd } = plan?.estimate ?? {};
  if (plan === undefined) return null;
  if (usd === undefined) return <Badge title="This model has no price: add one in Settings">{noPrice}</Badge>;
  if (originalUsd === undefined || originalUsd === 0) return null;
  const percent = Math.round((usd / originalUsd - 1) * 100);
  if (percent === 0) return <Badge>est. same price</Badge>;
  return (
    <Badge tone={percent < 0 ? 'ok' : 'warn'}>
      est. {percent < 0 ? '−' : '+'}
      {Math.abs(percent)}% per take
    </Badge>
  );
}

interface ParameterRowProps {
  readonly name: string;
  readonly recorded: string | undefined;
  /** Undefined: taken out of the request. */
  readonly value: string | undefined;
  readonly problems: readonly string[] | undefined;
  readonly onChange: (json: string) => void;
  readonly onRevert: (() => void) | undefined;
  readonly onRemove: () => void;
}

function ParameterRow({ name, recorded, value, problems, onChange, onRevert, onRemove }: ParameterRowProps) {
  const isChanged = value !== recorded;
  return (
    <>
      <div className={styles.row}>
        <span className={styles.rowLabel} title={name}>
          {name}
        </span>
        {value === undefined ? (
          <span className={styles.was}>not sent</span>
        ) : (
          <input
            className={styles.parameter}
            aria-label={name}
            aria-invalid={problems !== undefined}
            value={value}
            spellCheck={false}
            autoComplete="off"
            placeholder="JSON"
            maxLength={100_000}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
        {isChanged && recorded !== undefined && (
          <s className={styles.was} title="As recorded">
            {recorded.length > 40 ? `${recorded.slice(0, 40)}…` : recorded}
          </s>
        )}
        {recorded === undefined && <Badge tone="ok">new</Badge>}
        {onRevert !== undefined && isChanged && (
          <LinkButton className={styles.link} onClick={onRevert}>
            revert
          </LinkButton>
        )}
        {value !== undefined && (
          <IconButton label={`Do not send ${name}`} icon={<X />} size="small" onClick={onRemove} />
        )}
      </div>
      <Problems messages={problems} />
    </>
  );
}

function NewParameter({ taken, onAdd }: { readonly taken: readonly string[]; readonly onAdd: (name: string) => void }) {
  const [name, setName] = useState<string>();
  if (name === undefined) return <AddButton label="Add parameter" onClick={() => setName('')} />;
  const trimmed = name.trim();
  const add = () => {
    if (trimmed === '' || taken.includes(trimmed)) return;
    onAdd(trimmed);
    setName(undefined);
  };
  return (
    <>
      <ComboField
        className={styles.modelField}
        label="Name of the new parameter"
        value={name}
        options={usualParameters.filter((one) => !taken.includes(one))}
        placeholder="name"
        invalid={taken.includes(trimmed)}
        onChange={setName}
        onEnter={add}
      />
      <AddButton label="Add" onClick={add} />
      <LinkButton className={styles.link} onClick={() => setName(undefined)}>
        cancel
      </LinkButton>
    </>
  );
}

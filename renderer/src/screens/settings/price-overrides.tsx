import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import type { FormEvent } from 'react';
import type { PriceOverride } from '../../../../shared/model/cost.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatMoney } from '../../lib/format.ts';
import { showToast } from '../../lib/toasts.ts';
import { useInfo, useSettings, useUpdateSettings } from '../../session/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { draftOf, emptyDraft, readDraft } from './price-form.ts';
import type { PriceDraft, PriceErrors, PriceField } from './price-form.ts';
import { Section } from './section.tsx';
import styles from './price-overrides.module.css';

/** The user's own prices: asked before the catalogue; a change re-prices what it touches. */
export function PriceOverrides() {
  const { data: settings } = useSettings();
  const { data: info } = useInfo();
  const { mutate, isPending } = useUpdateSettings();
  /** Index of the price being edited; -1 for a new one. */
  const [editing, setEditing] = useState<number>();
  if (settings === undefined) return null;
  const prices = settings.priceOverrides;

  const save = (next: readonly PriceOverride[], after?: () => void) =>
    mutate(
      { ...settings, priceOverrides: [...next] },
      {
        onSuccess: () => after?.(),
        onError: (error) => showToast({ tone: 'error', title: 'The prices were not saved', text: messageOf(error) }),
      },
    );

  return (
    <Section
      title="Prices"
      text={
        <>
          Your own prices come first, then the catalogue
          {info !== undefined && ` (${info.prices.source}, ${info.prices.date})`}. US dollars per million tokens.
        </>
      }
      action={
        <Button icon={<Plus />} onClick={() => setEditing(-1)}>
          Add a price
        </Button>
      }
    >
      {prices.length === 0 ? (
        <p className={styles.none}>
          No prices of your own. Add one for a model that shows “no price”, or for what you really pay.
        </p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th>Model</th>
              <th>Provider</th>
              <th>Input</th>
              <th>Output</th>
              <th>Cache read</th>
              <th>Cache write</th>
              <th>From</th>
              <th>
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {prices.map((price, index) => (
              <tr key={index}>
                <td>
                  <code>{price.model}</code>
                </td>
                <td>{price.provider ?? 'any'}</td>
                <td>{formatMoney(price.input)}</td>
                <td>{formatMoney(price.output)}</td>
                <td>{price.cacheRead === undefined ? 'as input' : formatMoney(price.cacheRead)}</td>
                <td>{price.cacheWrite === undefined ? 'as input' : formatMoney(price.cacheWrite)}</td>
                <td>{price.from ?? 'always'}</td>
                <td className={styles.actions}>
                  <IconButton
                    label={`Edit the price of ${price.model}`}
                    icon={<Pencil />}
                    size="small"
                    onClick={() => setEditing(index)}
                  />
                  <IconButton
                    label={`Delete the price of ${price.model}`}
                    icon={<Trash2 />}
                    size="small"
                    disabled={isPending}
                    onClick={() => save(prices.filter((_, at) => at !== index))}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {editing !== undefined && (
        <PriceDialog
          initial={prices[editing]}
          isSaving={isPending}
          onClose={() => setEditing(undefined)}
          onSave={(price) =>
            save(editing < 0 ? [...prices, price] : prices.map((one, at) => (at === editing ? price : one)), () =>
              setEditing(undefined),
            )
          }
        />
      )}
    </Section>
  );
}

interface PriceDialogProps {
  readonly initial: PriceOverride | undefined;
  readonly isSaving: boolean;
  readonly onClose: () => void;
  readonly onSave: (price: PriceOverride) => void;
}

function PriceDialog({ initial, isSaving, onClose, onSave }: PriceDialogProps) {
  const [draft, setDraft] = useState<PriceDraft>(initial === undefined ? emptyDraft : draftOf(initial));
  const [errors, setErrors] = useState<PriceErrors>({});
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readDraft(draft);
    if ('price' in read) onSave({ ...initial, ...read.price });
    else setErrors(read.errors);
  };
  const first = useRef<HTMLInputElement>(null);
  const field = (name: PriceField, label: string, placeholder: string) => (
    <TextField
      {...(name === 'model' ? { ref: first } : {})}
      label={label}
      showLabel
      value={draft[name]}
      placeholder={placeholder}
      error={errors[name]}
      onChange={(value) => {
        setDraft({ ...draft, [name]: value });
        setErrors({ ...errors, [name]: undefined });
      }}
    />
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={initial === undefined ? 'Add a price' : `Price of ${initial.model}`}
      width="small"
      initialFocus={first}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="price" disabled={isSaving}>
            Save
          </Button>
        </>
      }
    >
      <form id="price" className={styles.form} onSubmit={submit}>
        {field('model', 'Model (* stands for anything)', 'qwen3-32b, gpt-5.1*')}
        {field('provider', 'Provider (empty: every one)', 'openai')}
        {field('input', 'Input, $ per million', '0.40')}
        {field('output', 'Output, $ per million', '1.20')}
        {field('cacheRead', 'Cache read, $ per million', 'as input')}
        {field('cacheWrite', 'Cache write, $ per million', 'as input')}
        {field('from', 'From this day on (empty: always)', '2026-11-24')}
      </form>
    </Dialog>
  );
}

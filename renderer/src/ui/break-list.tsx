import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import { breakWords } from '../../../shared/model/break.ts';
import { addDraft, breakKinds } from '../lib/break-form.ts';
import type { BreakKind, BreaksForm } from '../lib/break-form.ts';
import { IconButton } from './icon-button.tsx';
import { Select } from './select.tsx';
import { TextField } from './text-field.tsx';
import styles from './break-list.module.css';

export interface BreakListProps {
  readonly form: BreaksForm;
  readonly onChange: (form: BreaksForm) => void;
  /** The field in which a condition is typed. */
  readonly fieldRef?: Ref<HTMLInputElement>;
}

/** Conditions under which calls are held: each can be switched off and taken away, one is typed below. */
export function BreakList({ form, onChange, fieldRef }: BreakListProps) {
  const [problem, setProblem] = useState<string>();
  const { breaks, draft } = form;
  const setDraft = (change: Partial<BreaksForm['draft']>) => {
    setProblem(undefined);
    onChange({ ...form, draft: { ...draft, ...change } });
  };
  const add = () => {
    const added = addDraft(form);
    if ('problem' in added) setProblem(added.problem);
    else onChange(added.form);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
    // Enter in a form would start the run.
    event.preventDefault();
    add();
  };
  return (
    <div className={styles.breaks} role="group" aria-label="Break before a call">
      {breaks.length > 0 && (
        <ul className={styles.list} aria-label="Conditions">
          {breaks.map(({ condition, enabled }, at) => {
            const words = breakWords(condition);
            return (
              <li key={words} className={styles.one} data-off={!enabled}>
                <label className={styles.words}>
                  <input
                    type="checkbox"
                    checked={enabled}
                    onChange={(event) =>
                      onChange({
                        ...form,
                        breaks: breaks.with(at, { condition, enabled: event.target.checked }),
                      })
                    }
                  />
                  <span>{words}</span>
                </label>
                {!enabled && <span className={styles.quiet}>off</span>}
                <IconButton
                  label={`Remove: ${words}`}
                  icon={<X />}
                  size="small"
                  onClick={() => onChange({ ...form, breaks: breaks.filter((_, other) => other !== at) })}
                />
              </li>
            );
          })}
        </ul>
      )}
      <div className={styles.add} onKeyDown={onKeyDown}>
        <Select<BreakKind>
          label="Break when"
          value={draft.kind}
          options={breakKinds}
          onChange={(kind) => setDraft({ kind })}
          className={styles.kind}
        />
        <TextField
          {...(fieldRef === undefined ? {} : { ref: fieldRef })}
          label="Value of the condition"
          className={styles.value}
          value={draft.value}
          placeholder={placeholders[draft.kind]}
          maxLength={2_000}
          error={problem}
          onChange={(value) => setDraft({ value })}
        />
        {draft.kind === 'tool' && (
          <TextField
            label="Text in its arguments"
            className={styles.value}
            value={draft.argument}
            placeholder="with any arguments"
            maxLength={2_000}
            onChange={(argument) => setDraft({ argument })}
          />
        )}
        <IconButton label="Add the condition" icon={<Plus />} onClick={add} />
      </div>
    </div>
  );
}

const placeholders: Readonly<Record<BreakKind, string>> = {
  tool: 'refund_order',
  offers: 'refund_*',
  model: 'gpt-5*',
  cost: '$0.50',
  tokens: '100000',
  characters: '400000',
  call: '7',
  text: 'a text',
};

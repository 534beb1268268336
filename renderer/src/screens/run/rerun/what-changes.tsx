import { Ellipsis } from 'lucide-react';
import { useRef } from 'react';
import { editFileSchema } from '../../../../../shared/model/edit.ts';
import type { ModelProvider, TakePlan } from '../../../../../shared/model/take.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { showToast } from '../../../lib/toasts.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { emptyForm, formOf } from './edit-form.ts';
import type { BuiltEdits, EditForm, ForkRequest } from './edit-form.ts';
import type { ChangeForm } from './message-editor.tsx';
import { MessageList } from './message-list.tsx';
import { ModelAndParameters } from './model-and-parameters.tsx';
import { MoreChanges } from './more-changes.tsx';
import styles from './changes.module.css';

export interface WhatChangesProps {
  readonly runId: string;
  readonly fromStep: number;
  readonly request: ForkRequest | undefined;
  readonly replaysAll: boolean;
  readonly form: EditForm;
  readonly built: BuiltEdits | undefined;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
  readonly plan: TakePlan | undefined;
  readonly models: readonly string[];
  readonly providers: readonly ModelProvider[];
}

/** Middle of the sheet: the recorded request of the fork, everything of it editable, each edit beside what it was. */
export function WhatChanges({
  runId,
  fromStep,
  request,
  replaysAll,
  form,
  built,
  change,
  problems,
  plan,
  models,
  providers,
}: WhatChangesProps) {
  const count = built?.edits.length ?? 0;
  return (
    <section className={styles.column} aria-label="What changes">
      <header className={styles.header}>
        <h3 className={styles.title}>What changes</h3>
        {count > 0 && <Badge tone="accent">{formatQuantity(count, 'edit')}</Badge>}
        <span className={styles.space} />
        {form !== emptyForm && (
          <Button look="ghost" size="small" onClick={() => change(() => emptyForm)}>
            Reset
          </Button>
        )}
        {request !== undefined && <EditsMenu request={request} built={built} change={change} />}
      </header>
      {request === undefined && (
        <p className={styles.sectionNote}>
          {plan?.resumes === true
            ? 'What goes live is what the recording does not hold: it is not known yet, so there is nothing here to edit.'
            : replaysAll
              ? 'Nothing goes live, so there is nothing to edit: the whole run is answered from its recording, to see whether the agent still does the same.'
              : 'What was asked at this step is not in the recording, so it cannot be edited. The agent’s own request goes to the model.'}
        </p>
      )}
      {request !== undefined && (
        <>
          <ModelAndParameters
            request={request}
            form={form}
            change={change}
            problems={problems}
            plan={plan}
            models={models}
            providers={providers}
          />
          {request.items.length === 0 && (
            <p className={styles.sectionNote}>
              What was asked at this step is not in the trace: its messages cannot be edited. Model, parameters and
              rules hold for every live call.
            </p>
          )}
          {request.items.length > 0 && (
            <MessageList
              runId={runId}
              fromStep={fromStep}
              request={request}
              form={form}
              change={change}
              problems={problems}
            />
          )}
          <MoreChanges request={request} form={form} change={change} problems={problems} />
        </>
      )}
    </section>
  );
}

/** The edits as `retake rerun --edit FILE` reads them, out and in. */
function EditsMenu({
  request,
  built,
  change,
}: {
  readonly request: ForkRequest;
  readonly built: BuiltEdits | undefined;
  readonly change: ChangeForm;
}) {
  const file = useRef<HTMLInputElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(`${JSON.stringify(built?.edits ?? [], undefined, 2)}\n`);
      showToast({ title: 'Edits copied', text: 'As JSON, for retake rerun --edit FILE.' });
    } catch {
      showToast({
        tone: 'error',
        title: 'The edits were not copied',
        text: 'This window may not write to the clipboard.',
      });
    }
  };
  const read = async (chosen: File) => {
    try {
      const { form, problems } = formOf(editFileSchema.parse(JSON.parse(await chosen.text())), request);
      change(() => form);
      if (problems.length > 0)
        showToast({ tone: 'error', title: 'Some edits do not fit this step', text: problems.slice(0, 3).join(' ') });
    } catch {
      showToast({
        tone: 'error',
        title: 'The file holds no edits',
        text: 'It has to be the JSON that “Copy as JSON” writes: a list of edits.',
      });
    }
  };
  return (
    <>
      <Menu
        align="end"
        trigger={<IconButton label="More for the edits" icon={<Ellipsis />} size="small" />}
        entries={[
          {
            type: 'action',
            id: 'copy',
            label: 'Copy the edits as JSON',
            disabled: (built?.edits.length ?? 0) === 0,
            run: () => void copy(),
          },
          { type: 'action', id: 'file', label: 'Take edits from a file…', run: () => file.current?.click() },
        ]}
      />
      <input
        ref={file}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label="File of edits"
        onChange={(event) => {
          const [chosen] = event.target.files ?? [];
          if (chosen !== undefined) void read(chosen);
          event.target.value = '';
        }}
      />
    </>
  );
}

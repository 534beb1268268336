import { Plus, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { cleanLine, longestName, longestNote, longestTag, mostTags } from '../../../shared/model/run-labels.ts';
import type { LabelChange } from '../../../shared/model/run-labels.ts';
import { formatQuantity } from '../lib/format.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { changeOfTags, tagsOfRuns } from './tag-choice.ts';
import type { TagChoice } from './tag-choice.ts';
import { TextField } from './text-field.tsx';
import styles from './label-dialog.module.css';

export type LabelField = 'name' | 'tags' | 'note';

/** What the dialog asks of a run. */
export interface LabelledRun {
  readonly id: string;
  readonly name: string;
  readonly ownName?: string | undefined;
  readonly note?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly labelsFromFile?: boolean | undefined;
}

export interface LabelDialogProps {
  readonly runs: readonly LabelledRun[];
  readonly field: LabelField;
  /** Those that runs of the library have. */
  readonly knownTags: readonly string[];
  /** Resolves to false where it was not kept: the dialog stays. */
  readonly onSave: (runIds: readonly string[], change: LabelChange) => Promise<boolean>;
  readonly onClose: () => void;
}

/** Name, tags and note of a run; of several runs their tags. What a key opened it for has the focus. */
export function LabelDialog({ runs, field, knownTags, onSave, onClose }: LabelDialogProps) {
  const [only] = runs.length === 1 ? runs : [];
  const [name, setName] = useState(only?.name ?? '');
  const [note, setNote] = useState(only?.note ?? '');
  const [tags, setTags] = useState(() => tagsOfRuns(runs));
  const [draft, setDraft] = useState('');
  const nameInput = useRef<HTMLInputElement>(null);
  const tagInput = useRef<HTMLInputElement>(null);
  const noteInput = useRef<HTMLTextAreaElement>(null);
  const focus = only === undefined ? tagInput : { name: nameInput, tags: tagInput, note: noteInput }[field];

  const save = async () => {
    const chosen = addTag(tags, draft);
    const change: LabelChange = {
      ...changeOfTags(tagsOfRuns(runs), chosen),
      ...(only === undefined || name === only.name ? {} : { name: name === only.ownName ? '' : name }),
      ...(only === undefined || note === (only.note ?? '') ? {} : { note }),
    };
    const isChange = Object.values(change).some(
      (value) => value !== undefined && (typeof value === 'string' || value.length > 0),
    );
    if (
      !isChange ||
      (await onSave(
        runs.map(({ id }) => id),
        change,
      ))
    )
      onClose();
  };

  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      width="small"
      title={only === undefined ? `Tags of ${formatQuantity(runs.length, 'run')}` : 'Name, tags and note'}
      description={
        only?.labelsFromFile === true
          ? 'They came with the file that the run was read from.'
          : only?.ownName === undefined
            ? undefined
            : `The run calls itself ${only.ownName}.`
      }
      initialFocus={focus}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" keys="$mod+Enter" onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.stopPropagation();
          void save();
        }}
      >
        {only !== undefined && (
          <TextField
            ref={nameInput}
            label="Name"
            showLabel
            value={name}
            maxLength={longestName}
            placeholder={only.ownName ?? only.name}
            onChange={setName}
            onFocus={(event) => event.currentTarget.select()}
          />
        )}
        <TagField
          inputRef={tagInput}
          choices={tags}
          runs={runs.length}
          known={knownTags}
          draft={draft}
          onDraft={setDraft}
          onChoices={setTags}
        />
        {only !== undefined && (
          <label className={styles.noteLabel}>
            Note
            <textarea
              ref={noteInput}
              className={styles.note}
              value={note}
              rows={5}
              maxLength={longestNote}
              onChange={(event) => setNote(event.target.value)}
            />
          </label>
        )}
        {/* Enter in a field saves. */}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function TagField({
  inputRef,
  choices,
  runs,
  known,
  draft,
  onDraft,
  onChoices,
}: {
  readonly inputRef: React.RefObject<HTMLInputElement | null>;
  readonly choices: readonly TagChoice[];
  readonly runs: number;
  readonly known: readonly string[];
  readonly draft: string;
  readonly onDraft: (draft: string) => void;
  readonly onChoices: (choices: readonly TagChoice[]) => void;
}) {
  const chosen = new Set(choices.map(({ tag }) => tag));
  const suggested = known.filter((tag) => !chosen.has(tag) && tag.toLowerCase().includes(draft.trim().toLowerCase()));
  // What was pressed may be gone with it: the field keeps the focus.
  const choose = (next: readonly TagChoice[]) => {
    onChoices(next);
    inputRef.current?.focus();
  };
  const add = (tag: string) => {
    choose(addTag(choices, tag));
    onDraft('');
  };
  return (
    <div className={styles.tagField}>
      <TextField
        ref={inputRef}
        label="Tags"
        showLabel
        value={draft}
        maxLength={longestTag}
        placeholder={choices.length >= mostTags ? `No more than ${mostTags}` : 'Add a tag, Enter'}
        disabled={choices.length >= mostTags}
        onChange={(text) => (text.endsWith(',') ? add(text.slice(0, -1)) : onDraft(text))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && draft.trim() !== '') {
            event.preventDefault();
            add(draft);
          } else if (event.key === 'Backspace' && draft === '' && choices.length > 0) onChoices(choices.slice(0, -1));
        }}
      />
      {choices.length > 0 && (
        <ul className={styles.tags} aria-label="Chosen tags">
          {choices.map(({ tag, count }) => (
            <li key={tag} className={styles.tag}>
              <span className={styles.tagText}>{tag}</span>
              {count < runs && (
                <button
                  type="button"
                  className={styles.some}
                  title="Give it to all of them"
                  onClick={() => choose(choices.map((one) => (one.tag === tag ? { tag, count: runs } : one)))}
                >
                  {count} of {runs}
                </button>
              )}
              <button
                type="button"
                className={styles.remove}
                aria-label={`Remove the tag ${tag}`}
                onClick={() => choose(choices.filter((one) => one.tag !== tag))}
              >
                <X aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {suggested.length > 0 && (
        <ul className={styles.tags} aria-label="Tags of this library">
          {suggested.slice(0, mostSuggested).map((tag) => (
            <li key={tag}>
              <button type="button" className={styles.suggestion} onClick={() => add(tag)}>
                <Plus aria-hidden /> {tag}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const mostSuggested = 12;

/** For all of the runs. */
function addTag(choices: readonly TagChoice[], text: string): readonly TagChoice[] {
  const tag = cleanLine(text, longestTag);
  if (tag === '') return choices;
  const rest = choices.filter((one) => one.tag !== tag);
  return rest.length >= mostTags ? choices : [...rest, { tag, count: Number.POSITIVE_INFINITY }];
}

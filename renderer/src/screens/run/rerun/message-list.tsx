import { ChevronRight, Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ForkItem } from '../../../../../shared/model/take.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { Badge } from '../../../ui/badge.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextEditor } from '../../../ui/text-editor.tsx';
import { fieldOf, messageCount, textKey } from './edit-form.ts';
import type { EditForm, ForkRequest, InsertedMessage, ItemName } from './edit-form.ts';
import { hasChanges, MessageEditor, toolNamesOf } from './message-editor.tsx';
import type { ChangeForm } from './message-editor.tsx';
import { Problems } from './problems.tsx';
import styles from './changes.module.css';

export interface MessageListProps {
  readonly runId: string;
  readonly fromStep: number;
  readonly request: ForkRequest;
  readonly form: EditForm;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

/** The messages that the model would see: the first and the last ones open to hand, what nobody touched between them folded. */
export function MessageList({ runId, fromStep, request, form, change, problems }: MessageListProps) {
  const [unfolded, setUnfolded] = useState(false);
  const [opened, setOpened] = useState<ReadonlyMap<ItemName, boolean>>(new Map());
  const toolNames = useMemo(() => toolNamesOf(request.items), [request]);
  const messages = request.items.filter(({ item }) => item !== 'system');
  const system = request.items.filter(({ item }) => item === 'system');
  const last = messages.at(-1)?.item;
  const firstUser = messages.find(({ role }) => role === 'user')?.item;

  const isOpen = (item: ForkItem) =>
    opened.get(item.item) ??
    (item.item === last ||
      (item.item === firstUser && item.texts.every(({ length }) => length < 600)) ||
      hasChanges(item, form));
  const insert = (before: number) =>
    change((now) => ({
      ...now,
      inserted: [...now.inserted, { key: nextKey(now.inserted), before, role: 'user', text: '' }],
    }));
  const editorOf = (item: ForkItem) => (
    <MessageEditor
      key={String(item.item)}
      runId={runId}
      fromStep={fromStep}
      item={item}
      form={form}
      change={change}
      problems={problems}
      toolNames={toolNames}
      open={isOpen(item)}
      onOpen={(open) => setOpened(new Map(opened).set(item.item, open))}
      onInsert={insert}
    />
  );
  const touched = (item: ForkItem) =>
    hasChanges(item, form) || (typeof item.item === 'number' && form.removed.has(item.item));
  // What stands at the ends or was touched stays in sight; a fold of one saves nothing.
  const keep = (item: ForkItem) =>
    unfolded ||
    item.item === firstUser ||
    item.item === last ||
    touched(item) ||
    opened.has(item.item) ||
    form.inserted.some(({ before }) => before === item.item || before - 1 === item.item);

  const shown: React.ReactNode[] = [];
  let folded: ForkItem[] = [];
  const flush = () => {
    const [only] = folded;
    if (folded.length === 1 && only !== undefined) shown.push(editorOf(only));
    else if (folded.length > 1) {
      shown.push(
        <button
          key={`fold ${String(folded[0]?.item)}`}
          type="button"
          className={styles.fold}
          onClick={() => setUnfolded(true)}
        >
          <ChevronRight aria-hidden /> {formatQuantity(folded.length, 'message')} unchanged
        </button>,
      );
    }
    folded = [];
  };
  for (const item of messages) {
    const here = form.inserted.filter(({ before }) => before === item.item);
    if (!keep(item)) {
      folded.push(item);
      continue;
    }
    flush();
    for (const message of here)
      shown.push(<InsertedEditor key={`new ${message.key}`} message={message} change={change} problems={problems} />);
    shown.push(editorOf(item));
  }
  flush();
  const count = messageCount(request);
  for (const message of form.inserted.filter(({ before }) => before >= count))
    shown.push(<InsertedEditor key={`new ${message.key}`} message={message} change={change} problems={problems} />);

  return (
    <div className={styles.messages}>
      {system.map(editorOf)}
      {system.length === 0 && <NewSystem form={form} change={change} problems={problems} />}
      {shown}
      <button type="button" className={styles.add} onClick={() => insert(count)}>
        <Plus aria-hidden /> Add message
      </button>
    </div>
  );
}

function nextKey(inserted: readonly InsertedMessage[]): number {
  return inserted.reduce((most, { key }) => Math.max(most, key), 0) + 1;
}

const systemKey = textKey('system', 0);

/** A request without instructions can be given some. */
function NewSystem({ form, change, problems }: Pick<MessageListProps, 'form' | 'change' | 'problems'>) {
  const current = form.texts.get(systemKey);
  if (current === undefined) {
    return (
      <button
        type="button"
        className={styles.add}
        onClick={() =>
          change((now) => ({ ...now, texts: new Map(now.texts).set(systemKey, { original: '', text: '' }) }))
        }
      >
        <Plus aria-hidden /> Add a system prompt
      </button>
    );
  }
  const drop = () =>
    change((now) => {
      const texts = new Map(now.texts);
      texts.delete(systemKey);
      return { ...now, texts };
    });
  return (
    <article className={`${styles.card} ${styles.edited}`} aria-label="system, new">
      <header className={styles.cardHeader}>
        <span className={styles.cardName}>system</span> <Badge tone="ok">new</Badge>
        <span className={styles.space} />
        <LinkButton className={styles.link} onClick={drop}>
          revert
        </LinkButton>
      </header>
      <TextEditor
        label="New system prompt"
        value={current.text}
        autoFocus
        placeholder="What the model is told before everything else"
        onChange={(text) =>
          change((now) => ({ ...now, texts: new Map(now.texts).set(systemKey, { original: '', text }) }))
        }
      />
      <Problems messages={problems.get(fieldOf.text('system', 0))} />
    </article>
  );
}

const roles = [
  { value: 'user', label: 'user' },
  { value: 'assistant', label: 'assistant' },
] as const;

function InsertedEditor({
  message,
  change,
  problems,
}: { readonly message: InsertedMessage } & Pick<MessageListProps, 'change' | 'problems'>) {
  const set = (next: Partial<InsertedMessage>) =>
    change((now) => ({
      ...now,
      inserted: now.inserted.map((one) => (one.key === message.key ? { ...one, ...next } : one)),
    }));
  const drop = () => change((now) => ({ ...now, inserted: now.inserted.filter(({ key }) => key !== message.key) }));
  return (
    <article className={`${styles.card} ${styles.edited}`} aria-label="New message">
      <header className={styles.cardHeader}>
        <Select
          label="Role of the new message"
          value={message.role}
          options={roles}
          onChange={(role) => set({ role })}
          className={styles.small}
        />
        <Badge tone="ok">new</Badge>
        <span className={styles.space} />
        <LinkButton className={styles.link} onClick={drop}>
          revert
        </LinkButton>
      </header>
      <TextEditor
        label="New message"
        value={message.text}
        autoFocus={message.text === ''}
        placeholder="What it says"
        onChange={(text) => set({ text })}
      />
      <Problems messages={problems.get(fieldOf.inserted(message.key))} />
    </article>
  );
}

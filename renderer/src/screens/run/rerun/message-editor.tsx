import { ChevronDown, ChevronRight, Ellipsis } from 'lucide-react';
import { useId } from 'react';
import type { ReactNode } from 'react';
import type { ForkItem } from '../../../../../shared/model/take.ts';
import { classNames } from '../../../lib/class-names.ts';
import { messageOf } from '../../../lib/error-message.ts';
import { formatTokens } from '../../../lib/format.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Delayed } from '../../../ui/delayed.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { KindIcon } from '../../../ui/kind-icon.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Menu } from '../../../ui/menu.tsx';
import { TextEditor } from '../../../ui/text-editor.tsx';
import { fieldOf, textKey } from './edit-form.ts';
import type { EditForm } from './edit-form.ts';
import { Problems } from './problems.tsx';
import { isCut, useWholeItem } from './use-plan.ts';
import styles from './changes.module.css';

export type ChangeForm = (change: (form: EditForm) => EditForm) => void;

export interface MessageEditorProps {
  readonly runId: string;
  readonly fromStep: number;
  readonly item: ForkItem;
  readonly form: EditForm;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly onInsert: (before: number) => void;
  /** Names of tools by call id. */
  readonly toolNames: ReadonlyMap<string, string>;
}

/** One message of the request: folded to a line, or open with every text and tool result as an editor. */
export function MessageEditor(props: MessageEditorProps) {
  const { runId, fromStep, item, form, change, problems, open, onOpen, onInsert, toolNames } = props;
  const bodyId = useId();
  const isRemoved = item.item !== 'system' && form.removed.has(item.item);
  const isEdited = hasChanges(item, form);
  const whole = useWholeItem(runId, fromStep, item.item, open && isCut(item));
  const shown = isCut(item) ? whole.data : item;
  const title = titleOf(item, toolNames);
  const Twisty = open ? ChevronDown : ChevronRight;

  const revert = () => change((now) => withoutChanges(now, item));
  const setRemoved = (removed: boolean) =>
    change((now) => {
      if (item.item === 'system') return now;
      const next = new Set(now.removed);
      if (removed) next.add(item.item);
      else next.delete(item.item);
      return { ...now, removed: next };
    });
  const position = item.item;
  return (
    <article
      className={classNames(styles.card, isEdited && !isRemoved && styles.edited, isRemoved && styles.gone)}
      aria-label={title}
    >
      <header className={styles.cardHeader}>
        <button
          type="button"
          className={styles.cardTitle}
          aria-expanded={open && !isRemoved}
          aria-controls={bodyId}
          disabled={isRemoved}
          onClick={() => onOpen(!open)}
        >
          <Twisty aria-hidden className={styles.twisty} />
          {item.toolResults.length > 0 && <KindIcon kind="tool" />}
          <span className={styles.cardName}>{title}</span>
          {isRemoved && <Badge tone="error">removed</Badge>}
          {isEdited && !isRemoved && <Badge tone="accent">edited</Badge>}
          {!isEdited && !isRemoved && <span className={styles.cardNote}>{open ? '' : previewOf(item)}</span>}
        </button>
        {!isEdited && !isRemoved && <span className={styles.size}>unchanged · {formatTokens(sizeOf(item))} chars</span>}
        {(isEdited || isRemoved) && (
          <LinkButton className={styles.link} onClick={isRemoved ? () => setRemoved(false) : revert}>
            revert
          </LinkButton>
        )}
        {typeof position === 'number' && (
          <Menu
            align="end"
            trigger={<IconButton label={`More for ${title}`} icon={<Ellipsis />} size="small" />}
            entries={[
              { type: 'action', id: 'before', label: 'Insert a message before', run: () => onInsert(position) },
              { type: 'action', id: 'after', label: 'Insert a message after', run: () => onInsert(position + 1) },
              isRemoved
                ? { type: 'action', id: 'restore', label: 'Restore the message', run: () => setRemoved(false) }
                : { type: 'action', id: 'remove', label: 'Remove the message', run: () => setRemoved(true) },
            ]}
          />
        )}
      </header>
      {position !== 'system' && <Problems messages={problems.get(fieldOf.removed(position))} />}
      <div id={bodyId} hidden={!open || isRemoved}>
        {open && !isRemoved && (
          <>
            {shown === undefined &&
              (whole.error === null ? (
                <Delayed>
                  <p className={styles.quiet}>Reading the whole message…</p>
                </Delayed>
              ) : (
                <p className={styles.quiet} role="alert">
                  The whole message could not be read: {messageOf(whole.error)}
                </p>
              ))}
            {shown !== undefined && (
              <Bodies
                item={shown}
                form={form}
                change={change}
                problems={problems}
                title={title}
                toolNames={toolNames}
              />
            )}
          </>
        )}
      </div>
    </article>
  );
}

interface BodiesProps {
  readonly item: ForkItem;
  readonly form: EditForm;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
  readonly title: string;
  readonly toolNames: ReadonlyMap<string, string>;
}

function Bodies({ item, form, change, problems, title, toolNames }: BodiesProps): ReactNode {
  return (
    <>
      {item.texts.map(({ part, text: original }) => {
        const key = textKey(item.item, part);
        const field = fieldOf.text(item.item, part);
        return (
          <div key={key} className={styles.part}>
            <TextEditor
              label={item.texts.length > 1 ? `${title}, text ${part + 1}` : title}
              original={original}
              value={form.texts.get(key)?.text ?? original}
              invalid={problems.has(field)}
              onChange={(text) => change((now) => ({ ...now, texts: new Map(now.texts).set(key, { original, text }) }))}
            />
            <Problems messages={problems.get(field)} />
          </div>
        );
      })}
      {item.toolCalls.map((call, at) => (
        <p key={at} className={styles.call}>
          <span className={styles.callName}>{call.name}</span>(
          {call.arguments === undefined || call.arguments === '{}' ? '' : call.arguments})
        </p>
      ))}
      {item.toolResults.map((result) => (
        <ResultEditor
          key={result.named}
          result={result}
          form={form}
          change={change}
          problems={problems}
          toolNames={toolNames}
        />
      ))}
      {item.others.map((other, at) => (
        <p key={at} className={styles.quiet}>
          {other} · kept as it is
        </p>
      ))}
      {item.texts.length + item.toolCalls.length + item.toolResults.length + item.others.length === 0 && (
        <p className={styles.quiet}>An empty message.</p>
      )}
    </>
  );
}

function ResultEditor({
  result,
  form,
  change,
  problems,
  toolNames,
}: Omit<BodiesProps, 'item' | 'title'> & { readonly result: ForkItem['toolResults'][number] }) {
  const { callId, named } = result;
  const name = result.name ?? (callId === undefined ? undefined : toolNames.get(callId)) ?? 'tool';
  const wasError = result.isError === true;
  const current = form.results.get(named) ?? { original: result.text, text: result.text, wasError, isError: wasError };
  const set = (next: { readonly text?: string; readonly isError?: boolean }) =>
    change((now) => ({
      ...now,
      results: new Map(now.results).set(named, { ...(now.results.get(named) ?? current), ...next }),
    }));
  const field = fieldOf.result(named);
  return (
    <div className={styles.part}>
      <TextEditor
        label={callId === undefined ? `Result of ${named}` : `Result of ${name}`}
        original={result.text}
        value={current.text}
        mono
        invalid={problems.has(field)}
        onChange={(text) => set({ text })}
      />
      <label className={styles.errorSwitch}>
        <input type="checkbox" checked={current.isError} onChange={(event) => set({ isError: event.target.checked })} />{' '}
        The call failed
      </label>
      <Problems messages={problems.get(field)} />
    </div>
  );
}

export function hasChanges(item: ForkItem, form: EditForm): boolean {
  return (
    item.texts.some(({ part }) => {
      const changed = form.texts.get(textKey(item.item, part));
      return changed !== undefined && changed.text !== changed.original;
    }) ||
    item.toolResults.some(({ named }) => {
      const changed = form.results.get(named);
      return changed !== undefined && (changed.text !== changed.original || changed.isError !== changed.wasError);
    })
  );
}

function withoutChanges(form: EditForm, item: ForkItem): EditForm {
  const texts = new Map(form.texts);
  for (const { part } of item.texts) texts.delete(textKey(item.item, part));
  const results = new Map(form.results);
  for (const { named } of item.toolResults) results.delete(named);
  return { ...form, texts, results };
}

function titleOf(item: ForkItem, toolNames: ReadonlyMap<string, string>): string {
  const [result] = item.toolResults;
  if (result === undefined) return item.role;
  const names = item.toolResults.map(
    ({ name, callId }) => name ?? (callId === undefined ? undefined : toolNames.get(callId)) ?? 'tool',
  );
  return `tool result · ${[...new Set(names)].join(', ')}`;
}

function previewOf(item: ForkItem): string {
  const [text] = item.texts;
  const [result] = item.toolResults;
  const calls = item.toolCalls.map(({ name }) => `${name}()`).join(' ');
  return [text?.text.slice(0, 160), calls, result?.text.slice(0, 160)]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ');
}

function sizeOf(item: ForkItem): number {
  return (
    [...item.texts, ...item.toolResults].reduce((sum, { length }) => sum + length, 0) +
    item.toolCalls.reduce((sum, call) => sum + call.name.length + (call.arguments?.length ?? 0), 0)
  );
}

/** Names of the tools of all calls in the request: a result often carries only the id. */
export function toolNamesOf(items: readonly ForkItem[]): ReadonlyMap<string, string> {
  return new Map(
    items.flatMap(({ toolCalls }) =>
      toolCalls.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name] as const])),
    ),
  );
}

import { X } from 'lucide-react';
import { useState } from 'react';
import { formatQuantity } from '../../../lib/format.ts';
import { Badge } from '../../../ui/badge.tsx';
import { Button } from '../../../ui/button.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { LinkButton } from '../../../ui/link.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextEditor } from '../../../ui/text-editor.tsx';
import { TextField } from '../../../ui/text-field.tsx';
import { AddButton } from './add-button.tsx';
import { fieldOf, recordedAnswer } from './edit-form.ts';
import type { AnswerChange, EditForm, ForkRequest, PromptRule } from './edit-form.ts';
import type { ChangeForm } from './message-editor.tsx';
import { Problems } from './problems.tsx';
import styles from './changes.module.css';

export interface MoreChangesProps {
  readonly request: ForkRequest;
  readonly form: EditForm;
  readonly change: ChangeForm;
  readonly problems: ReadonlyMap<string, readonly string[]>;
}

/** The answer written by hand, tools, find and replace: folded until they are wanted. */
export function MoreChanges(props: MoreChangesProps) {
  return (
    <div className={styles.more}>
      <AnswerEditor {...props} />
      <ToolsEditor {...props} />
      <RulesEditor {...props} />
    </div>
  );
}

function AnswerEditor({ request, form, change, problems }: MoreChangesProps) {
  const recorded = recordedAnswer(request);
  const { answer } = form;
  const set = (next: AnswerChange | undefined) => change((now) => ({ ...now, answer: next }));
  if (answer === undefined) {
    return (
      <section className={styles.section} aria-label="The answer">
        <h4 className={styles.sectionTitle}>The answer</h4>
        <p className={styles.sectionNote}>
          The model is asked. Or write what it says: then nothing is asked here, and the agent goes on with your words.
        </p>
        <Button size="small" onClick={() => set(recorded)}>
          Write the answer by hand
        </Button>
      </section>
    );
  }
  const isChanged = answer.text !== recorded.text || JSON.stringify(answer.calls) !== JSON.stringify(recorded.calls);
  return (
    <section className={`${styles.card} ${styles.edited}`} aria-label="The answer">
      <header className={styles.cardHeader}>
        <span className={styles.cardName}>answer of the model</span>
        <Badge tone={isChanged ? 'accent' : 'neutral'}>
          {isChanged ? 'written by hand' : 'unchanged so far: the model is asked'}
        </Badge>
        <span className={styles.space} />
        <LinkButton className={styles.link} onClick={() => set(undefined)}>
          ask the model instead
        </LinkButton>
      </header>
      <TextEditor
        label="Text of the answer"
        original={recorded.text}
        value={answer.text}
        placeholder="No text, only tool calls"
        onChange={(text) => set({ ...answer, text })}
      />
      {answer.calls.map((call, at) => {
        const setCall = (next: Partial<typeof call>) =>
          set({ ...answer, calls: answer.calls.map((one, other) => (other === at ? { ...one, ...next } : one)) });
        return (
          <div key={at} className={styles.callEditor}>
            <TextField
              label={`Tool of call ${at + 1}`}
              value={call.name}
              placeholder="tool"
              onChange={(name) => setCall({ name })}
            />
            <TextEditor
              label={`Arguments of call ${at + 1}`}
              {...(recorded.calls[at] === undefined ? {} : { original: recorded.calls[at].arguments })}
              value={call.arguments}
              mono
              placeholder="{}"
              onChange={(text) => setCall({ arguments: text })}
            />
            <IconButton
              label={`Remove call ${at + 1}`}
              icon={<X />}
              size="small"
              onClick={() => set({ ...answer, calls: answer.calls.filter((_, other) => other !== at) })}
            />
          </div>
        );
      })}
      <div className={styles.cardFooter}>
        <AddButton
          label="Add tool call"
          onClick={() =>
            set({
              ...answer,
              calls: [...answer.calls, { id: undefined, name: request.tools[0]?.name ?? '', arguments: '{}' }],
            })
          }
        />
      </div>
      <Problems messages={problems.get(fieldOf.answer)} />
    </section>
  );
}

function ToolsEditor({ request, form, change, problems }: MoreChangesProps) {
  const count = form.toolsAdded.length + form.toolsRemoved.size;
  const toggle = (name: string) =>
    change((now) => {
      const removed = new Set(now.toolsRemoved);
      if (!removed.delete(name)) removed.add(name);
      return { ...now, toolsRemoved: removed };
    });
  const define = (name: string, description: string, parameters: string) =>
    change((now) => ({ ...now, toolsAdded: [...now.toolsAdded, { name, description, parameters }] }));
  return (
    <details className={styles.section} open={count > 0}>
      <summary className={styles.sectionTitle}>
        Tools that the model is offered{' '}
        <span className={styles.quietInline}>
          · {formatQuantity(request.tools.length, 'tool')}
          {count > 0 ? ` · ${count} changed` : ''}
        </span>
      </summary>
      {request.tools.length === 0 && <p className={styles.sectionNote}>The recorded request offers none.</p>}
      {request.tools.length > 0 && (
        <ul className={styles.toolList}>
          {request.tools.map((tool) => (
            <li key={tool.name} className={styles.toolItem}>
              <label className={styles.toolSwitch}>
                <input type="checkbox" checked={!form.toolsRemoved.has(tool.name)} onChange={() => toggle(tool.name)} />
                <span className={form.toolsRemoved.has(tool.name) ? styles.struck : styles.callName}>{tool.name}</span>
                <span className={styles.cardNote}>{tool.description ?? ''}</span>
              </label>
              <LinkButton
                className={styles.link}
                disabled={form.toolsAdded.some(({ name }) => name === tool.name)}
                onClick={() => define(tool.name, tool.description ?? '', tool.parameters ?? '{}')}
              >
                edit
              </LinkButton>
            </li>
          ))}
        </ul>
      )}
      {form.toolsAdded.map((tool, at) => {
        const set = (next: Partial<typeof tool>) =>
          change((now) => ({
            ...now,
            toolsAdded: now.toolsAdded.map((one, other) => (other === at ? { ...one, ...next } : one)),
          }));
        return (
          <div key={at} className={`${styles.card} ${styles.edited}`}>
            <header className={styles.cardHeader}>
              <span className={styles.cardName}>
                {request.tools.some(({ name }) => name === tool.name) ? 'other definition' : 'new tool'}
              </span>
              <span className={styles.space} />
              <LinkButton
                className={styles.link}
                onClick={() =>
                  change((now) => ({ ...now, toolsAdded: now.toolsAdded.filter((_, other) => other !== at) }))
                }
              >
                revert
              </LinkButton>
            </header>
            <div className={styles.definition}>
              <TextField
                label="Name of the tool"
                showLabel
                value={tool.name}
                maxLength={200}
                onChange={(name) => set({ name })}
              />
              <TextField
                label="What it does, for the model"
                showLabel
                value={tool.description ?? ''}
                onChange={(description) => set({ description })}
              />
            </div>
            <TextEditor
              label="JSON schema of its parameters"
              {...originalOf(request, tool.name)}
              value={tool.parameters ?? ''}
              mono
              placeholder='{ "type": "object" }'
              onChange={(parameters) => set({ parameters })}
            />
          </div>
        );
      })}
      <AddButton label="Add tool" onClick={() => define('', '', '{ "type": "object", "properties": {} }')} />
      <Problems messages={problems.get(fieldOf.tools)} />
    </details>
  );
}

function originalOf(request: ForkRequest, name: string): { readonly original?: string } {
  const parameters = request.tools.find((tool) => tool.name === name)?.parameters;
  return parameters === undefined ? {} : { original: parameters };
}

const places = [
  { value: 'all', label: 'system and user' },
  { value: 'system', label: 'system' },
  { value: 'user', label: 'user' },
] as const;

function RulesEditor({ form, change, problems }: MoreChangesProps) {
  const set = (at: number, next: Partial<PromptRule>) =>
    change((now) => ({ ...now, rules: now.rules.map((rule, other) => (other === at ? { ...rule, ...next } : rule)) }));
  const [open, setOpen] = useState(form.rules.length > 0);
  return (
    <details className={styles.section} open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={styles.sectionTitle}>
        Find and replace{' '}
        <span className={styles.quietInline}>
          · in the prompts of every live call
          {form.rules.length > 0 ? ` · ${formatQuantity(form.rules.length, 'rule')}` : ''}
        </span>
      </summary>
      {form.rules.map((rule, at) => (
        <div key={at}>
          <div className={styles.rule}>
            <TextField
              label={`Find ${at + 1}`}
              value={rule.find}
              placeholder="find"
              onChange={(find) => set(at, { find })}
            />
            <span aria-hidden>→</span>
            <TextField
              label={`Replace by ${at + 1}`}
              value={rule.replace}
              placeholder="replace by"
              onChange={(replace) => set(at, { replace })}
            />
            <Select
              label={`Where ${at + 1}`}
              value={rule.where}
              options={places}
              onChange={(where) => set(at, { where })}
              className={styles.small}
            />
            <IconButton
              label={`Remove rule ${at + 1}`}
              icon={<X />}
              size="small"
              onClick={() => change((now) => ({ ...now, rules: now.rules.filter((_, other) => other !== at) }))}
            />
          </div>
          <Problems messages={problems.get(fieldOf.rule(at))} />
        </div>
      ))}
      <AddButton
        label="Add rule"
        onClick={() => change((now) => ({ ...now, rules: [...now.rules, { find: '', replace: '', where: 'all' }] }))}
      />
    </details>
  );
}

import { X } from 'lucide-react';
import { useState } from 'react';
import type { ToolRunner } from '../../../../../shared/model/take.ts';
import { quoteCommand } from '../../../lib/command-words.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { Button } from '../../../ui/button.tsx';
import { IconButton } from '../../../ui/icon-button.tsx';
import { Select } from '../../../ui/select.tsx';
import { TextField } from '../../../ui/text-field.tsx';
import { AddButton } from './add-button.tsx';
import { emptyRunner, runnerOf, typedRunner } from './runner-form.ts';
import type { RunnerForm } from './runner-form.ts';
import section from './how-section.module.css';
import styles from './tool-runners.module.css';

const types = [
  { value: 'command', label: 'a command' },
  { value: 'mcp-command', label: 'an MCP server, by command' },
  { value: 'mcp-url', label: 'an MCP server, by address' },
  { value: 'http', label: 'an HTTP address' },
] as const;

export interface ToolRunnersProps {
  readonly runners: readonly ToolRunner[];
  readonly onChange: (runners: readonly ToolRunner[]) => void;
}

/** How Retake itself runs a tool when it continues without code. Nothing here comes from a trace. */
export function ToolRunners({ runners, onChange }: ToolRunnersProps) {
  const [editing, setEditing] = useState<{ readonly at: number; readonly form: RunnerForm }>();
  const save = (at: number, runner: ToolRunner) => {
    onChange(at < runners.length ? runners.map((one, other) => (other === at ? runner : one)) : [...runners, runner]);
    setEditing(undefined);
  };
  return (
    <details className={section.section} open={runners.length > 0 || editing !== undefined}>
      <summary className={section.sectionTitle}>
        Tool runners{' '}
        <span className={section.quiet}>
          · {runners.length === 0 ? 'none: you are asked' : formatQuantity(runners.length, 'runner')}
        </span>
      </summary>
      <ul className={styles.runners}>
        {runners.map((runner, at) => (
          <li key={at} className={styles.runner}>
            <button
              type="button"
              className={styles.runnerText}
              onClick={() => setEditing({ at, form: typedRunner(runner) })}
            >
              <span className={section.toolName}>{runner.tool}</span>
              <span className={section.toolNote}>
                {runnerWords(runner)} · {runner.mutating ? 'asks first' : 'reads only'}
              </span>
            </button>
            <IconButton
              label={`Remove the runner of ${runner.tool}`}
              icon={<X />}
              size="small"
              onClick={() => onChange(runners.filter((_, other) => other !== at))}
            />
          </li>
        ))}
      </ul>
      {editing === undefined ? (
        <AddButton label="Add a runner" onClick={() => setEditing({ at: runners.length, form: emptyRunner })} />
      ) : (
        <RunnerEditor
          form={editing.form}
          onForm={(form) => setEditing({ ...editing, form })}
          onSave={(runner) => save(editing.at, runner)}
          onCancel={() => setEditing(undefined)}
        />
      )}
    </details>
  );
}

interface RunnerEditorProps {
  readonly form: RunnerForm;
  readonly onForm: (form: RunnerForm) => void;
  readonly onSave: (runner: ToolRunner) => void;
  readonly onCancel: () => void;
}

function RunnerEditor({ form, onForm, onSave, onCancel }: RunnerEditorProps) {
  const [checked, setChecked] = useState(false);
  const built = runnerOf(form);
  const problemOf = (field: keyof RunnerForm) =>
    checked && 'problems' in built ? built.problems.get(field) : undefined;
  const byCommand = form.type === 'command' || form.type === 'mcp-command';
  return (
    <form
      className={styles.runnerForm}
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if ('runner' in built) onSave(built.runner);
      }}
    >
      <Select
        label="Run by"
        value={form.type}
        options={types}
        onChange={(type) => onForm({ ...form, type })}
        className={styles.wide}
      />
      <TextField
        label="Tool"
        showLabel
        value={form.tool}
        placeholder={form.type.startsWith('mcp') ? '* for all that it lists' : 'its name, * for any text'}
        maxLength={200}
        error={problemOf('tool')}
        onChange={(tool) => onForm({ ...form, tool })}
      />
      {byCommand && (
        <TextField
          label="Command"
          showLabel
          value={form.command}
          placeholder="python tool.py"
          error={problemOf('command')}
          onChange={(command) => onForm({ ...form, command })}
        />
      )}
      {byCommand && (
        <TextField
          label="Folder"
          showLabel
          value={form.folder}
          placeholder="/home/me/project"
          error={problemOf('folder')}
          onChange={(folder) => onForm({ ...form, folder })}
        />
      )}
      {!byCommand && (
        <TextField
          label="Address"
          showLabel
          value={form.url}
          placeholder="http://127.0.0.1:8000/tool"
          error={problemOf('url')}
          onChange={(url) => onForm({ ...form, url })}
        />
      )}
      <p className={section.note}>
        {form.type === 'command'
          ? 'Gets the arguments as JSON on its input; what it writes is the result.'
          : form.type === 'http'
            ? 'Gets the arguments as JSON by POST; the body of its answer is the result.'
            : 'Serves the tools that it lists.'}
      </p>
      <label className={section.agree}>
        <input
          type="checkbox"
          checked={form.mutating}
          onChange={(event) => onForm({ ...form, mutating: event.target.checked })}
        />{' '}
        It may change something: ask before each call
      </label>
      <div className={styles.buttons}>
        <Button size="small" type="submit">
          Keep the runner
        </Button>
        <Button size="small" look="ghost" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function runnerWords(runner: ToolRunner): string {
  switch (runner.type) {
    case 'command':
      return quoteCommand(runner.command);
    case 'http':
      return runner.url;
    case 'mcp':
      return 'url' in runner.server ? `MCP · ${runner.server.url}` : `MCP · ${quoteCommand(runner.server.command)}`;
    default:
      return runner satisfies never;
  }
}

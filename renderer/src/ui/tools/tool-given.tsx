import { Circle, CircleCheck, CircleDot, CircleSlash } from 'lucide-react';
import { useMemo, useState } from 'react';
import { assertNever } from '../../../../shared/model/assert-never.ts';
import type { CutText } from '../../../../shared/model/text-place.ts';
import { classNames } from '../../lib/class-names.ts';
import { editLines, patchFiles } from '../../lib/tools/patch-lines.ts';
import { readToolUse } from '../../lib/tools/tool-use.ts';
import type { TextEdit, TodoItem, ToolUse } from '../../lib/tools/tool-use.ts';
import { Badge } from '../badge.tsx';
import { CodeText } from '../content/code-text.tsx';
import { ContentView } from '../content/content-view.tsx';
import { ForeignLink } from '../content/foreign-link.tsx';
import { useReading } from '../content/reading-context.ts';
import { DiffLines } from '../diff-block.tsx';
import { JsonView } from '../json-view.tsx';
import { LinkButton } from '../link.tsx';
import styles from './tools.module.css';

export interface ToolGivenProps {
  readonly name: string;
  readonly given: string;
  readonly cut?: CutText | undefined;
}

/** What a tool was given, as what it means: a command, a diff, a list of what is to be done. All of it, as it was sent, is one press away. */
export function ToolGiven({ name, given, cut }: ToolGivenProps) {
  const { mode } = useReading();
  const use = useMemo(
    (): ToolUse => (cut === undefined ? readToolUse(name, given) : { kind: 'other' }),
    [name, given, cut],
  );
  const [asSent, setAsSent] = useState(false);
  const label = `Arguments of ${name}`;
  if (mode !== 'auto' && mode !== 'json') return <ContentView text={given} cut={cut} look="code" label={label} />;
  if (use.kind === 'other' || mode === 'json') return <JsonView text={given} cut={cut} label={label} />;
  return (
    <>
      {asSent ? <JsonView text={given} label={label} /> : <Use use={use} />}
      <LinkButton className={styles.switch} onClick={() => setAsSent(!asSent)}>
        {asSent ? 'what it means' : 'as sent'}
      </LinkButton>
    </>
  );
}

/** What a tool was asked to do. `other` has nothing to show: its arguments are shown as they are. */
export function Use({ use }: { readonly use: ToolUse }) {
  switch (use.kind) {
    case 'shell':
      return (
        <div className={styles.command}>
          {use.folder !== undefined && <p className={styles.quiet}>in {use.folder}</p>}
          <CodeText text={use.command} language="bash" />
        </div>
      );
    case 'read':
      return <p className={styles.path}>{use.path}</p>;
    case 'edit':
      return <Edits path={use.path} edits={use.edits} />;
    case 'patch':
      return <Patch patch={use.patch} />;
    case 'search':
      return (
        <p className={styles.path}>
          {use.pattern}
          {use.where !== undefined && <span className={styles.quiet}> in {use.where}</span>}
        </p>
      );
    case 'web':
      return use.address === undefined ? (
        <p className={styles.path}>{use.query}</p>
      ) : (
        <p className={styles.path}>
          <ForeignLink address={use.address}>{use.address}</ForeignLink>
        </p>
      );
    case 'todo':
      return <Todos items={use.items} />;
    case 'agent':
      return (
        <div className={styles.task}>
          {use.agent !== undefined && <Badge title="Agent">{use.agent}</Badge>}
          <ContentView text={use.task} look="prose" label="Task" lines={30} />
        </div>
      );
    case 'other':
      return null;
    default:
      return assertNever(use, 'use of a tool');
  }
}

function Edits({ path, edits }: { readonly path: string; readonly edits: readonly TextEdit[] }) {
  return (
    <div className={styles.file}>
      <FileHead path={path} word={edits.every(({ before }) => before === undefined) ? 'written' : undefined} />
      {edits.map((edit, at) => (
        <Edit key={at} edit={edit} />
      ))}
    </div>
  );
}

function Edit({ edit }: { readonly edit: TextEdit }) {
  const lines = useMemo(() => editLines(edit.before ?? '', edit.after), [edit]);
  return <DiffLines lines={lines} />;
}

function Patch({ patch }: { readonly patch: string }) {
  const files = useMemo(() => patchFiles(patch), [patch]);
  if (files.length === 0) return <CodeText text={patch} language="diff" />;
  return files.map((file, at) => (
    <div key={at} className={styles.file}>
      <FileHead
        path={file.path}
        word={file.how === 'changed' ? undefined : file.how}
        added={file.added}
        removed={file.removed}
      />
      {file.lines.length > 0 && <DiffLines lines={file.lines} />}
    </div>
  ));
}

function FileHead({
  path,
  word,
  added,
  removed,
}: {
  readonly path: string;
  readonly word?: string | undefined;
  readonly added?: number;
  readonly removed?: number;
}) {
  return (
    <p className={styles.fileHead}>
      <span className={styles.filePath} title={path}>
        {path}
      </span>
      {word !== undefined && <Badge>{word}</Badge>}
      {added !== undefined && removed !== undefined && (
        <span className={styles.quiet}>
          +{added} −{removed}
        </span>
      )}
    </p>
  );
}

const todoLooks = {
  done: { icon: CircleCheck, word: 'done' },
  active: { icon: CircleDot, word: 'in progress' },
  open: { icon: Circle, word: 'to do' },
  dropped: { icon: CircleSlash, word: 'dropped' },
} as const;

function Todos({ items }: { readonly items: readonly TodoItem[] }) {
  return (
    <ul className={styles.todos}>
      {items.map((item, at) => {
        const { icon: Icon, word } = todoLooks[item.state];
        return (
          <li key={at} className={classNames(styles.todo, styles[item.state])}>
            <Icon aria-label={word} role="img" />
            <span>{item.text}</span>
          </li>
        );
      })}
    </ul>
  );
}

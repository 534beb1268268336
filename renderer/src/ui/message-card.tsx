import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { Message, Part } from '../../../shared/model/message.ts';
import { classNames } from '../lib/class-names.ts';
import { formatBytes, formatCount, formatQuantity } from '../lib/format.ts';
import { Badge } from './badge.tsx';
import { CopyButton } from './copy-button.tsx';
import { JsonView } from './json-view.tsx';
import { KindIcon } from './kind-icon.tsx';
import type { IconKind } from './kind-icon.tsx';
import { LinkButton } from './link.tsx';
import { JsonText, LongText } from './long-text.tsx';
import styles from './message-card.module.css';

export interface MessageCardProps {
  readonly message: Message;
  /** Names of called tools by call id: a result often carries only the id. */
  readonly toolNames: ReadonlyMap<string, string>;
  /** What the model answered at this step. */
  readonly isOutput?: boolean;
  /** Lines of each text shown at first. */
  readonly lines?: number;
  /** At the right of the header, e.g. `842 tok · stop`. */
  readonly note?: ReactNode;
  /** Leads to the tool step that a call started. */
  readonly onCall?: ((callId: string | undefined, name: string) => (() => void) | undefined) | undefined;
}

/** One message as text. A message of tool results is titled by its tools. */
export function MessageCard({
  message,
  toolNames,
  isOutput = false,
  lines = proseLines,
  note,
  onCall,
}: MessageCardProps) {
  const { parts } = message;
  const results = parts.filter((part) => part.type === 'tool_result');
  const onlyResults = results.length > 0 && results.length === parts.length;
  const isError = results.some((part) => part.isError === true);
  const title = onlyResults
    ? `tool result · ${results.map((part) => resultName(part, toolNames)).join(', ')}`
    : message.name === undefined
      ? message.role
      : `${message.role} · ${message.name}`;
  const length = parts.reduce((sum, part) => sum + partText(part).length, 0);
  return (
    <article
      className={classNames(styles.card, isOutput && styles.output, isError && styles.failed)}
      aria-label={isOutput ? `${title}, output` : title}
    >
      <header className={styles.header}>
        <KindIcon kind={onlyResults ? 'tool' : roleIcon(message.role)} />
        <span className={styles.title}>{title}</span>
        {isOutput && <Badge tone="accent">output</Badge>}
        {isError && (
          <Badge tone="error">
            <TriangleAlert aria-hidden className={styles.badgeIcon} /> failed
          </Badge>
        )}
        <span className={styles.note}>{note ?? (length > 0 ? formatQuantity(length, 'character') : '')}</span>
        <CopyButton
          text={() => Promise.resolve(parts.map(partText).join('\n\n'))}
          label={`Copy this message (${title})`}
        />
      </header>
      <div className={styles.body}>
        <MessageParts
          parts={parts}
          toolNames={toolNames}
          lines={lines}
          titled={!onlyResults || results.length > 1}
          onCall={onCall}
        />
      </div>
    </article>
  );
}

export interface MessagePartsProps {
  readonly parts: readonly Part[];
  readonly toolNames: ReadonlyMap<string, string>;
  readonly lines?: number;
  /** Each tool result says whose it is. */
  readonly titled?: boolean;
  readonly onCall?: MessageCardProps['onCall'];
}

/** The parts of a message, one under the other. */
export function MessageParts({ parts, toolNames, lines = proseLines, titled = true, onCall }: MessagePartsProps) {
  if (parts.length === 0) return <p className={styles.quiet}>An empty message.</p>;
  return parts.map((part, at) => (
    <PartView key={at} part={part} toolNames={toolNames} lines={lines} titled={titled} onCall={onCall} />
  ));
}

function roleIcon(role: string): IconKind {
  switch (role) {
    case 'user':
      return 'human';
    case 'assistant':
    case 'model':
      return 'llm';
    case 'tool':
    case 'function':
      return 'tool';
    case 'system':
    case 'developer':
      return 'chain';
    default:
      return 'other';
  }
}

function resultName(part: Extract<Part, { type: 'tool_result' }>, toolNames: ReadonlyMap<string, string>): string {
  return part.name ?? (part.id === undefined ? undefined : toolNames.get(part.id)) ?? part.id ?? 'unnamed tool';
}

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'reasoning':
      return part.text ?? '';
    case 'tool_call':
      return `${part.name}(${part.arguments ?? ''})`;
    case 'tool_result':
      return part.result;
    case 'media':
      return part.uri ?? part.fileId ?? part.mimeType ?? part.modality;
    case 'unknown':
      return part.raw;
    default:
      return assertNever(part, 'message part');
  }
}

interface PartViewProps {
  readonly part: Part;
  readonly toolNames: ReadonlyMap<string, string>;
  readonly lines: number;
  readonly titled: boolean;
  readonly onCall: MessageCardProps['onCall'];
}

function PartView({ part, toolNames, lines, titled, onCall }: PartViewProps) {
  switch (part.type) {
    case 'text':
      return part.text === '' ? (
        <p className={styles.quiet}>An empty text.</p>
      ) : (
        <LongText text={part.text} look="prose" lines={lines} />
      );
    case 'reasoning':
      return <Reasoning text={part.text} encrypted={part.encrypted === true} />;
    case 'tool_call':
      return (
        <ToolCall
          name={part.name}
          text={part.arguments}
          server={part.server === true}
          open={onCall?.(part.id, part.name)}
        />
      );
    case 'tool_result':
      return (
        <div className={classNames(titled && styles.result)}>
          {titled && (
            <p className={styles.partTitle}>
              result · {resultName(part, toolNames)}
              {part.server === true ? ' · run by the provider' : ''}
            </p>
          )}
          {part.result === '' ? (
            <p className={styles.quiet}>An empty result.</p>
          ) : (
            <ResultText text={part.result} lines={resultLines} />
          )}
        </div>
      );
    case 'media':
      return <Media part={part} />;
    case 'unknown':
      return (
        <div>
          <p className={styles.partTitle}>A part of a type this version does not know, as it was sent</p>
          <LongText text={part.raw} look="code" colour="json" lines={40} />
        </div>
      );
    default:
      return assertNever(part, 'message part');
  }
}

const proseLines = 120;
/** In a conversation a result is one of many: its step shows more of it. */
const resultLines = 14;

/** Structured results as a tree, everything else as text in a monospaced face. */
export function ResultText({
  text,
  lines,
  asText = false,
  characters = 20_000,
}: {
  readonly text: string;
  readonly lines: number;
  readonly asText?: boolean;
  readonly characters?: number;
}) {
  const first = text.trimStart()[0];
  return !asText && (first === '{' || first === '[') ? (
    <JsonView text={text} label="Result" />
  ) : (
    <LongText text={text} look="code" lines={lines} characters={characters} />
  );
}

function Reasoning({ text, encrypted }: { readonly text: string | undefined; readonly encrypted: boolean }) {
  const [open, setOpen] = useState(false);
  if (text === undefined || text === '') {
    return (
      <p className={styles.reasoning}>
        reasoning · {encrypted ? 'encrypted by the provider: it cannot be read' : 'its text was not sent'}
      </p>
    );
  }
  const Twisty = open ? ChevronDown : ChevronRight;
  return (
    <div className={styles.reasoning}>
      <button type="button" className={styles.reasoningLine} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Twisty aria-hidden />
        <span className={styles.reasoningHint}>
          reasoning · {formatCount(text.length)} characters{open ? '' : ` — ${text.slice(0, 300)}`}
        </span>
      </button>
      {open && <LongText text={text} look="prose" lines={120} />}
    </div>
  );
}

/** Longer arguments are easier to read as a tree. */
const inlineArguments = 400;

function ToolCall({
  name,
  text,
  server,
  open,
}: {
  readonly name: string;
  readonly text: string | undefined;
  readonly server: boolean;
  readonly open: (() => void) | undefined;
}) {
  const isInline = text === undefined || text.length <= inlineArguments;
  return (
    <div className={styles.call}>
      <div className={styles.callText}>
        <span className={styles.callName}>{name}</span>(
        {isInline && text !== undefined && text !== '{}' ? <JsonText text={text} /> : isInline ? '' : '…'})
        {server && <span className={styles.quiet}> run by the provider</span>}
      </div>
      {open !== undefined && <LinkButton onClick={open}>open step</LinkButton>}
      {!isInline && (
        <div className={styles.callArguments}>
          <JsonView text={text} label={`Arguments of ${name}`} />
        </div>
      )}
    </div>
  );
}

/** Never fetched and never drawn: a picture in a trace is hostile input like everything else. */
function Media({ part }: { readonly part: Extract<Part, { type: 'media' }> }) {
  const bytes = part.byteSize ?? (part.data === undefined ? undefined : Math.floor(part.data.length * 0.75));
  const facts = [
    part.mimeType,
    bytes === undefined ? undefined : formatBytes(bytes),
    part.data === undefined ? undefined : 'in the trace',
    part.fileId === undefined ? undefined : `file ${part.fileId}`,
  ].filter((fact) => fact !== undefined);
  return (
    <div className={styles.media}>
      <p className={styles.partTitle}>
        {part.modality}
        {facts.length > 0 ? ` · ${facts.join(' · ')}` : ''}
      </p>
      {part.uri !== undefined && <LongText text={part.uri} look="code" lines={4} characters={2_000} />}
    </div>
  );
}

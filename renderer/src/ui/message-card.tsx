import { ChevronDown, ChevronRight, TriangleAlert } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { assertNever } from '../../../shared/model/assert-never.ts';
import type { Message, Part } from '../../../shared/model/message.ts';
import { classNames } from '../lib/class-names.ts';
import { formatCount, formatQuantity } from '../lib/format.ts';
import { mcpName, readToolUse } from '../lib/tools/tool-use.ts';
import { Badge } from './badge.tsx';
import { ContentView } from './content/content-view.tsx';
import { MediaView } from './content/media-view.tsx';
import { useIsFoundIn, useReading } from './content/reading-context.ts';
import type { TextReader } from './content/reading-context.ts';
import { wholeText } from './content/whole-text.ts';
import { CopyButton } from './copy-button.tsx';
import { KindIcon } from './kind-icon.tsx';
import type { IconKind } from './kind-icon.tsx';
import { LinkButton } from './link.tsx';
import { JsonText } from './long-text.tsx';
import { ToolGave } from './tools/tool-gave.tsx';
import { ToolGiven } from './tools/tool-given.tsx';
import styles from './message-card.module.css';

/** What is known of the calls that results answer, by call id. */
export type KnownCalls = ReadonlyMap<string, { readonly name: string; readonly arguments?: string | undefined }>;

export interface MessageCardProps {
  readonly message: Message;
  /** Called tools by call id: a result often carries only the id. */
  readonly calls: KnownCalls;
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
export function MessageCard({ message, calls, isOutput = false, lines = proseLines, note, onCall }: MessageCardProps) {
  const { parts } = message;
  const results = parts.filter((part) => part.type === 'tool_result');
  const onlyResults = results.length > 0 && results.length === parts.length;
  const isError = results.some((part) => part.isError === true);
  const title = onlyResults
    ? `tool result · ${results.map((part) => resultName(part, calls)).join(', ')}`
    : message.name === undefined
      ? message.role
      : `${message.role} · ${message.name}`;
  const { reader } = useReading();
  const length = parts.reduce((sum, part) => sum + (part.cut?.length ?? rawText(part).length), 0);
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
          text={async () => (await Promise.all(parts.map((part) => copiedText(part, reader)))).join('\n\n')}
          label={`Copy this message (${title})`}
        />
      </header>
      <div className={styles.body}>
        <MessageParts
          parts={parts}
          calls={calls}
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
  readonly calls: KnownCalls;
  readonly lines?: number;
  /** Each tool result says whose it is. */
  readonly titled?: boolean;
  readonly onCall?: MessageCardProps['onCall'];
}

/** The parts of a message, one under the other. */
export function MessageParts({ parts, calls, lines = proseLines, titled = true, onCall }: MessagePartsProps) {
  if (parts.length === 0) return <p className={styles.quiet}>An empty message.</p>;
  return parts.map((part, at) => (
    <PartView key={at} part={part} calls={calls} lines={lines} titled={titled} onCall={onCall} />
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

function resultName(part: Extract<Part, { type: 'tool_result' }>, calls: KnownCalls): string {
  return part.name ?? (part.id === undefined ? undefined : calls.get(part.id)?.name) ?? part.id ?? 'unnamed tool';
}

function rawText(part: Part): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'reasoning':
      return part.text ?? '';
    case 'tool_call':
      return part.arguments ?? '';
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

/** A part as it is copied, with what was not sent at first. */
async function copiedText(part: Part, reader: TextReader | undefined): Promise<string> {
  const text = await wholeText(rawText(part), part.cut, reader);
  return part.type === 'tool_call' ? `${part.name}(${text})` : text;
}

interface PartViewProps {
  readonly part: Part;
  readonly calls: KnownCalls;
  readonly lines: number;
  readonly titled: boolean;
  readonly onCall: MessageCardProps['onCall'];
}

function PartView({ part, calls, lines, titled, onCall }: PartViewProps) {
  switch (part.type) {
    case 'text':
      return part.text === '' ? (
        <p className={styles.quiet}>An empty text.</p>
      ) : (
        <ContentView text={part.text} cut={part.cut} look="prose" label="Text" lines={lines} />
      );
    case 'reasoning':
      return <Reasoning part={part} />;
    case 'tool_call':
      return <ToolCall part={part} open={onCall?.(part.id, part.name)} />;
    case 'tool_result':
      return (
        <div className={classNames(titled && styles.result)}>
          {titled && (
            <p className={styles.partTitle}>
              result · {resultName(part, calls)}
              {part.server === true ? ' · run by the provider' : ''}
            </p>
          )}
          {part.result === '' ? (
            <p className={styles.quiet}>An empty result.</p>
          ) : (
            <ToolGave
              name={resultName(part, calls)}
              given={part.id === undefined ? undefined : calls.get(part.id)?.arguments}
              result={part.result}
              cut={part.cut}
              lines={resultLines}
            />
          )}
        </div>
      );
    case 'media':
      return <MediaView part={part} />;
    case 'unknown':
      return (
        <div>
          <p className={styles.partTitle}>A part of a type this version does not know, as it was sent</p>
          <ContentView text={part.raw} cut={part.cut} look="code" label="Part as it was sent" lines={40} />
        </div>
      );
    default:
      return assertNever(part, 'message part');
  }
}

const proseLines = 120;
/** In a conversation a result is one of many: its step shows more of it. */
const resultLines = 14;

function Reasoning({ part }: { readonly part: Extract<Part, { type: 'reasoning' }> }) {
  const { text, cut } = part;
  const [pressed, setOpen] = useState<boolean>();
  const isFound = useIsFoundIn(text);
  const open = pressed ?? isFound;
  if (text === undefined || text === '') {
    return (
      <p className={styles.reasoning}>
        reasoning · {part.encrypted === true ? 'encrypted by the provider: it cannot be read' : 'its text was not sent'}
      </p>
    );
  }
  const Twisty = open ? ChevronDown : ChevronRight;
  return (
    <div className={styles.reasoning}>
      <button type="button" className={styles.reasoningLine} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Twisty aria-hidden />
        <span className={styles.reasoningHint}>
          reasoning · {formatCount(cut?.length ?? text.length)} characters{open ? '' : ` — ${text.slice(0, 300)}`}
        </span>
      </button>
      {open && <ContentView text={text} cut={cut} look="prose" label="Reasoning" lines={120} />}
    </div>
  );
}

/** Longer arguments are shown below the name, as what they mean. */
const inlineArguments = 400;

function ToolCall({
  part,
  open,
}: {
  readonly part: Extract<Part, { type: 'tool_call' }>;
  readonly open: (() => void) | undefined;
}) {
  const { name, arguments: text, cut, server } = part;
  const use = useMemo(() => readToolUse(name, text), [name, text]);
  const isInline =
    text === undefined || (text.length <= inlineArguments && (use.kind === 'other' || use.kind === 'read'));
  const mcp = mcpName(name);
  return (
    <div className={styles.call}>
      <div className={styles.callText}>
        <span className={styles.callName}>{mcp?.tool ?? name}</span>
        {isInline && '('}
        {isInline && text !== undefined && text !== '{}' && <JsonText text={text} />}
        {isInline && ')'}
        {mcp !== undefined && <span className={styles.quiet}> of the MCP server {mcp.server}</span>}
        {server === true && <span className={styles.quiet}> run by the provider</span>}
      </div>
      {open !== undefined && <LinkButton onClick={open}>open step</LinkButton>}
      {!isInline && (
        <div className={styles.callArguments}>
          <ToolGiven name={name} given={text} cut={cut} />
        </div>
      )}
    </div>
  );
}

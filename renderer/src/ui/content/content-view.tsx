import { lazy, Suspense, useMemo } from 'react';
import type { ReactNode } from 'react';
import { assertNever } from '../../../../shared/model/assert-never.ts';
import { jsonRoot } from '../../../../shared/model/json-outline.ts';
import type { CutText } from '../../../../shared/model/text-place.ts';
import { Clipped } from './clipped.tsx';
import { CodeText } from './code-text.tsx';
import { JsonTable } from './json-table.tsx';
import { JsonTree } from './json-tree.tsx';
import { useIsFoundIn, useReading } from './reading-context.ts';
import type { ContentMode } from './reading-context.ts';
import { isForTerminal, withSigns } from './terminal-text.ts';
import styles from './content.module.css';

const MarkdownView = lazy(async () => ({ default: (await import('./markdown-view.tsx')).MarkdownView }));
const AnsiText = lazy(async () => ({ default: (await import('./ansi-text.tsx')).AnsiText }));

export interface ContentViewProps {
  readonly text: string;
  /** Where `text` is only the beginning of what there is. */
  readonly cut?: CutText | undefined;
  /** prose: what a person or a model said. code: what a program gave. */
  readonly look: 'prose' | 'code';
  readonly label: string;
  /** A language, or the path of the file that this is from. */
  readonly language?: string | undefined;
  /** Lines and characters shown at first. */
  readonly lines?: number | undefined;
  readonly characters?: number | undefined;
}

type Shown = 'prose' | 'code' | 'markdown' | 'json' | 'terminal' | 'raw';

/** A text from a trace in the way that its pane shows contents; hostile, so it is never interpreted as markup, and nothing is fetched. */
export function ContentView(props: ContentViewProps) {
  const { text, cut, look, label, language, lines, characters } = props;
  const { mode } = useReading();
  const asIs = useMemo(() => shownAs(text, look, mode, language), [text, look, mode, language]);
  // A tree would fold away what is being found.
  const isFound = useIsFoundIn(text);
  const shown = asIs === 'json' && isFound ? 'code' : asIs;
  if (shown === 'json')
    return (
      <JsonTable text={cut === undefined ? text : undefined} label={label}>
        <JsonTree text={text} cut={cut} label={label} />
      </JsonTable>
    );
  return (
    <Clipped text={text} cut={cut} lines={lines} characters={characters}>
      {(part) => viewOf(part, shown, language)}
    </Clipped>
  );
}

function viewOf(part: string, shown: Exclude<Shown, 'json'>, language: string | undefined): ReactNode {
  switch (shown) {
    case 'markdown':
      return (
        <Suspense fallback={<div className={styles.prose}>{part}</div>}>
          <MarkdownView text={part} />
        </Suspense>
      );
    case 'terminal':
      return (
        <div className={styles.code}>
          <Suspense fallback={part}>
            <AnsiText text={part} />
          </Suspense>
        </div>
      );
    case 'prose':
      return <div className={styles.prose}>{part}</div>;
    case 'code':
      return (
        <div className={styles.code}>
          <CodeText text={part} language={language} />
        </div>
      );
    case 'raw':
      return <div className={styles.code}>{withSigns(part)}</div>;
    default:
      return assertNever(shown, 'content');
  }
}

function shownAs(text: string, look: 'prose' | 'code', mode: ContentMode, language: string | undefined): Shown {
  switch (mode) {
    case 'text':
      return look;
    case 'raw':
      return 'raw';
    case 'markdown':
      return 'markdown';
    case 'json':
      return jsonRoot(text) === undefined ? look : 'json';
    case 'auto':
      if (jsonRoot(text) !== undefined && language === undefined) return 'json';
      if (look === 'prose') return looksLikeMarkdown(text) ? 'markdown' : 'prose';
      return isForTerminal(text) ? 'terminal' : 'code';
    default:
      return assertNever(mode, 'content mode');
  }
}

/** What is looked at to tell Markdown from other text. */
const sniffed = 4_000;
const markdownMarks =
  /(?:^|\n) {0,3}(?:#{1,6} \S|[-*+] \S|\d{1,3}[.)] \S|> |```|~~~|\|[^\n]{1,200}\|)|\*\*[^*\n]{1,200}\*\*|`[^`\n]{1,200}`|\[[^\]\n]{1,200}\]\(/;

export function looksLikeMarkdown(text: string): boolean {
  return markdownMarks.test(text.slice(0, sniffed));
}

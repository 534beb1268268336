import { useMemo } from 'react';
import type { ReactNode } from 'react';
import type { CutText } from '../../../../shared/model/text-place.ts';
import {
  readFileResult,
  readMatches,
  readShellResult,
  readWebPage,
  readWebResults,
} from '../../lib/tools/tool-result.ts';
import type { FileMatches, WebResult } from '../../lib/tools/tool-result.ts';
import { readToolUse } from '../../lib/tools/tool-use.ts';
import type { ToolUse } from '../../lib/tools/tool-use.ts';
import { Badge } from '../badge.tsx';
import { Clipped } from '../content/clipped.tsx';
import { CodeText } from '../content/code-text.tsx';
import { ContentView } from '../content/content-view.tsx';
import { ForeignLink } from '../content/foreign-link.tsx';
import { useReading } from '../content/reading-context.ts';
import styles from './tools.module.css';

export interface ToolGaveProps {
  readonly name: string;
  /** What the tool was given says what its result is. */
  readonly given?: string | undefined;
  readonly result: string;
  readonly cut?: CutText | undefined;
  /** Lines and characters shown at first. */
  readonly lines?: number | undefined;
  readonly characters?: number | undefined;
}

/** What a tool gave, as what it is: a command's output with its end, a file, what a search found. */
export function ToolGave({ name, given, result, cut, lines, characters }: ToolGaveProps) {
  const { mode } = useReading();
  const label = `Result of ${name}`;
  const use = useMemo(() => readToolUse(name, given), [name, given]);
  const plain = <ContentView text={result} cut={cut} look="code" label={label} lines={lines} characters={characters} />;
  if (mode !== 'auto' || cut !== undefined) return plain;
  return <Shown use={use} result={result} label={label} lines={lines} characters={characters} plain={plain} />;
}

interface ShownProps {
  readonly use: ToolUse;
  readonly result: string;
  readonly label: string;
  readonly lines: number | undefined;
  readonly characters: number | undefined;
  /** The result like every other. */
  readonly plain: ReactNode;
}

function Shown(props: ShownProps): ReactNode {
  const { use, result, label, lines, characters, plain } = props;
  switch (use.kind) {
    case 'shell':
      return <Shell {...props} />;
    case 'read':
      return <File {...props} path={use.path} />;
    case 'search':
      return <Search {...props} />;
    case 'web':
      return <Web {...props} isPage={use.address !== undefined} />;
    case 'agent':
      return <ContentView text={result} look="prose" label={label} lines={lines} characters={characters} />;
    default:
      return plain;
  }
}

function Shell({ result, label, lines, characters }: ShownProps) {
  const { output, errors, exit } = useMemo(() => readShellResult(result), [result]);
  return (
    <>
      {exit !== undefined && exit !== 0 && (
        <p>
          <Badge tone="error">exit {exit}</Badge>
        </p>
      )}
      {output.trim() === '' && errors === undefined ? (
        <p className={styles.quiet}>It printed nothing.</p>
      ) : (
        output !== '' && <ContentView text={output} look="code" label={label} lines={lines} characters={characters} />
      )}
      {errors !== undefined && (
        <>
          <p className={styles.quiet}>on the error stream</p>
          <ContentView text={errors} look="code" label={`${label}, errors`} lines={lines} characters={characters} />
        </>
      )}
    </>
  );
}

function File({ result, path, lines, characters }: ShownProps & { readonly path: string }) {
  const { text, firstLine } = useMemo(() => readFileResult(result), [result]);
  if (firstLine === undefined)
    return (
      <ContentView
        text={text}
        look="code"
        label={`Text of ${path}`}
        language={path}
        lines={lines}
        characters={characters}
      />
    );
  return (
    <Clipped text={text} lines={lines} characters={characters}>
      {(shown) => <NumberedCode text={shown} firstLine={firstLine} path={path} />}
    </Clipped>
  );
}

function NumberedCode({
  text,
  firstLine,
  path,
}: {
  readonly text: string;
  readonly firstLine: number;
  readonly path: string;
}) {
  const numbers = Array.from({ length: text.split('\n').length }, (_, at) => firstLine + at).join('\n');
  return (
    // Focusable, so that a wide line can be scrolled with the keyboard.
    <pre className={styles.numbered} tabIndex={0} role="region" aria-label={`Text of ${path}`}>
      <span className={styles.numbers} aria-hidden>
        {numbers}
      </span>
      <CodeText text={text} language={path} />
    </pre>
  );
}

function Search({ result, plain }: ShownProps) {
  const found = useMemo(() => readMatches(result), [result]);
  return found === undefined ? plain : found.map((file) => <Matches key={file.path} file={file} />);
}

/** Lines of a file shown at first. */
const mostMatches = 60;

function Matches({ file }: { readonly file: FileMatches }) {
  const text = file.lines.map((line) => line.text).join('\n');
  return (
    <div className={styles.file}>
      <p className={styles.fileHead}>
        <span className={styles.filePath} title={file.path}>
          {file.path}
        </span>
        <span className={styles.quiet}>{file.lines.filter((line) => line.isMatch).length} found</span>
      </p>
      <Clipped text={text} lines={mostMatches}>
        {(shown) => (
          <pre className={styles.numbered} tabIndex={0} role="region" aria-label={`Found in ${file.path}`}>
            <span className={styles.numbers} aria-hidden>
              {file.lines
                .slice(0, shown.split('\n').length)
                .map((line) => line.number)
                .join('\n')}
            </span>
            <CodeText text={shown} language={file.path} />
          </pre>
        )}
      </Clipped>
    </div>
  );
}

function Web({ result, label, lines, characters, plain, isPage }: ShownProps & { readonly isPage: boolean }) {
  const results = useMemo(() => (isPage ? undefined : readWebResults(result)), [isPage, result]);
  const page = useMemo(() => (isPage ? readWebPage(result) : undefined), [isPage, result]);
  if (results !== undefined) return <WebResults results={results} />;
  if (page === undefined) return plain;
  return (
    <>
      {page.status !== undefined && (
        <p>
          <Badge tone={page.status >= 400 ? 'error' : 'neutral'}>status {page.status}</Badge>
        </p>
      )}
      <ContentView text={page.text} look="prose" label={label} lines={lines} characters={characters} />
    </>
  );
}

function WebResults({ results }: { readonly results: readonly WebResult[] }) {
  return (
    <ol className={styles.found}>
      {results.map((one, at) => (
        <li key={at}>
          <p className={styles.foundTitle}>
            {one.address === undefined ? one.title : <ForeignLink address={one.address}>{one.title}</ForeignLink>}
          </p>
          {one.address !== undefined && <p className={styles.foundAddress}>{one.address}</p>}
          {one.snippet !== undefined && (
            <Clipped text={one.snippet} lines={4} characters={600}>
              {(shown) => <p className={styles.snippet}>{shown}</p>}
            </Clipped>
          )}
        </li>
      ))}
    </ol>
  );
}

import MarkdownIt from 'markdown-it';
import { Fragment, useMemo } from 'react';
import type { ReactNode } from 'react';
import { CodeText } from './code-text.tsx';
import { ForeignLink } from './foreign-link.tsx';
import styles from './content.module.css';

/** HTML stays text, addresses are no links by themselves, and what `javascript:` and its kin lead to is not even a link. */
const parser = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: true });
type Token = ReturnType<typeof parser.parse>[number];

/** Markdown as elements. Nothing of it becomes markup of its own: no HTML, no picture is loaded, no link leads anywhere unasked. */
export function MarkdownView({ text }: { readonly text: string }) {
  const content = useMemo(() => elementsOf(parser.parse(text, {})), [text]);
  return <div className={styles.markdown}>{content}</div>;
}

interface OpenElement {
  readonly token: Token | undefined;
  readonly children: ReactNode[];
}

function elementsOf(tokens: readonly Token[]): ReactNode {
  const open: OpenElement[] = [{ token: undefined, children: [] }];
  for (const token of tokens) {
    const inner = open.at(-1);
    if (inner === undefined) break;
    if (token.nesting === 1) open.push({ token, children: [] });
    else if (token.nesting === -1 && open.length > 1) {
      open.pop();
      const outer = open.at(-1);
      outer?.children.push(
        <Fragment key={outer.children.length}>
          {elementOf(inner.token, inner.children.length > 0 ? inner.children : undefined)}
        </Fragment>,
      );
    } else inner.children.push(<Fragment key={inner.children.length}>{leafOf(token)}</Fragment>);
  }
  return open[0]?.children;
}

function elementOf(token: Token | undefined, children: ReactNode): ReactNode {
  switch (token?.type) {
    case 'paragraph_open':
      return token.hidden ? children : <p>{children}</p>;
    case 'heading_open':
      return <p className={token.tag === 'h1' || token.tag === 'h2' ? styles.title : styles.heading}>{children}</p>;
    case 'bullet_list_open':
      return <ul>{children}</ul>;
    case 'ordered_list_open':
      return <ol start={startOf(token)}>{children}</ol>;
    case 'list_item_open':
      return <li>{children}</li>;
    case 'blockquote_open':
      return <blockquote>{children}</blockquote>;
    case 'table_open':
      return (
        // Focusable, so that a wide table can be scrolled with the keyboard.
        <div className={styles.wide} tabIndex={0} role="region" aria-label="Table">
          <table>{children}</table>
        </div>
      );
    case 'thead_open':
      return <thead>{children}</thead>;
    case 'tbody_open':
      return <tbody>{children}</tbody>;
    case 'tr_open':
      return <tr>{children}</tr>;
    case 'th_open':
      return <th>{children}</th>;
    case 'td_open':
      return <td>{children}</td>;
    case 'strong_open':
      return <strong>{children}</strong>;
    case 'em_open':
      return <em>{children}</em>;
    case 's_open':
      return <s>{children}</s>;
    case 'link_open':
      return <ForeignLink address={String(token.attrGet('href') ?? '')}>{children}</ForeignLink>;
    default:
      return children;
  }
}

function leafOf(token: Token): ReactNode {
  switch (token.type) {
    case 'inline':
      return elementsOf(token.children ?? []);
    case 'softbreak':
    case 'hardbreak':
      return <br />;
    case 'hr':
      return <hr />;
    case 'code_inline':
      return <code>{token.content}</code>;
    case 'code_block':
      return <Fence text={token.content} language={undefined} />;
    case 'fence':
      return <Fence text={token.content} language={token.info.trim().split(/\s/, 1)[0]} />;
    case 'image':
      return `![${token.content}](${String(token.attrGet('src') ?? '')})`;
    default:
      return token.content;
  }
}

function Fence({ text, language }: { readonly text: string; readonly language: string | undefined }) {
  const code = text.replace(/\n$/, '');
  return (
    <div className={styles.fence} tabIndex={0} role="region" aria-label={language ? `Code, ${language}` : 'Code'}>
      <CodeText text={code} language={language} />
    </div>
  );
}

function startOf(token: Token): number | undefined {
  const start = Number(token.attrGet('start') ?? 1);
  return Number.isSafeInteger(start) && start !== 1 ? start : undefined;
}

import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import markdown from 'highlight.js/lib/languages/markdown';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';
import { useMemo } from 'react';
import type { ReactNode } from 'react';
import styles from './content.module.css';

const highlighter = createLowlight({
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  markdown,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
});

type Node = ReturnType<typeof highlighter.highlight>['children'][number];

/** What the highlighter calls a stretch, to one of our few colours. */
const colours: Readonly<Record<string, string | undefined>> = {
  keyword: styles.keyword,
  built_in: styles.name,
  type: styles.name,
  literal: styles.literal,
  number: styles.literal,
  string: styles.string,
  regexp: styles.string,
  comment: styles.comment,
  quote: styles.comment,
  doctag: styles.comment,
  meta: styles.comment,
  title: styles.name,
  attr: styles.name,
  attribute: styles.name,
  variable: styles.literal,
  symbol: styles.literal,
  tag: styles.keyword,
  section: styles.keyword,
  addition: styles.added,
  deletion: styles.removed,
};

export function Highlighted({ text, language }: { readonly text: string; readonly language: string }) {
  return useMemo(() => nodesOf(highlighter.highlight(language, text).children), [text, language]);
}

function nodesOf(nodes: readonly Node[]): ReactNode {
  return nodes.map((node, at) => {
    if (node.type === 'text') return node.value;
    if (node.type !== 'element') return null;
    const names = Array.isArray(node.properties.className) ? node.properties.className : [];
    const name = String(names[0] ?? '').replace(/^hljs-/, '');
    return (
      <span key={at} className={colours[name]}>
        {nodesOf(node.children as readonly Node[])}
      </span>
    );
  });
}

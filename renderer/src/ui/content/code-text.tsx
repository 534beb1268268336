import { lazy, Suspense } from 'react';
import { languageOf } from './languages.ts';
import styles from './content.module.css';

const Highlighted = lazy(async () => ({ default: (await import('./highlighted.tsx')).Highlighted }));

/** Colouring makes an element per word: beyond this much text it is left out. */
const mostColoured = 60_000;

export interface CodeTextProps {
  readonly text: string;
  /** A language by any of its names, or the path of a file. */
  readonly language: string | undefined;
}

/** Code, coloured where its language is known. Uncoloured while the colours are loaded. */
export function CodeText({ text, language }: CodeTextProps) {
  const known = languageOf(language);
  if (known === undefined || text.length > mostColoured) return <code className={styles.code}>{text}</code>;
  return (
    <code className={styles.code}>
      <Suspense fallback={text}>
        <Highlighted text={text} language={known} />
      </Suspense>
    </code>
  );
}

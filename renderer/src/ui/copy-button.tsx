import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './icon-button.tsx';
import styles from './copy-button.module.css';

const shownForMs = 1_500;

export interface CopyButtonProps {
  /** The text, or the way to get it when it is not at hand. */
  readonly text: string | (() => Promise<string>);
  /** The accessible name, e.g. `Copy the endpoint`. */
  readonly label: string;
  /** Shows the word `copy` beside the icon. */
  readonly withWord?: boolean;
}

/** Puts text on the clipboard, and says that it did (or why not). */
export function CopyButton({ text, label, withWord = false }: CopyButtonProps) {
  const [result, setResult] = useState<'none' | 'copied' | 'failed'>('none');

  useEffect(() => {
    if (result === 'none') return undefined;
    const timer = setTimeout(() => setResult('none'), shownForMs);
    return () => clearTimeout(timer);
  }, [result]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text());
      setResult('copied');
    } catch {
      setResult('failed');
    }
  };

  const icon = result === 'copied' ? <Check aria-hidden /> : <Copy aria-hidden />;
  const word = result === 'copied' ? 'copied' : result === 'failed' ? 'not copied' : 'copy';
  return (
    <>
      {withWord ? (
        <button type="button" className={styles.button} aria-label={label} onClick={() => void copy()}>
          {icon}
          {word}
        </button>
      ) : (
        <IconButton
          label={result === 'failed' ? 'The clipboard cannot be written' : label}
          icon={icon}
          size="small"
          onClick={() => void copy()}
        />
      )}
      <span className="visually-hidden" role="status">
        {result === 'none' ? '' : word}
      </span>
    </>
  );
}

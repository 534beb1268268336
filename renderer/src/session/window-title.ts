import { useEffect } from 'react';

const program = 'Retake';

/** What is said at the moment: the last one who said something holds. */
let said: readonly { readonly words: string }[] = [];

/** Puts words before the program's name in the title of the window, until the result is called. */
export function sayTitle(words: string): () => void {
  const own = { words };
  said = [...said, own];
  write();
  return () => {
    said = said.filter((one) => one !== own);
    write();
  };
}

function write(): void {
  const last = said.at(-1);
  document.title = last === undefined ? program : `${last.words} · ${program}`;
}

/** The same for as long as the component is mounted; nothing is said while there are no words. */
export function useTitle(words: string | undefined): void {
  useEffect(() => (words === undefined ? undefined : sayTitle(words)), [words]);
}

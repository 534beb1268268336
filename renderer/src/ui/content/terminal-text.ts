const escape = '\u001B';
const bell = '\u0007';

/** Commands to a terminal other than those for colour: titles and links, cursor moves, character sets. */
const otherCommands = new RegExp(
  `${escape}(?:\\][^${bell}${escape}]{0,10000}(?:${bell}|${escape}\\\\)?|\\[[0-9;:?]{0,100}[A-Za-ln-z@\`]|[()][A-Z0-9]|[=>78cDEHMNOZ])`,
  'g',
);

/** Whether a text was meant for a terminal. */
export function isForTerminal(text: string): boolean {
  return text.includes(`${escape}[`);
}

/** What is left on the screen of a terminal: its other commands are carried out as far as they take text away. */
export function withoutControls(text: string): string {
  const plain = text.replace(otherCommands, '').replace(/\r\n/g, '\n');
  if (!plain.includes('\r')) return plain;
  // A line that was written over shows what was written last.
  return plain
    .split('\n')
    .map((line) => line.split('\r').findLast((part) => part !== '') ?? '')
    .join('\n');
}

/** Each control character as the sign that stands for it, so that the text can be read character for character. */
export function withSigns(text: string): string {
  return text.replace(/\p{Cc}/gu, (sign) => {
    const code = sign.charCodeAt(0);
    if (sign === '\n' || sign === '\t') return sign;
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? '\u2421' : sign;
  });
}

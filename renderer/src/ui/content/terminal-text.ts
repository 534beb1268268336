/** Commands to a terminal other than those for colour: titles, cursor moves, character sets. */
const otherCommands =
  /\u001B(?:\][^\u0007\u001B]{0,10000}(?:\u0007|\u001B\\)?|\[[0-9;:?]{0,100}[A-Za-ln-z@`]|[()][A-Z0-9]|[=>78cDEHMNOZ])/g;

/** Whether a text was meant for a terminal. */
export function isForTerminal(text: string): boolean {
  return text.includes('\u001B[');
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
  return text.replace(/[\u0000-\u0008\u000B-\u001F\u007F]/g, (sign) =>
    sign === '\u007F' ? '\u2421' : String.fromCharCode(0x2400 + sign.charCodeAt(0)),
  );
}

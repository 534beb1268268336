export interface Clip {
  readonly shown: string;
  readonly hiddenCharacters: number;
  readonly hiddenLines: number;
}

/** A text is shown whole when it exceeds its limits only a little: a button is not worth three lines. */
const slack = 1.15;

/** The first part of a long text, cut at a line's end where one is near, and how much is left: it is named, never dropped. */
export function clipText(text: string, mostCharacters: number, mostLines: number): Clip {
  let end = text.length > mostCharacters * slack ? mostCharacters : text.length;
  let lines = 1;
  let cutAtLine = -1;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    if (lines === mostLines) cutAtLine = at;
    lines += 1;
  }
  if (cutAtLine >= 0 && lines > mostLines * slack) end = cutAtLine;
  else if (end < text.length) {
    const lineEnd = text.lastIndexOf('\n', end);
    if (lineEnd > end * 0.9) end = lineEnd;
    else if (isHighSurrogate(text, end - 1)) end -= 1;
  }
  const rest = text.slice(end);
  return { shown: text.slice(0, end), hiddenCharacters: rest.length, hiddenLines: rest === '' ? 0 : countLines(rest) };
}

function isHighSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xd800 && code <= 0xdbff;
}

function countLines(text: string): number {
  let count = text.startsWith('\n') ? 0 : 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The beginning of a text on one line, at most `longest` UTF-16 units, an ellipsis where there was more. Never reads more than it needs of a long one. */
export function oneLine(text: string, longest: number): string {
  // What is cut off here is blank at worst: indentation before the first words.
  const line = text
    .trimStart()
    .slice(0, longest * 4)
    .replace(/\s+/g, ' ')
    .trim();
  // Half a surrogate pair at the cut is no text.
  return line.length > longest ? `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : line;
}

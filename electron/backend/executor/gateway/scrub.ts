/** What differs between two identical runs of an agent without meaning anything (FACTS.md, Matching), and what stands in its place. */
interface Scrubber {
  /** Shown to the user when it made two texts equal. */
  readonly name: string;
  readonly pattern: RegExp;
  readonly replacement: string;
}

/** In this order: a date inside a path or an id must not be cut into pieces by a shorter pattern. */
const scrubbers: readonly Scrubber[] = [
  // Gemini CLI and Qwen Code begin by telling what lies in their folder: what the run itself left there would be a difference at its first call.
  {
    name: 'folder listing',
    pattern: /(\bShowing up to \d+ items\b[^\n]*\n\n[^\n]*[\\/])(?:\n[│ ]*[├└]───[^\n]*)*(?:\n+|$)/g,
    replacement: '$1<listing>\n',
  },
  { name: 'uuid', pattern: /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, replacement: '<uuid>' },
  {
    name: 'date and time',
    pattern: /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z| ?[+-]\d\d:?\d\d)?/g,
    replacement: '<time>',
  },
  { name: 'date', pattern: /\b\d{4}-\d\d-\d\d\b/g, replacement: '<date>' },
  {
    name: 'date',
    pattern:
      /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? (?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\b,?(?: {1,2}\d{1,2},?)?(?: \d\d:\d\d:\d\d)?(?: [A-Z]{2,5}| GMT[+-]\d{4})?(?: \d{4})?/g,
    replacement: '<date>',
  },
  { name: 'clock time', pattern: /\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?[AP]M)?\b/g, replacement: '<clock>' },
  { name: 'process id', pattern: /\b((?:process group )?(?:pid|pgid|ppid))(\s*[:=]?\s*)\d+/gi, replacement: '$1$2<n>' },
  { name: 'epoch', pattern: /\b1[5-9]\d{8}(?:\.\d{1,9}|\d{3}(?:\d{3}(?:\d{3})?)?)?\b/g, replacement: '<epoch>' },
  { name: 'hexadecimal id', pattern: /\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, replacement: '<hex>' },
  { name: 'local port', pattern: /(127\.0\.0\.1|localhost|\[::1\]):\d+/g, replacement: '$1:<port>' },
  {
    name: 'temporary path',
    pattern: /(?:\/private)?\/(?:tmp|var\/folders)\/[^\s"'<>)\]},;]+/g,
    replacement: '<temporary>',
  },
  { name: 'duration', pattern: /\b\d+(?:\.\d+)? ?(?:ms|µs|s|secs?|seconds?)\b/g, replacement: '<duration>' },
];

export interface Scrubbed {
  readonly text: string;
  /** Names of the scrubbers that found something. */
  readonly hits: readonly string[];
}

/** Linear patterns only: the text is foreign. `ignore` comes first: the user's patterns are made from texts as they are. */
export function scrub(text: string, ignore: readonly RegExp[] = []): Scrubbed {
  let result = text;
  const hits = new Set<string>();
  for (const pattern of ignore) {
    const next = result.replace(pattern, '<ignored>');
    if (next !== result) hits.add('ignored by you');
    result = next;
  }
  for (const { name, pattern, replacement } of scrubbers) {
    const next = result.replace(pattern, replacement);
    if (next !== result) hits.add(name);
    result = next;
  }
  return { text: result, hits: [...hits] };
}

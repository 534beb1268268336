/**
 * Formats that are recognised to be named in a report, and not read. A format that gets a source leaves this list.
 */
interface KnownContainer {
  readonly label: string;
  readonly matches: (head: Buffer) => boolean;
}

const startsWith =
  (magic: string) =>
  (head: Buffer): boolean =>
    head.toString('latin1', 0, magic.length) === magic;

const containers: readonly KnownContainer[] = [
  { label: 'an SQLite database', matches: startsWith('SQLite format 3') },
  { label: 'bzip2-compressed data', matches: startsWith('BZh') },
  { label: 'xz-compressed data', matches: startsWith('\u00fd7zXZ') },
  { label: 'lz4-compressed data', matches: startsWith('\u0004\u0022\u004d\u0018') },
  { label: 'Parquet', matches: startsWith('PAR1') },
  { label: 'PDF', matches: startsWith('%PDF') },
  { label: 'a 7z archive', matches: startsWith('7z\u00bc\u00af\u0027\u001c') },
  { label: 'a rar archive', matches: startsWith('Rar!\u001a\u0007') },
];

export function knownContainer(head: Buffer): string | undefined {
  return containers.find(({ matches }) => matches(head))?.label;
}

/** Trace formats of others, by keys that only they have: all patterns must be met. Most specific first. */
const textFormats: readonly { readonly label: string; readonly keys: readonly RegExp[] }[] = [
  { label: 'an Inspect log', keys: [/"eval"\s*:/, /"(samples|task_id|run_id)"\s*:/] },
  { label: 'a Sentry envelope', keys: [/"event_id"\s*:|"sent_at"\s*:/, /"sdk"\s*:/] },
  {
    label: 'model API traffic recorded over HTTP',
    keys: [/"(request|response)"\s*:/, /"(headers|status_code|uri|url)"\s*:/],
  },
];

export function knownTextFormat(text: string): string | undefined {
  return textFormats.find(({ keys }) => keys.every((key) => key.test(text)))?.label;
}

/** Names of the entries of zip archives that are one thing of another program. */
const archiveFormats: readonly { readonly label: string; readonly names: readonly RegExp[] }[] = [
  {
    label: 'an Inspect log (.eval)',
    names: [/^(header\.json|_journal\/start\.json)$/, /^(summaries\.json|_journal\/|samples\/)/],
  },
];

export function knownArchive(names: readonly string[]): string | undefined {
  return archiveFormats.find(({ names: patterns }) =>
    patterns.every((pattern) => names.some((name) => pattern.test(name))),
  )?.label;
}

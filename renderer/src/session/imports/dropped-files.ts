/** A file with the name the report shows: its path inside the dropped folder, or its own name. */
export interface NamedFile {
  readonly file: File;
  readonly name: string;
}

/** A dropped folder may be a home directory by mistake. */
const maximumFiles = 10_000;

/**
 * Files and folders of a drop in a browser. The items must be read before the first await: the browser empties the
 * transfer once the event is over.
 */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly NamedFile[]> {
  const entries = [...transfer.items]
    .map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null))
    .filter((entry) => entry !== null);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const files: NamedFile[] = [];
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, into: NamedFile[]): Promise<void> {
  if (into.length >= maximumFiles)
    throw new Error(
      `The folder holds more than ${maximumFiles.toLocaleString('en-US')} files. Drop the folders that hold the traces.`,
    );
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    into.push({ file, name: entry.fullPath.replace(/^\//, '') });
    return;
  }
  if (!isFolder(entry)) return;
  const reader = entry.createReader();
  // A reader gives at most 100 entries a call; an empty list is the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await collect(one, into);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

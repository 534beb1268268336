/** An archive cannot be read, or not any further. The message goes on after "the archive cannot be read:". */
export class BrokenArchive extends Error {
  override readonly name = 'BrokenArchive';
}

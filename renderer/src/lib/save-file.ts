/** Hands a file to the browser (or the desktop window) to be saved. A name that comes from a trace only ever names a download. */
export function saveFile(fileName: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName.replaceAll(/[^\w.-]+/g, '-').slice(0, 120);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

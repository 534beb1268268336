import { FileDown } from 'lucide-react';
import { useEffect, useState } from 'react';
import { importDrop, importText } from '../../session/imports/open-files.ts';
import styles from './drop-and-paste.module.css';

/** Takes drops and pastes anywhere on the window, and shows that a drag can be let go. */
export function DropAndPaste() {
  const [dragging, setDragging] = useState(false);

  useEffect(() => {
    // Moving over a child fires `dragleave` of the parent: only a balance of zero is outside.
    let depth = 0;
    const isForeign = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const enter = (event: DragEvent) => {
      if (!isForeign(event)) return;
      depth += 1;
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (!isForeign(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setDragging(false);
    };
    const over = (event: DragEvent) => {
      if (!isForeign(event)) return;
      // Without this the window would navigate to the file.
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
    };
    const drop = (event: DragEvent) => {
      if (!isForeign(event)) return;
      event.preventDefault();
      depth = 0;
      setDragging(false);
      if (event.dataTransfer !== null) void importDrop(event.dataTransfer);
    };
    const paste = (event: ClipboardEvent) => {
      const target = event.target;
      if (
        event.defaultPrevented ||
        (target instanceof Element && target.closest('input, textarea, [contenteditable]') !== null)
      )
        return;
      const data = event.clipboardData;
      if (data === null) return;
      event.preventDefault();
      if (data.files.length > 0) void importDrop(data);
      else importText('pasted text', data.getData('text/plain'));
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    window.addEventListener('paste', paste);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
      window.removeEventListener('paste', paste);
    };
  }, []);

  if (!dragging) return null;
  return (
    <div className={styles.overlay} data-testid="drop-overlay">
      <div className={styles.card}>
        <FileDown aria-hidden />
        <p className={styles.title}>Drop to import</p>
        <p className={styles.text}>
          Files and folders, recognised by their content. Importing something again changes nothing.
        </p>
      </div>
    </div>
  );
}

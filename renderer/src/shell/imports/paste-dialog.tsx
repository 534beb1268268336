import { useRef } from 'react';
import { importText } from '../../session/imports/open-files.ts';
import { useImportFormats } from '../../session/queries.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Kbd } from '../../ui/kbd.tsx';
import styles from './paste-dialog.module.css';

export interface PasteDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
}

/**
 * A place to paste into. Reading the clipboard at a click would need a permission that Retake does not ask for;
 * a paste by the user needs none.
 */
export function PasteDialog({ open, onClose }: PasteDialogProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const formats = useImportFormats().data;
  const take = (text: string) => {
    onClose();
    importText('pasted text', text);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      title="Paste telemetry"
      description={
        <>
          {formats === undefined ? '' : `${formats.text}, where it is text. `}
          <Kbd keys="$mod+v" /> imports at once; outside of text fields it works anywhere in the window.
        </>
      }
      initialFocus={area}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" onClick={() => take(area.current?.value ?? '')}>
            Import
          </Button>
        </>
      }
    >
      <textarea
        ref={area}
        className={styles.area}
        aria-label="Telemetry to import"
        placeholder='{ "resourceSpans": [ … ] }'
        spellCheck={false}
        onPaste={(event) => {
          const text = event.clipboardData.getData('text/plain');
          if (text === '') return;
          // Megabytes in a text area would freeze the window.
          event.preventDefault();
          take(text);
        }}
      />
    </Dialog>
  );
}

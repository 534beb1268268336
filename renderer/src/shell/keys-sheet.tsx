import { useKeyGroups } from '../session/commands.ts';
import { Dialog } from '../ui/dialog.tsx';
import { KeysList } from '../ui/keys-list.tsx';

export interface KeysSheetProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** Every key that works on this screen. */
export function KeysSheet({ open, onOpenChange }: KeysSheetProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keys"
      description="What works on this screen. Everything is also in the palette."
      width="large"
    >
      <Keys />
    </Dialog>
  );
}

function Keys() {
  return <KeysList groups={useKeyGroups()} />;
}

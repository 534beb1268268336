import { Plus } from 'lucide-react';
import { Button } from '../../../ui/button.tsx';

/** A quiet way to add one more of something. */
export function AddButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <Button look="ghost" size="small" icon={<Plus />} onClick={onClick}>
      {label}
    </Button>
  );
}

import { CircleDot } from 'lucide-react';
import { useState } from 'react';
import type { LiveTake } from '../../../../../shared/model/take.ts';
import { breaksCount, emptyDraft } from '../../../lib/break-form.ts';
import { useCommands } from '../../../session/commands.ts';
import { BreakList } from '../../../ui/break-list.tsx';
import { Button } from '../../../ui/button.tsx';
import { Popover } from '../../../ui/popover.tsx';
import { useSetBreaks } from './take-queries.ts';
import styles from './take-breaks-button.module.css';

/** Where calls of a take that runs are held: what is changed holds from its next call on. */
export function TakeBreaksButton({ take }: { readonly take: LiveTake }) {
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState(emptyDraft);
  const setBreaks = useSetBreaks(take);
  useCommands([{ id: 'take.breaks', run: () => setOpen(!open) }]);
  const on = take.breaks.filter(({ enabled }) => enabled).length;
  return (
    <Popover
      label="Break before a call"
      align="end"
      open={open}
      onOpenChange={setOpen}
      className={styles.popup}
      trigger={
        <Button size="small" icon={<CircleDot />} keys="Shift+b" title="Conditions under which its next calls are held">
          {on === 0 ? 'Break when' : `Breaks: ${on}`}
        </Button>
      }
    >
      <p className={styles.words}>
        Holds a call before it is answered, from the next one on. {breaksCount(take.breaks)}, kept for {take.name}.
      </p>
      <BreakList
        form={{ breaks: take.breaks, draft }}
        onChange={(form) => {
          setDraft(form.draft);
          if (form.breaks !== take.breaks) setBreaks(form.breaks);
        }}
      />
    </Popover>
  );
}

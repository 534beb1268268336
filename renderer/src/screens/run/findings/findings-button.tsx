import { Lightbulb } from 'lucide-react';
import { useState } from 'react';
import type { RunDetail } from '../../../../../shared/contract.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { useCommands } from '../../../session/commands.ts';
import { useFindings } from '../../../session/queries.ts';
import { Button } from '../../../ui/button.tsx';
import { Popover } from '../../../ui/popover.tsx';
import { FindingsPanel } from './findings-panel.tsx';
import styles from './findings.module.css';

export interface FindingsButtonProps {
  readonly run: RunDetail;
  readonly onStep: (index: number) => void;
  /** Opens the sheet of a take without that finding. */
  readonly onTakeWithout: (finding: number) => void;
}

/** What was found in the run, over its steps. */
export function FindingsButton({ run, onStep, onTakeWithout }: FindingsButtonProps) {
  const [open, setOpen] = useState(false);
  const { data } = useFindings(run.id);
  useCommands([{ id: 'view.findings', run: () => setOpen(!open) }]);
  const count = data?.findings.length ?? 0;
  const close = (then: () => void) => {
    setOpen(false);
    then();
  };
  return (
    <Popover
      label="Findings"
      open={open}
      onOpenChange={setOpen}
      className={styles.panel}
      trigger={
        <Button
          size="small"
          icon={<Lightbulb />}
          aria-label={formatQuantity(
            count,
            data === undefined || data.behind ? 'finding so far' : 'finding',
            data === undefined || data.behind ? 'findings so far' : 'findings',
          )}
          title="What was found in this run (F)"
          className={styles.button}
        >
          {count}
        </Button>
      }
    >
      <FindingsPanel
        run={run}
        findings={data}
        onStep={(index) => close(() => onStep(index))}
        onTakeWithout={(at) => close(() => onTakeWithout(at))}
      />
    </Popover>
  );
}

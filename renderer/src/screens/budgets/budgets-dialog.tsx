import { Plus } from 'lucide-react';
import { useState } from 'react';
import type { Budget, BudgetsToday } from '../../../../shared/model/budget.ts';
import { messageOf } from '../../lib/error-message.ts';
import { showToast } from '../../lib/toasts.ts';
import { useBudgets, useRemoveBudget } from '../../session/budgets.ts';
import { Button } from '../../ui/button.tsx';
import { Callout } from '../../ui/callout.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { BudgetForm } from './budget-form.tsx';
import { BudgetList } from './budget-list.tsx';
import { NotificationChoice } from './notification-choice.tsx';
import styles from './budgets-dialog.module.css';

/** What agents may spend in a day: how far it is, and where it is set. */
export function BudgetsDialog({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }) {
  // The question of a form that was left is not there the next time.
  return open ? <OpenDialog onClose={onClose} /> : null;
}

function OpenDialog({ onClose }: { readonly onClose: () => void }) {
  const { data: today, error } = useBudgets();
  const { mutate: remove, isPending } = useRemoveBudget();
  const [editing, setEditing] = useState<Budget | 'new'>();
  const removeOne = (budget: Budget) =>
    remove(budget.id, {
      onError: (fault) => showToast({ tone: 'error', title: 'The budget was not removed', text: messageOf(fault) }),
    });

  return (
    <Dialog
      open
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      title="Budgets"
      width="medium"
      description={today === undefined ? undefined : <Day today={today} />}
      actions={
        editing === undefined ? (
          <>
            <NotificationChoice />
            <Button look="primary" icon={<Plus />} onClick={() => setEditing('new')}>
              Add a budget
            </Button>
          </>
        ) : undefined
      }
    >
      {error !== null && (
        <Callout tone="error" role="alert">
          {messageOf(error)}
        </Callout>
      )}
      {today?.problem !== undefined && (
        <Callout tone="warn" role="status">
          {today.problem}
        </Callout>
      )}
      {editing === undefined ? (
        today !== undefined && (
          <BudgetList budgets={today.budgets} isBusy={isPending} onEdit={setEditing} onRemove={removeOne} />
        )
      ) : (
        <BudgetForm initial={editing === 'new' ? undefined : editing} onDone={() => setEditing(undefined)} />
      )}
      <p className={styles.about}>
        What a call may cost is reserved before it goes out, by the size of its request and the longest answer that it
        allows (4,096 tokens, or the longest of its run so far, where it sets none). Calls that Retake’s gateway passes
        on, from <i>Record a run</i>, <code>retake run</code> and takes, can be held; runs that only send telemetry are
        counted and told of.
      </p>
    </Dialog>
  );
}

function Day({ today: { day, zone } }: { readonly today: BudgetsToday }) {
  return (
    <>
      Spent on {day}, from midnight to midnight in {zone}.
    </>
  );
}

import { commandGroups } from '../../../shared/commands.ts';
import { useAvailableCommands } from '../session/commands.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';
import styles from './keys-sheet.module.css';

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
      <KeysList />
    </Dialog>
  );
}

export function KeysList() {
  const commands = useAvailableCommands().filter((command) => command.keys.length > 0);
  const groups = commandGroups
    .map((group) => ({ group, commands: commands.filter((command) => command.group === group) }))
    .filter((one) => one.commands.length > 0);
  return (
    <div className={styles.groups}>
      {groups.map(({ group, commands: list }) => (
        <section key={group} className={styles.group} aria-label={group}>
          <h3 className={styles.heading}>{group}</h3>
          <dl>
            {list.map((command) => (
              <div key={command.id} className={styles.row}>
                <dt>{command.title}</dt>
                <dd>
                  {command.keys.map((keys) => (
                    <Kbd key={keys} keys={keys} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}

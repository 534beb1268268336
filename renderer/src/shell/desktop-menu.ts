import type { WindowBridge } from '../../../shared/window-bridge.ts';
import { availableCommands, onCommandsChange, runCommand } from '../session/commands.ts';

/** Lets the desktop window's menu run commands, and tells it which ones something handles. Returns the way to stop. */
export function followMenu(bridge: Pick<WindowBridge, 'onMenuCommand' | 'setHandledCommands'>): () => void {
  let isTelling = false;
  // A screen that is left and the one that opens change the commands in one go: they are told once.
  const tell = () => {
    if (isTelling) return;
    isTelling = true;
    queueMicrotask(() => {
      isTelling = false;
      bridge.setHandledCommands(availableCommands().map(({ id }) => id));
    });
  };
  tell();
  const forget = onCommandsChange(tell);
  const close = bridge.onMenuCommand(runCommand);
  return () => {
    forget();
    close();
  };
}

import { useState } from 'react';
import { useCommands } from '../session/commands.ts';
import type { CommandHandler } from '../session/commands.ts';
import { copyLink } from '../session/copy-link.ts';
import { windowBridge } from '../session/globals.ts';
import { openFileDialog } from '../session/imports/open-files.ts';
import { currentLocation, goBack, goForward } from '../session/location-store.ts';
import { goBackToPricesBefore, lookForNewerPrices, updatePricesFromFile } from '../session/price-actions.ts';
import { startDemo } from '../session/start-demo.ts';
import { useTestSpan } from '../session/test-span.ts';
import { setTheme } from '../session/theme.ts';
import { PasteDialog } from './imports/paste-dialog.tsx';
import { KeysSheet } from './keys-sheet.tsx';
import { Palette } from './palette/palette.tsx';
import type { DialogScreen } from './screen.tsx';
import { dialogScreens, goHandlers } from './screens.tsx';

type Sheet = 'none' | 'palette' | 'keys' | 'paste' | DialogScreen;

const dialogs = dialogScreens();
const goes = goHandlers();

/** A browser's window has no log of its own: the terminal has it; and no program that could be replaced. */
function desktopHandlers(): readonly CommandHandler[] {
  const bridge = windowBridge();
  return bridge === undefined
    ? []
    : [
        { id: 'help.log', run: () => bridge.showLog() },
        { id: 'help.updates', run: () => bridge.lookForUpdates() },
      ];
}

/** Commands that work on every screen, and the sheets they open. */
export function AppCommands() {
  const [sheet, setSheet] = useState<Sheet>('none');
  const testSpan = useTestSpan();
  useCommands([
    { id: 'palette.open', run: () => setSheet('palette') },
    { id: 'help.keys', run: () => setSheet('keys') },
    { id: 'file.open', run: () => void openFileDialog() },
    { id: 'file.paste', run: () => setSheet('paste') },
    { id: 'run.demo', run: () => void startDemo() },
    { id: 'file.test-span', run: testSpan.send },
    { id: 'prices.update', run: updatePricesFromFile },
    { id: 'prices.look', run: lookForNewerPrices },
    { id: 'prices.back', run: goBackToPricesBefore },
    ...goes,
    ...desktopHandlers(),
    ...dialogs.map((dialog) => ({ id: dialog.command, run: () => setSheet(dialog) })),
    { id: 'go.copy-link', run: () => void copyLink(currentLocation()) },
    { id: 'go.back', run: goBack },
    { id: 'go.forward', run: goForward },
    { id: 'view.theme-system', run: () => setTheme('system') },
    { id: 'view.theme-dark', run: () => setTheme('dark') },
    { id: 'view.theme-light', run: () => setTheme('light') },
  ]);
  const close = (open: boolean) => {
    if (!open) setSheet('none');
  };
  return (
    <>
      <Palette open={sheet === 'palette'} onOpenChange={close} />
      <KeysSheet open={sheet === 'keys'} onOpenChange={close} />
      {dialogs.map((dialog) => (
        <dialog.Dialog key={dialog.name} open={sheet === dialog} onClose={() => setSheet('none')} />
      ))}
      <PasteDialog open={sheet === 'paste'} onClose={() => setSheet('none')} />
    </>
  );
}

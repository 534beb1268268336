import { useState } from 'react';
import { compareLocation, connectLocation, homeLocation, settingsLocation } from '../../../shared/location.ts';
import { RecordDialog } from '../screens/record/record-dialog.tsx';
import { useCommands } from '../session/commands.ts';
import { setReportOpen, useImports } from '../session/imports/import-store.ts';
import { openFileDialog } from '../session/imports/open-files.ts';
import { goBack, goForward, navigate } from '../session/location-store.ts';
import { startDemo } from '../session/start-demo.ts';
import { useTestSpan } from '../session/test-span.ts';
import { setTheme } from '../session/theme.ts';
import { PasteDialog } from './imports/paste-dialog.tsx';
import { KeysSheet } from './keys-sheet.tsx';
import { Palette } from './palette/palette.tsx';

type Sheet = 'none' | 'palette' | 'keys' | 'paste' | 'record';

/** Commands that work on every screen, and the sheets they open. */
export function AppCommands() {
  const [sheet, setSheet] = useState<Sheet>('none');
  const job = useImports((state) => state.job);
  const testSpan = useTestSpan();
  useCommands([
    { id: 'palette.open', run: () => setSheet('palette') },
    { id: 'help.keys', run: () => setSheet('keys') },
    { id: 'file.open', run: () => void openFileDialog() },
    { id: 'file.paste', run: () => setSheet('paste') },
    { id: 'file.report', run: () => setReportOpen(true), when: () => job !== undefined },
    { id: 'run.record', run: () => setSheet('record') },
    { id: 'run.demo', run: () => void startDemo() },
    { id: 'file.test-span', run: testSpan.send },
    { id: 'go.runs', run: () => navigate(homeLocation) },
    { id: 'go.compare', run: () => navigate(compareLocation([])) },
    { id: 'go.connect', run: () => navigate(connectLocation()) },
    { id: 'go.settings', run: () => navigate(settingsLocation()) },
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
      <RecordDialog open={sheet === 'record'} onClose={() => setSheet('none')} />
      <PasteDialog open={sheet === 'paste'} onClose={() => setSheet('none')} />
    </>
  );
}

import { ipcMain } from 'electron';
import type { IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { themeChoices } from '../../shared/window-bridge.ts';
import type { ThemeChoice } from '../../shared/window-bridge.ts';
import { windowChannels } from '../../shared/window-channels.ts';
import { appOrigin } from './app-protocol.ts';

/** What a window may ask of main. */
export interface WindowRequests {
  ready(contents: WebContents): void;
  openFiles(contents: WebContents): Promise<readonly string[]>;
  showLog(): void;
  lookForUpdates(): void;
  setUpdatesAtStart(on: boolean): void;
  setTheme(theme: ThemeChoice): void;
  setHandledCommands(ids: readonly string[]): void;
}

/** The only place that touches ipcMain: every message is refused unless it comes from the page itself. */
export function listenToWindows(requests: WindowRequests): void {
  ipcMain.on(windowChannels.ready, (event) => {
    if (isOwnPage(event)) requests.ready(event.sender);
  });
  ipcMain.on(windowChannels.setTheme, (event, theme: unknown) => {
    const choice = themeChoices.find((known) => known === theme);
    if (isOwnPage(event) && choice !== undefined) requests.setTheme(choice);
  });
  ipcMain.on(windowChannels.setHandledCommands, (event, ids: unknown) => {
    if (isOwnPage(event) && Array.isArray(ids)) requests.setHandledCommands(ids.filter((id) => typeof id === 'string'));
  });
  ipcMain.on(windowChannels.showLog, (event) => {
    if (isOwnPage(event)) requests.showLog();
  });
  ipcMain.on(windowChannels.lookForUpdates, (event) => {
    if (isOwnPage(event)) requests.lookForUpdates();
  });
  ipcMain.on(windowChannels.setUpdatesAtStart, (event, on: unknown) => {
    if (isOwnPage(event) && typeof on === 'boolean') requests.setUpdatesAtStart(on);
  });
  ipcMain.handle(windowChannels.openFiles, async (event) => {
    if (!isOwnPage(event)) throw new Error('This page may not open files.');
    return requests.openFiles(event.sender);
  });
}

/** The top frame of our own origin: an iframe or a page that got into the window has no voice. */
function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return event.senderFrame !== null && event.senderFrame.parent === null && event.senderFrame.origin === appOrigin;
}

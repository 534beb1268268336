import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { lostMessage, portMessage } from '../../shared/window-bridge.ts';
import type { WindowBridge } from '../../shared/window-bridge.ts';
import { windowChannels } from '../../shared/window-channels.ts';

/** The page gets functions, never ipcRenderer or its events. */
const bridge: WindowBridge = {
  pathForFile: (file) => (isFile(file) ? webUtils.getPathForFile(file) : ''),
  async openFiles() {
    const paths: unknown = await ipcRenderer.invoke(windowChannels.openFiles);
    return Array.isArray(paths) ? paths.filter((path) => typeof path === 'string') : [];
  },
  platform: process.platform,
  onMenuCommand(listener) {
    const forward = (_event: unknown, commandId: unknown): void => {
      if (typeof commandId === 'string') listener(commandId);
    };
    ipcRenderer.on(windowChannels.menuCommand, forward);
    return () => {
      ipcRenderer.off(windowChannels.menuCommand, forward);
    };
  },
  setHandledCommands: (ids) => ipcRenderer.send(windowChannels.setHandledCommands, ids),
  setTheme: (theme) => ipcRenderer.send(windowChannels.setTheme, theme),
  showLog: () => ipcRenderer.send(windowChannels.showLog),
  lookForUpdates: () => ipcRenderer.send(windowChannels.lookForUpdates),
  setUpdatesAtStart: (on) => ipcRenderer.send(windowChannels.setUpdatesAtStart, on),
  ready: () => ipcRenderer.send(windowChannels.ready),
};

// A MessagePort cannot pass the context bridge; a message to the page can carry it (Electron, tutorial/message-ports).
ipcRenderer.on(windowChannels.port, (event) => window.postMessage(portMessage, location.origin, event.ports));
ipcRenderer.on(windowChannels.lost, () => window.postMessage(lostMessage, location.origin));

contextBridge.exposeInMainWorld('retake', bridge);

/** By shape: an object that came through the bridge need not be an instance of this world's File. */
function isFile(value: unknown): value is File {
  return typeof value === 'object' && value !== null && 'name' in value && 'size' in value && 'lastModified' in value;
}

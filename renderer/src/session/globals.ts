import type { WindowBridge } from '../../../shared/window-bridge.ts';

declare global {
  interface Window {
    /** The preload's functions; absent in a browser. */
    readonly retake?: WindowBridge;
    /** Resolves when nothing is in flight and the window shows it (see idle.ts). For end-to-end tests. */
    retakeIdle?: () => Promise<void>;
  }
}

/** The desktop window's bridge, or undefined in a browser. */
export function windowBridge(): WindowBridge | undefined {
  return window.retake;
}

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isOwnPart, ownParts } from '../../shared/own-parts.ts';
import type { OwnPart } from '../../shared/own-parts.ts';

/**
 * A part of Retake that this process was started for, instead of a window: `--part NAME ARGUMENTS`. The fuse that makes any Electron
 * run any JavaScript (runAsNode) is off in a packaged app, and Retake's own small programs run this way. Electron waits for the main
 * module before it looks for a display, so a part needs none.
 */
export interface AskedPart {
  readonly part: OwnPart;
  readonly arguments: readonly string[];
}

export function askedPart(own: readonly string[]): AskedPart | undefined {
  // Only as the first of our own arguments: a file of that name, or one of the user's, starts nothing.
  const at = own.findIndex((text) => !startsWithoutWindow.includes(text));
  const part = own[at + 1];
  return own[at] === '--part' && isOwnPart(part) ? { part, arguments: own.slice(at + 2) } : undefined;
}

/** There is no page to lock in: without these Chromium starts two processes more for each part. */
const startsWithoutWindow: readonly string[] = ['--no-sandbox', '--no-zygote'];

/** The command that runs a part, up to `--part`: what the backend is told. */
export function partProgram(executable: string, appFolder: string | undefined): readonly string[] {
  return [executable, ...startsWithoutWindow, ...(appFolder === undefined ? [] : [appFolder])];
}

/** Runs it in this process, which ends with it. */
export async function runPart({ part, arguments: given }: AskedPart, builtFolder: string): Promise<never> {
  const file = join(builtFolder, 'backend', ownParts[part]);
  process.argv = [process.execPath, file, ...given];
  try {
    await import(pathToFileURL(file).href);
  } catch (error) {
    process.stderr.write(`retake ${part}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
  // What was written must have left this process before it ends.
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((done) => {
      stream.write('', () => done());
    });
  process.exit();
}

import { readFile } from 'node:fs/promises';
import { handFile } from '../../backend/command-line.ts';
import { writeAll } from '../output.ts';

/** Each with the file that it is. */
const files = { python: 'retake_tools.py', typescript: 'retake-tools.ts', javascript: 'retake-tools.mjs' } as const;
export type WrapperLanguage = keyof typeof files;

/** `retake tools-wrapper python > retake_tools.py`: the file that asks Retake before an agent's own tool functions run. */
export async function toolsWrapperCommand(language: WrapperLanguage): Promise<void> {
  await writeAll(process.stdout, [await readFile(handFile(files[language]), 'utf8')]);
}

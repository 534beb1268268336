import { readFile } from 'node:fs/promises';
import { handFile } from '../../backend/executor/hands/hand-files.ts';
import { writeAll } from '../output.ts';

export const wrapperLanguages = ['python', 'typescript'] as const;
export type WrapperLanguage = (typeof wrapperLanguages)[number];

/** `retake tools-wrapper python > retake_tools.py`: the file that asks Retake before an agent's own tool functions run. */
export async function toolsWrapperCommand(language: WrapperLanguage): Promise<void> {
  await writeAll(process.stdout, [await readFile(handFile(language === 'python' ? 'retake_tools.py' : 'retake-tools.mjs'), 'utf8')]);
}

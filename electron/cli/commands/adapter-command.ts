import { readFile } from 'node:fs/promises';
import { adapterFile } from '../../backend/command-line.ts';
import type { AdapterName } from '../../backend/command-line.ts';
import { writeAll } from '../output.ts';

/** `retake adapter langgraph-python > retake_langgraph.py`: the file by which a script goes on from its own checkpoint. */
export async function adapterCommand(name: AdapterName): Promise<void> {
  await writeAll(process.stdout, [await readFile(adapterFile(name), 'utf8')]);
}

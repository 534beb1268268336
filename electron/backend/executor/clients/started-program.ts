import { basename } from 'node:path';

/** The program that a command starts in the end, without path and ending, and where its name stands: `npx -y NAME` starts NAME. */
export function startedProgram(command: readonly string[]): { readonly name: string; readonly at: number } {
  const [program = '', ...rest] = command;
  const at =
    basename(program).replace(/\.(?:cmd|exe)$/i, '') === 'npx'
      ? rest.findIndex((argument) => !argument.startsWith('-')) + 1
      : 0;
  return { at, name: basename(command[at] ?? '').replace(/\.(?:cmd|exe|js|mjs)$/i, '') };
}

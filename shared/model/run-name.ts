/** Programs that run another one: the script says more. */
const interpreters = /^(?:node|nodejs|bun|deno|tsx|python[\d.]*|uv|npx|npm|pnpm|ruby|bash|sh)$/;

/** What a run of this command is called where nothing else is said: its program, or the script that it runs. */
export function nameOf([program, ...rest]: readonly string[]): string {
  const name = basename(program ?? '').replace(/\.exe$/i, '');
  const script = interpreters.test(name)
    ? rest.find((word) => !word.startsWith('-') && word !== 'run' && word !== 'exec')
    : undefined;
  return script === undefined ? name : basename(script);
}

function basename(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? '';
}

// Runs a TypeScript file of this checkout on a Node that can: this one, or the one that `npm ci` brought.
// Plain JavaScript of 2020 on purpose: it must run, and explain itself, on any Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// 22.18 is the first that runs TypeScript without a flag.
const needed = [22, 18];

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/** @param {URL} entry */
export async function runOnNewNode(entry) {
  if (isNewEnough()) {
    await import(entry.href);
    return;
  }
  const own = fileURLToPath(
    new URL(`../../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url),
  );
  if (!existsSync(own)) {
    process.stderr.write(
      `Retake needs Node ${needed.join('.')} or newer, this is ${process.versions.node}: install a newer one from https://nodejs.org, or run \`npm ci\`, which brings one.\n`,
    );
    process.exitCode = 1;
    return;
  }
  const child = spawn(own, [fileURLToPath(entry), ...process.argv.slice(2)], { stdio: 'inherit' });
  // What is sent to this process alone is passed on. The terminal sends Ctrl-C to both: all that runs here takes it twice as once.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code);
    // Ended by a signal: so does this one, that a shell sees it.
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

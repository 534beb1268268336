// Starts the command line of a checkout: checks the Node version before anything that needs a newer one is loaded.
// Plain JavaScript of 2020 on purpose: it must run, and explain itself, on any Node.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  const { spawnSync } = await import('node:child_process');
  const { existsSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  // `npm ci` brings a Node of its own where the platform has one.
  const own = fileURLToPath(new URL(`../../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url));
  if (!existsSync(own)) {
    process.stderr.write(`Retake needs Node 22.18 or newer, this is ${process.versions.node}: install a newer one from https://nodejs.org, or run \`npm ci\`, which brings one.\n`);
    process.exit(1);
  }
  const { status, signal } = spawnSync(own, [fileURLToPath(new URL('./retake.ts', import.meta.url)), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(signal ? 1 : (status ?? 1));
} else {
  await import('./retake.ts');
}

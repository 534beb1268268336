#!/usr/bin/env node
// `retake` where it was installed as a package: what is built, on a Node that can run it. Plain JavaScript of 2018 on purpose: it must
// run, and explain itself, on any Node.

// 22.15 is the first with Zstandard, which packs the library; SQLite's binding needs 22 as well.
const needed = [22, 15];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major > needed[0] || (major === needed[0] && minor >= needed[1])) {
  await import(new URL('../../dist/backend/retake.js', import.meta.url).href);
} else {
  process.stderr.write(
    `Retake needs Node ${needed.join('.')} or newer, this is ${process.versions.node}: install a newer one from https://nodejs.org and run it again.\n`,
  );
  process.exitCode = 1;
}

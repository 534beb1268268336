// A Debian package of an app that electron-builder has put into a folder. Its own maker of them downloads a tool; this one needs
// `dpkg` and `fakeroot`, which every Debian can have.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import installer from 'electron-installer-debian';
import { applicationId, mimeTypes, synopsis } from './builder.mjs';

const icon = (size) => fileURLToPath(new URL(`icons/${size}x${size}.png`, import.meta.url));

/** @param {{ root: string, unpacked: string, output: string, architecture: 'amd64' | 'arm64' }} request */
export async function makeDebianPackage({ root, unpacked, output, architecture }) {
  const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  await installer({
    src: unpacked,
    dest: output,
    arch: architecture,
    options: {
      name: 'retake',
      productName: 'Retake',
      genericName: 'Debugger',
      bin: 'retake',
      version,
      description: synopsis,
      productDescription: description,
      // Twice as large as by xz in a tenth of the time; xz took more than eight minutes on two busy cores.
      compression: 'gzip',
      section: 'devel',
      maintainer: 'Retake contributors <retake@localhost>',
      homepage: 'https://localhost/',
      icon: Object.fromEntries([16, 32, 48, 64, 128, 256, 512].map((size) => [`${size}x${size}`, icon(size)])),
      categories: ['Development'],
      mimeType: mimeTypes,
      desktopTemplate: fileURLToPath(new URL('retake.desktop.ejs', import.meta.url)),
      // Chromium's helper for systems that forbid user namespaces: its owner and its bit are set by the package's script.
      scripts: { postinst: fileURLToPath(new URL('deb-postinst.sh', import.meta.url)) },
    },
    rename: (folder, name) => join(folder, name.replaceAll(applicationId, 'retake')),
  });
}

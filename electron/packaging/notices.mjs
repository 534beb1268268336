// The licences of what is in the build: of each package whose source a source map names, and of what is loaded beside it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {string} root of the project, built with its source maps
 * @param {readonly string[]} beside packages that are no part of a bundle
 */
export function thirdPartyNotices(root, beside) {
  const dist = join(root, 'dist');
  const folders = new Set(beside.map((name) => `node_modules/${name}`));
  for (const name of readdirSync(dist, { recursive: true }).filter((path) => String(path).endsWith('.map'))) {
    const { sources } = JSON.parse(readFileSync(join(dist, String(name)), 'utf8'));
    for (const source of sources) {
      // The last one: a package may hold another.
      const found = /^.*?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(source);
      if (found) folders.add(found[1]);
    }
  }
  const parts = [...folders]
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .toSorted()
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
      const texts = readdirSync(join(root, folder))
        .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
        .map((file) => readFileSync(join(root, folder, file), 'utf8').trim());
      return `${name} ${version} (${license ?? 'see its text'})\n\n${texts.join('\n\n') || 'Its package holds no text of its licence.'}`;
    });
  return `Retake holds parts of these packages.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

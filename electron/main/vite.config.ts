import { cp } from 'node:fs/promises';
import { defineConfig } from 'vite';
import { nodeBuild } from '../../.config/node-build.ts';

export default defineConfig({
  ...nodeBuild({ name: 'main', entries: { main: 'electron/main/main.ts' }, format: 'es' }),
  plugins: [
    {
      name: 'retake-icon',
      async closeBundle(error) {
        if (error === undefined)
          await cp(
            new URL('../packaging/icons/256x256.png', import.meta.url),
            new URL('../../dist/main/icon.png', import.meta.url),
          );
      },
    },
  ],
});

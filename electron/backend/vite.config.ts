import { cp } from 'node:fs/promises';
import { defineConfig } from 'vite';
import { nodeBuild } from '../../.config/node-build.ts';

const config = nodeBuild({
  name: 'backend',
  entries: {
    backend: 'electron/backend/backend.ts',
    utility: 'electron/backend/hosts/utility.ts',
    retake: 'electron/cli/retake.ts',
    'ingest-worker': 'electron/backend/workers/ingest-worker.ts',
    'read-worker': 'electron/backend/workers/read-worker.ts',
    'index-worker': 'electron/backend/workers/index-worker.ts',
  },
  format: 'es',
});

export default defineConfig({
  ...config,
  plugins: [
    {
      name: 'retake-samples',
      async closeBundle(error) {
        if (error === undefined) await cp(new URL('./samples/', import.meta.url), new URL('../../dist/backend/samples/', import.meta.url), { recursive: true });
      },
    },
  ],
});

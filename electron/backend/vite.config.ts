import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { defineConfig } from 'vite';
import { nodeBuild } from '../../.config/node-build.ts';

const config = nodeBuild({
  name: 'backend',
  entries: {
    backend: 'electron/backend/backend.ts',
    utility: 'electron/backend/hosts/utility.ts',
    retake: 'electron/cli/retake.ts',
    'mcp-proxy': 'electron/backend/executor/hands/mcp-proxy-entry.ts',
    'care-worker': 'electron/backend/workers/care-worker.ts',
    'ingest-worker': 'electron/backend/workers/ingest-worker.ts',
    'read-worker': 'electron/backend/workers/read-worker.ts',
    'followers-worker': 'electron/backend/workers/followers-worker.ts',
  },
  format: 'es',
});

export default defineConfig({
  ...config,
  plugins: [
    {
      name: 'retake-hands',
      async closeBundle(error) {
        if (error !== undefined) return;
        // Run and read by other programs as they are.
        for (const path of [
          'clients/claude-code/claude-hook.mjs',
          'process/watchman.mjs',
          'hands/retake_tools.py',
          'hands/retake-tools.mjs',
          'hands/retake-tools.ts',
        ])
          await cp(
            new URL(`./executor/${path}`, import.meta.url),
            new URL(`../../dist/backend/hands/${basename(path)}`, import.meta.url),
          );
      },
    },
    {
      name: 'retake-adapters',
      async closeBundle(error) {
        if (error === undefined)
          await cp(
            new URL('./executor/command/adapters/', import.meta.url),
            new URL('../../dist/backend/adapters/', import.meta.url),
            { recursive: true },
          );
      },
    },
    {
      name: 'retake-samples',
      async closeBundle(error) {
        if (error === undefined)
          await cp(new URL('./samples/', import.meta.url), new URL('../../dist/backend/samples/', import.meta.url), {
            recursive: true,
          });
      },
    },
  ],
});

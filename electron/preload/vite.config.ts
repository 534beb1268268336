import { defineConfig } from 'vite';
import { nodeBuild } from '../../.config/node-build.ts';

export default defineConfig(
  nodeBuild({ name: 'preload', entries: { preload: 'electron/preload/preload.ts' }, format: 'cjs' }),
);

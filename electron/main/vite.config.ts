import { defineConfig } from 'vite';
import { nodeBuild } from '../../.config/node-build.ts';

export default defineConfig(nodeBuild({ name: 'main', entries: { main: 'electron/main/main.ts' }, format: 'es' }));

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome138',
    sourcemap: true,
    modulePreload: { polyfill: false },
    // Fonts and pictures stay files: the content security policy has no `data:` for fonts.
    assetsInlineLimit: 0,
  },
});

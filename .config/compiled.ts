import { fileURLToPath } from 'node:url';

/** For programs that tests start, over and over: what Node compiled is kept, a fifth of what the command line takes to start (0.84 s of a processor to import a small file are 0.65). */
export const keepsCompiled = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)),
};

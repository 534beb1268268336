// Starts the command line of a checkout: see retake.ts.
import { runOnNewNode } from './check-node.mjs';

await runOnNewNode(new URL('./retake.ts', import.meta.url));

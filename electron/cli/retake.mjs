// Starts the command line of a checkout: see checkout.ts.
import { runOnNewNode } from './check-node.mjs';

await runOnNewNode(new URL('./checkout.ts', import.meta.url));

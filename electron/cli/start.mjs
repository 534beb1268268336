// `npm start`: see start.ts.
import { runOnNewNode } from './check-node.mjs';

await runOnNewNode(new URL('./start.ts', import.meta.url));

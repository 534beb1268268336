/**
 * Who may import whom: the one list, checked in `npm run lint` (check-imports.ts) and by planted imports (check-imports.test.ts).
 * The reasons stand in .github/ARCHITECTURE.md. An import that is not allowed here is a fault, imports of types included.
 */

export interface Room {
  /**
   * A folder, or one file, from the root of the project; `folder/*` is each folder in it, a room of its own. A file belongs to the room
   * with the longest path.
   */
  readonly path: string;
  /** Rooms that its files may import from, beside their own; a folder stands for all that lies in it. */
  readonly rooms: readonly string[];
  /** Packages by name; `node:` stands for Node's own modules. Deep imports of a package count as the package. */
  readonly packages: readonly string[];
}

/** The backend's folders from the ground up. A folder imports from lower floors only; folders of one floor do not import each other. */
export const backendFloors: readonly (readonly string[])[] = [
  ['base'],
  ['telemetry'],
  ['pricing', 'receiver', 'keys', 'demo', 'redaction', 'budgets'],
  ['library'],
  ['ingest/conventions'],
  ['ingest/logs'],
  ['ingest/assemble', 'ingest/sources'],
  ['ingest/pipeline'],
  ['read'],
  ['analysis', 'diff'],
  ['recorder'],
  ['executor/executor.ts', 'executor/executor-services.ts'],
  ['executor/process'],
  ['executor/gateway'],
  ['executor/hands', 'executor/workspace'],
  ['executor/clients'],
  ['executor/tools'],
  ['executor/recorded', 'executor/providers'],
  ['executor/session'],
  ['executor/replay', 'executor/continue', 'executor/command', 'executor/snippets'],
  ['executor/takes'],
  ['workers'],
  ['services'],
  ['routes'],
  ['backend.ts', 'command-line.ts'],
  ['hosts'],
];

/** Packages of the backend, each where it is used; every folder may use Node's own modules and zod. */
const backendPackages: Readonly<Record<string, readonly string[]>> = {
  base: ['birpc', '@orpc/server', 're2js'],
  pricing: ['@pydantic/genai-prices'],
  receiver: ['@grpc/grpc-js'],
  library: ['better-sqlite3'],
  diff: ['diff'],
  recorder: ['@orpc/client', '@orpc/contract', '@orpc/server'],
  'executor/gateway': ['diff'],
  'executor/providers': [
    '@ai-sdk/anthropic',
    '@ai-sdk/google',
    '@ai-sdk/openai',
    '@ai-sdk/openai-compatible',
    '@ai-sdk/provider',
    'ai',
  ],
  'executor/hands': ['@modelcontextprotocol/client'],
  'executor/tools': ['@modelcontextprotocol/client'],
  workers: ['birpc'],
  routes: ['@orpc/server'],
  hosts: ['@orpc/client', '@orpc/server', 'ws'],
};

const backend = 'electron/backend';

function backendRooms(): readonly Room[] {
  return backendFloors.flatMap((floor, height) =>
    floor.map((folder) => ({
      path: `${backend}/${folder}`,
      rooms: [
        'shared',
        ...backendFloors.slice(0, height).flatMap((lower) => lower.map((name) => `${backend}/${name}`)),
      ],
      packages: ['node:', 'zod', ...(backendPackages[folder] ?? [])],
    })),
  );
}

/** What the window's components and helpers may know of the model: no contract, no location, no command. */
const sharedBelowTheContract = ['shared/model', 'shared/words-of.ts'];
const windowPackages = ['react', 'react-dom', 'lucide-react', 'zod', 'zustand'];

export const rooms: readonly Room[] = [
  { path: 'shared/model', rooms: [], packages: ['zod'] },
  { path: 'shared', rooms: ['shared/model'], packages: ['zod', '@orpc/contract'] },

  ...backendRooms(),
  { path: `${backend}/samples`, rooms: [], packages: ['node:'] },
  {
    // A host of its own: in process, and for `serve` the headless one.
    path: 'electron/cli',
    rooms: [
      'shared',
      `${backend}/backend.ts`,
      `${backend}/command-line.ts`,
      `${backend}/base`,
      `${backend}/hosts/headless.ts`,
      // `npm start` builds what changed.
      '.config/build.ts',
    ],
    packages: ['node:', 'zod', 'commander', '@orpc/client', '@orpc/contract', '@orpc/server', 'playwright'],
  },
  { path: 'electron/main', rooms: ['shared'], packages: ['electron', 'electron-updater', 'node:', 'zod'] },
  { path: 'electron/packaging', rooms: [], packages: ['node:', 'electron-builder', 'electron-installer-debian'] },
  { path: 'electron/preload', rooms: ['shared/window-bridge.ts', 'shared/window-channels.ts'], packages: ['electron'] },

  {
    path: 'renderer/src/lib',
    rooms: sharedBelowTheContract,
    packages: [...windowPackages, '@base-ui/react', '@orpc/client', 'diff'],
  },
  {
    path: 'renderer/src/ui',
    rooms: [...sharedBelowTheContract, 'renderer/src/lib'],
    packages: [
      ...windowPackages,
      '@base-ui/react',
      '@tanstack/react-virtual',
      'anser',
      'highlight.js',
      'lowlight',
      'markdown-it',
      'react-resizable-panels',
    ],
  },
  {
    path: 'renderer/src/session',
    rooms: ['shared', 'renderer/src/lib'],
    packages: [...windowPackages, '@orpc/client', '@orpc/contract', '@tanstack/react-query', 'tinykeys'],
  },
  {
    path: 'renderer/src/screens/*',
    rooms: ['shared', 'renderer/src/lib', 'renderer/src/ui', 'renderer/src/session'],
    packages: [
      ...windowPackages,
      '@orpc/client',
      '@tanstack/react-query',
      '@tanstack/react-table',
      '@tanstack/react-virtual',
      'd3-scale',
    ],
  },
  {
    path: 'renderer/src/shell',
    rooms: ['shared', 'renderer/src/lib', 'renderer/src/ui', 'renderer/src/session', 'renderer/src/screens'],
    packages: [
      ...windowPackages,
      '@base-ui/react',
      '@fontsource-variable/inter',
      '@fontsource-variable/jetbrains-mono',
      '@tanstack/react-query',
    ],
  },

  { path: 'e2e', rooms: ['shared', 'electron/cli/find-browser.ts'], packages: ['*'] },
  {
    path: 'e2e/playwright.config.ts',
    rooms: ['electron/cli/find-browser.ts', 'e2e/support', '.config/compiled.ts'],
    packages: ['*'],
  },
  { path: 'e2e/corpus', rooms: ['shared', 'e2e', 'e2e/support/backend-internals.ts'], packages: ['*'] },
  { path: 'e2e/bench', rooms: ['shared', 'e2e', 'e2e/support/backend-internals.ts'], packages: ['*'] },
  { path: 'e2e/faults', rooms: ['shared', 'e2e', 'e2e/support/backend-internals.ts'], packages: ['*'] },
  { path: 'e2e/thousand', rooms: ['shared', 'e2e', 'e2e/support/backend-internals.ts'], packages: ['*'] },
  { path: 'e2e/lab', rooms: ['shared', 'e2e', 'e2e/corpus', 'e2e/thousand'], packages: ['*'] },
  { path: 'e2e/support/backend-internals.ts', rooms: [backend], packages: [] },

  { path: '.config', rooms: ['shared/words-of.ts'], packages: ['*'] },
  ...['electron/backend', 'electron/main', 'electron/preload', 'renderer'].map((program) => ({
    path: `${program}/vite.config.ts`,
    rooms: ['.config/node-build.ts'],
    packages: ['node:', 'vite', '@vitejs/plugin-react'],
  })),
];

/** Tests and their helpers stand beside what they test, and may reach further. By the folder that they lie in; the longest path counts. */
export const testRooms: readonly Room[] = [
  { path: 'shared', rooms: ['shared'], packages: ['*'] },
  { path: 'electron/backend', rooms: ['shared', backend, 'e2e/agents'], packages: ['*'] },
  { path: 'electron/cli', rooms: ['shared', 'electron/cli', backend, 'e2e/agents'], packages: ['*'] },
  { path: 'electron/main', rooms: ['shared', 'electron/main'], packages: ['*'] },
  { path: 'electron/preload', rooms: ['shared', 'electron/preload'], packages: ['*'] },
  { path: 'renderer', rooms: ['shared', 'renderer'], packages: ['*'] },
  { path: '.config', rooms: ['.config', 'shared'], packages: ['*'] },
];

/** Files that others may import though their room is not allowed, each with its reason. One that nothing uses is a fault. */
export const exceptions: readonly { readonly from: string; readonly to: string; readonly reason: string }[] = [
  {
    from: 'e2e/agents/langgraph-checkpoints.ts',
    to: 'electron/backend/executor/command/adapters/langgraph.mjs',
    reason: 'the adapter as a user has it beside their graph',
  },
  {
    from: 'e2e/rerun/official-parsers.rerun.ts',
    to: 'e2e/support/backend-internals.ts',
    reason: "holds our readers of answers against those of the providers' own packages",
  },
];

/** `electron` is bound to what a person sees; its first import in plain Node downloads a binary (.github/ARCHITECTURE.md). */
export const packagesOfOneRoom: Readonly<Record<string, readonly string[]>> = {
  electron: [
    'electron/main',
    'electron/preload',
    'e2e/electron-standin',
    'e2e/electron-binary',
    'e2e/specs',
    'e2e/support',
  ],
  'better-sqlite3': ['electron/backend/library'],
};

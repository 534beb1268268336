/**
 * Small programs of Retake that others start, or that outlive the process that started them. Each is one built file below
 * dist/backend/. Plain Node runs the file; Electron's binary, which is no Node in a packaged app, runs a part by its name
 * (`--part NAME`, electron/main/own-part.ts): nothing but these can be run with it.
 */
export const ownParts = {
  /** Stands before the tools of Claude Code. */
  'claude-hook': 'hands/claude-hook.mjs',
  /** Stands before an agent's MCP servers. */
  'mcp-proxy': 'mcp-proxy.js',
  /** The agent of the demo. */
  'demo-agent': 'samples/demo-agent.mjs',
  /** Ends what an agent started when Retake itself is killed. */
  watchman: 'hands/watchman.mjs',
} as const;

export type OwnPart = keyof typeof ownParts;

export function isOwnPart(name: string | undefined): name is OwnPart {
  return name !== undefined && Object.hasOwn(ownParts, name);
}

/**
 * What the command line uses of the backend beside `createBackend`: files that it prints for other programs, and the MCP proxy,
 * which must start quickly and opens no library. With backend.ts, base/ and the headless host it is all that electron/cli imports.
 */
export { adapterFile } from './executor/command/adapter-files.ts';
export type { AdapterName } from './executor/command/adapter-files.ts';
export type { TakeOutcome } from './executor/executor.ts';
export type { DivergencePolicy } from './executor/gateway/replay-decision.ts';
export { handFile } from './executor/hands/hand-files.ts';
export { McpProxyRefused, runMcpProxy } from './executor/hands/run-mcp-proxy.ts';
export { handOver } from './recorder/hand-over.ts';
export type { ListenerState } from './receiver/receiver.ts';

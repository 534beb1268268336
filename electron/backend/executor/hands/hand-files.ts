import { fileURLToPath } from 'node:url';

/** Files that are given to other programs as they are: in the sources beside this module, in what is built in a folder of their own. */
const isSource = import.meta.url.endsWith('.ts');

export function handFile(name: 'retake_tools.py' | 'retake-tools.mjs' | 'retake-tools.ts'): string {
  return fileURLToPath(new URL(isSource ? `./${name}` : `./hands/${name}`, import.meta.url));
}

/** The MCP proxy as a program of its own. */
export function mcpProxyFile(): string {
  return fileURLToPath(new URL(isSource ? './mcp-proxy-entry.ts' : './mcp-proxy.js', import.meta.url));
}

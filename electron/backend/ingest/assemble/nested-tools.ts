import { toolFunction } from '../conventions/convention.ts';
import { contains, failed, isTool } from './step-node.ts';
import type { StepNode } from './step-node.ts';

/**
 * One tool call seen several times over, one inside the other: the framework's `execute_tool`, the MCP client's `tools/call`
 * and the MCP server's (FACTS.md, MCP), or the tool and its execution (Claude Code). The outermost is the step; the inner ones
 * become hidden chains, and what only they knew - the call id, the failure - moves up. `ordered` is in pre-order.
 */
export function collapseNestedTools(ordered: readonly StepNode[]): void {
  const enclosing = new Map<StepNode, StepNode>();
  for (const node of ordered) {
    const { kind } = node.facts;
    const outer =
      node.parent &&
      (node.parent.facts.kind === 'tool' && !node.parent.facts.hidden ? node.parent : enclosing.get(node.parent));
    if (kind === 'agent' || kind === 'llm') continue;
    if (outer) enclosing.set(node, outer);
    if (!outer || !isTool(node) || !isSameCall(outer, node)) continue;
    takeOver(outer, node);
    node.facts = { ...node.facts, kind: 'chain', subKind: 'tool_inner', hidden: true };
  }
}

function isSameCall(outer: StepNode, inner: StepNode): boolean {
  const outerId = outer.facts.tool?.callId;
  const innerId = inner.facts.tool?.callId;
  if (outerId !== undefined && innerId !== undefined) return outerId === innerId;
  const outerName = outer.facts.tool?.name ?? outer.facts.name;
  const innerName = inner.facts.tool?.name ?? inner.facts.name;
  // MCP tools are offered as `mcp__server__tool` or `server.tool` and called by their own name.
  const sameName =
    outerName === innerName ||
    (/[^a-zA-Z0-9]/.test(outerName.slice(0, -innerName.length).slice(-1)) && outerName.endsWith(innerName));
  return (
    sameName &&
    (inner.facts.subKind === 'mcp' ||
      inner.facts.subKind === toolFunction ||
      (inner.span?.scopeName !== outer.span?.scopeName && contains(outer, inner)))
  );
}

function takeOver(outer: StepNode, inner: StepNode): void {
  const { facts } = outer;
  if (!facts.tool || !inner.facts.tool) return;
  const adopted = failed(inner) && (facts.status === 'unset' || facts.status === 'running');
  outer.facts = {
    ...facts,
    ...(adopted ? { status: inner.facts.status, error: inner.facts.error } : {}),
    tool: {
      ...facts.tool,
      callId: facts.tool.callId ?? inner.facts.tool.callId,
      isError: facts.tool.isError ?? (adopted ? true : inner.facts.tool.isError),
    },
  };
}

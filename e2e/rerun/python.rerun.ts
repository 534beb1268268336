import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { describeAgent } from './agent-suite.ts';
import type { AgentUnderTest } from './agent-suite.ts';

/** Where this machine has the packages: in the Python that RETAKE_TEST_PYTHON names, else in its own. Nothing is installed. */
const python = process.env['RETAKE_TEST_PYTHON'] ?? 'python3';

const agents = [
  { script: 'openai_agents_agent', packages: ['agents', 'openai'], family: 'openai.responses', stream: true },
  { script: 'langgraph_agent', packages: ['langgraph', 'langchain_openai'], family: 'openai.chat', stream: false },
  { script: 'pydantic_ai_agent', packages: ['pydantic_ai', 'openai'], family: 'openai.chat', stream: true },
] as const;

for (const { script, packages, family, stream } of agents) {
  // `find_spec` and not `import`: some of them take seconds to load.
  const found = spawnSync(python, [
    '-c',
    `import importlib.util, sys; sys.exit(0 if all(importlib.util.find_spec(name) for name in ${JSON.stringify(packages)}) else 1)`,
  ]);
  const agent: AgentUnderTest = {
    name: `Python ${script.replace(/_agent$/, '')}`,
    command: [python, fileURLToPath(new URL(`../agents/python/${script}.py`, import.meta.url))],
    stream,
    family,
    retriesAfter: 429,
    history: false,
    bothWays: true,
    environment: { PYTHONDONTWRITEBYTECODE: '1' },
  };
  if (found.status === 0) describeAgent(agent);
  else
    describe(agent.name, () =>
      test.skip(`skipped: ${python} does not have ${packages.join(' and ')} (RETAKE_TEST_PYTHON names another)`, () =>
        undefined),
    );
}

import { expect, test } from 'vitest';
import { switchToGateway } from './switch-to-gateway.ts';

const url = 'http://127.0.0.1:1/r/t';

test('every variable that a client may read points to the gateway, in the form that it expects', () => {
  const { command, environment, client } = switchToGateway(['python', 'agent.py'], url, {});
  expect(command).toEqual(['python', 'agent.py']);
  expect(client).toBeUndefined();
  expect(environment).toEqual({
    OPENAI_BASE_URL: `${url}/openai/v1`,
    OPENAI_API_BASE: `${url}/openai/v1`,
    ANTHROPIC_BASE_URL: `${url}/anthropic`,
    ANTHROPIC_API_URL: `${url}/anthropic`,
    ANTHROPIC_API_BASE: `${url}/anthropic`,
    GOOGLE_GEMINI_BASE_URL: `${url}/gemini`,
  });
  expect(
    switchToGateway(['copilot'], url, { COPILOT_PROVIDER_BASE_URL: 'https://x.example/v1' }).environment,
  ).toHaveProperty('COPILOT_PROVIDER_BASE_URL', `${url}/openai/v1`);
});

test('clients that need more get it, wherever they are installed', () => {
  expect(switchToGateway(['/opt/bin/codex', 'exec', 'do it'], url, {})).toMatchObject({
    client: 'Codex',
    command: ['/opt/bin/codex', '-c', `openai_base_url="${url}/openai/v1"`, 'exec', 'do it'],
  });
  expect(switchToGateway(['npx', '-y', 'qwen', '-p', 'hi'], url, {}).command).toEqual([
    'npx',
    '-y',
    'qwen',
    '--auth-type',
    'openai',
    '-p',
    'hi',
  ]);
  expect(switchToGateway(['claude', '-p', 'hi'], url, {})).toMatchObject({
    client: 'Claude Code',
    command: ['claude', '-p', 'hi'],
    environment: { ENABLE_TOOL_SEARCH: 'true' },
  });
});

import type { Client } from './client.ts';

export const qwenCode: Client = {
  id: 'qwen-code',
  name: 'Qwen Code',
  start: { programs: ['qwen'], arguments: () => ['--auth-type', 'openai'] },
  // Sub-agents name by a link who started them.
  telemetry: { isService: /^qwen-code$/, isScope: /^qwen-code/, byLink: true },
};

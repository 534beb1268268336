import type { Client } from './client.ts';

export const copilot: Client = {
  id: 'copilot',
  name: 'Copilot CLI',
  telemetry: { isService: /^github-copilot$/, isScope: /^github\.copilot/, sharesRequests: true },
  baseUrls: [{ variable: 'COPILOT_PROVIDER_BASE_URL', prefix: 'openai', path: '/v1', onlyWhereSet: true }],
};

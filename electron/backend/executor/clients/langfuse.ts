import type { Client } from './client.ts';
import { environment } from './connect-words.ts';

export const langfuse: Client = {
  id: 'langfuse',
  name: 'Langfuse SDK',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      {
        title: 'instrumentation.ts',
        text: `import { NodeSDK } from '@opentelemetry/sdk-node';
import { LangfuseSpanProcessor } from '@langfuse/otel';

new NodeSDK({ spanProcessors: [new LangfuseSpanProcessor()] }).start();`,
      },
      environment([`LANGFUSE_BASE_URL=${http}`, 'LANGFUSE_PUBLIC_KEY=local', 'LANGFUSE_SECRET_KEY=local']),
    ],
    note: 'The SDK insists on keys; Retake ignores them. Versions before OpenTelemetry (Python 2, JavaScript 3) need the variables only, LANGFUSE_HOST in Python. To send to both, add a second span processor.',
  },
};

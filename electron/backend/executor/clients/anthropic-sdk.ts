import type { Client } from './client.ts';
import { environment, nodeSdk } from './connect-words.ts';

export const anthropicSdk: Client = {
  id: 'anthropic-sdk',
  name: 'Anthropic SDK',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      {
        title: 'agent.ts',
        text: `${nodeSdk(`import Anthropic from '@anthropic-ai/sdk';`)}

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();
const client = new Anthropic({ openTelemetry: { traces: { contentMode: 'content' } } });`,
      },
      environment([`OTEL_EXPORTER_OTLP_ENDPOINT=${http}`, 'OTEL_SERVICE_NAME=my-agent']),
    ],
  },
};

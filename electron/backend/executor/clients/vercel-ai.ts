import type { Client } from './client.ts';
import { environment, nodeSdk } from './connect-words.ts';

export const vercelAi: Client = {
  id: 'vercel-ai',
  name: 'Vercel AI SDK',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      {
        title: 'instrumentation.ts',
        text: `${nodeSdk(`import { registerTelemetry } from 'ai';
import { OpenTelemetry } from '@ai-sdk/otel';`)}

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();
registerTelemetry(new OpenTelemetry({ usage: true, runtimeContext: true }));`,
      },
      environment([`OTEL_EXPORTER_OTLP_ENDPOINT=${http}`, 'OTEL_SERVICE_NAME=my-agent']),
    ],
    note: 'AI SDK 7. Registered once, telemetry is on for every call, prompts and answers included.',
  },
};

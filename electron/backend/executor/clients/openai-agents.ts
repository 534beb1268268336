import type { Client } from './client.ts';
import { environment, nodeSdk } from './connect-words.ts';

export const openaiAgents: Client = {
  id: 'openai-agents',
  name: 'OpenAI Agents',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      {
        title: 'instrumentation.ts',
        text: `${nodeSdk(`import * as agents from '@openai/agents';
import { OpenAIAgentsInstrumentation } from '@arizeai/openinference-instrumentation-openai-agents';`)}

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();
new OpenAIAgentsInstrumentation().manuallyInstrument(agents);
agents.setTracingDisabled(false);`,
      },
      environment([`OTEL_EXPORTER_OTLP_ENDPOINT=${http}`, 'OTEL_SERVICE_NAME=my-agent']),
    ],
  },
};

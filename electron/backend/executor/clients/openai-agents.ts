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
      {
        title: 'tracing.py',
        text: `from agents import set_trace_processors
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor

set_trace_processors([BatchTraceProcessor(BackendSpanExporter(api_key="local", endpoint="${http}/v1/traces/ingest"))])`,
      },
      environment([`OTEL_EXPORTER_OTLP_ENDPOINT=${http}`, 'OTEL_SERVICE_NAME=my-agent']),
    ],
    note: 'In Python tracing.py alone is enough: the exporter of the SDK itself. Its spans of the Responses API hold no messages.',
  },
};

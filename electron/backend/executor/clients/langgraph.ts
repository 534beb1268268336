import type { Client } from './client.ts';
import { environment, nodeSdk } from './connect-words.ts';

export const langgraph: Client = {
  id: 'langgraph',
  name: 'LangGraph',
  connect: {
    gives: ['live', 'content', 'cost'],
    settings: ({ http }) => [
      {
        title: 'instrumentation.ts',
        text: `${nodeSdk(`import * as callbacks from '@langchain/core/callbacks/manager';
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';`)}

new NodeSDK({ traceExporter: new OTLPTraceExporter() }).start();
new LangChainInstrumentation().manuallyInstrument(callbacks);`,
      },
      environment([`OTEL_EXPORTER_OTLP_ENDPOINT=${http}`, 'OTEL_SERVICE_NAME=my-agent']),
    ],
    note: 'Load it before the first import of LangChain, e.g. with node --import ./instrumentation.ts.',
  },
};

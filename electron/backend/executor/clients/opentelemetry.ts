import type { Client } from './client.ts';

/** Whatever else sends OpenTelemetry: no program of its own. */
export const opentelemetry: Client = {
  id: 'opentelemetry',
  name: 'Any OpenTelemetry',
  connect: {
    gives: ['live'],
    settings: ({ http, grpc }) => [
      {
        title: 'environment, OTLP over HTTP (protobuf or JSON)',
        text: `OTEL_EXPORTER_OTLP_ENDPOINT=${http}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
      },
      ...(grpc === undefined
        ? []
        : [
            {
              title: 'environment, OTLP over gRPC',
              text: `OTEL_EXPORTER_OTLP_ENDPOINT=${grpc}\nOTEL_EXPORTER_OTLP_PROTOCOL=grpc`,
            },
          ]),
      {
        title: 'environment, content of GenAI instrumentations',
        text: 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true',
      },
    ],
    note: 'Spans in the GenAI, OpenInference, OpenLLMetry and Langfuse conventions become steps with messages, tokens and cost. Others are kept and shown as they are.',
  },
};

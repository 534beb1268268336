/** Where telemetry is taken, as URLs without a path: `http://127.0.0.1:4318`. Undefined when that protocol is not listening. */
export interface Endpoints {
  readonly http: string;
  readonly grpc: string | undefined;
}

export interface Setting {
  /** Where it goes: a file, or `environment`. */
  readonly title: string;
  readonly text: string;
}

/** One client: what it can give, and the exact settings to copy (captured from the real clients; content capture included). */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly gives: readonly string[];
  readonly settings: (endpoints: Endpoints) => readonly Setting[];
  readonly note?: string;
}

const environment = (lines: readonly string[]): Setting => ({ title: 'environment', text: lines.join('\n') });

const nodeSdk = (more: string): string => `import { NodeSDK } from '@opentelemetry/sdk-node';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
${more}`;

export const clients: readonly Client[] = [
  {
    id: 'vercel-ai',
    name: 'Vercel AI SDK',
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
  {
    id: 'openai-agents',
    name: 'OpenAI Agents',
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
  {
    id: 'langgraph',
    name: 'LangGraph',
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
  {
    id: 'anthropic-sdk',
    name: 'Anthropic SDK',
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
  {
    id: 'langfuse',
    name: 'Langfuse SDK',
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
    note: 'The SDK insists on keys; Retake ignores them. To send to both, add a second span processor.',
  },
  {
    id: 'claude-code',
    name: 'Claude Code',
    gives: ['live', 'logs'],
    settings: ({ http }) => [
      environment([
        'CLAUDE_CODE_ENABLE_TELEMETRY=1',
        'CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1',
        'OTEL_TRACES_EXPORTER=otlp',
        'OTEL_LOGS_EXPORTER=otlp',
        'OTEL_METRICS_EXPORTER=otlp',
        'OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
        `OTEL_EXPORTER_OTLP_ENDPOINT=${http}`,
        'OTEL_LOG_USER_PROMPTS=1',
        'OTEL_LOG_TOOL_DETAILS=1',
        'OTEL_LOG_TOOL_CONTENT=1',
        'OTEL_LOG_ASSISTANT_RESPONSES=1',
        'OTEL_TRACES_EXPORT_INTERVAL=1000',
        'OTEL_LOGS_EXPORT_INTERVAL=1000',
      ]),
    ],
    note: 'The same variables work for the Claude Agent SDK. Its spans carry no model messages; prompts, answers and tool results come as logs.',
  },
  {
    id: 'codex',
    name: 'Codex',
    gives: ['live', 'logs'],
    settings: ({ http }) => [
      {
        title: '~/.codex/config.toml',
        text: `[otel]
log_user_prompt = true
exporter = { otlp-http = { endpoint = "${http}/v1/logs", protocol = "binary" } }
trace_exporter = { otlp-http = { endpoint = "${http}/v1/traces", protocol = "binary" } }
metrics_exporter = { otlp-http = { endpoint = "${http}/v1/metrics", protocol = "binary" } }`,
      },
    ],
    note: 'Codex wants the full path per signal. Its traces hold many internal spans and no prompts.',
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI',
    gives: ['live', 'content'],
    settings: ({ http }) => [
      {
        title: '~/.gemini/settings.json',
        text: JSON.stringify(
          {
            telemetry: {
              enabled: true,
              traces: true,
              target: 'local',
              otlpEndpoint: http,
              otlpProtocol: 'http',
              logPrompts: true,
            },
          },
          undefined,
          2,
        ),
      },
    ],
    note: 'Sends every five seconds; a run that ends sooner with an error sends nothing.',
  },
  {
    id: 'opentelemetry',
    name: 'Any OpenTelemetry',
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
];

export function clientById(id: string | undefined): Client | undefined {
  return clients.find((client) => client.id === id);
}

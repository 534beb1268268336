/** Mastra with its observability, exported over OTLP. */
import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core/mastra';
import { createTool } from '@mastra/core/tools';
import { Observability } from '@mastra/observability';
import { OtelExporter } from '@mastra/otel-exporter';
import { z } from 'zod';
import { lookUp, model, system, task } from './orders.mjs';

const lookup = createTool({
  id: 'lookup',
  description: 'Looks up the total of an order.',
  inputSchema: z.object({ order: z.string() }),
  execute: (input) => lookUp(input.order ?? input.context.order),
});
const exporter = new OtelExporter({
  provider: { custom: { endpoint: `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`, protocol: 'http/protobuf' } },
});
const clerk = new Agent({ id: 'clerk', name: 'clerk', instructions: system, model, tools: { lookup } });
const mastra = new Mastra({
  agents: { clerk },
  observability: new Observability({ configs: { otel: { serviceName: 'clerk', exporters: [exporter] } } }),
  logger: false,
});
globalThis.flush = async () => {
  await mastra.observability?.shutdown?.();
  await exporter.shutdown();
};
console.log(
  (await mastra.getAgent('clerk').generate(task, { maxSteps: 10, modelSettings: { temperature: 0.5 } })).text,
);

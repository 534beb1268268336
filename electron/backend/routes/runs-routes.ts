import type { ExportFormat } from '../../../shared/contract.ts';
import { withContractErrors } from '../base/contract-errors.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function runsRoutes(services: Services) {
  return {
    list: os.runs.list.handler(({ input }) => services.read().list(input)),
    totals: os.runs.totals.handler(({ input }) => services.read().totals(input.filter)),
    facets: os.runs.facets.handler(() => services.read().facets()),
    get: os.runs.get.handler(({ input }) => services.read().run(input.runId)),
    find: os.runs.find.handler(({ input }) => services.read().find(input.idPrefix)),
    many: os.runs.many.handler(({ input }) => services.read().many(input.runIds)),
    context: os.runs.context.handler(({ input }) => services.compare().contextLens(input.runId, input.step)),
    findings: os.runs.findings.handler(({ input }) => services.compare().findingsOf(input.runId)),
    preparedTake: os.runs.preparedTake.handler(({ input }) => services.read().preparedTake(input.runId, input.finding)),
    export: os.runs.export.handler(({ input }) =>
      withContractErrors(exportChunks(services, input.runId, input.format)),
    ),
  };
}

async function* exportChunks(
  services: Services,
  runId: string,
  format: ExportFormat,
): AsyncGenerator<{ fileName: string; base64: string }, void, void> {
  const read = services.read();
  const { exportId, fileName } = await read.exportOpen(runId, format);
  try {
    for (;;) {
      const chunk = await read.exportNext(exportId);
      if (chunk === undefined) return;
      yield { fileName, base64: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('base64') };
    }
  } finally {
    await read.exportClose(exportId);
  }
}

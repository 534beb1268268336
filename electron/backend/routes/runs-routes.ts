import type { ExportRequest, RedactionRequest } from '../../../shared/contract.ts';
import type { LookedThrough, RedactionReport } from '../../../shared/model/redaction.ts';
import { withContractErrors } from '../base/contract-errors.ts';
import type { Services } from '../services/services.ts';
import { os } from './implementer.ts';

export function runsRoutes(services: Services) {
  return {
    list: os.runs.list.handler(({ input }) => services.read().list(input)),
    groups: os.runs.groups.handler(({ input }) => services.read().groups(input)),
    totals: os.runs.totals.handler(({ input }) => services.read().totals(input.filter)),
    facets: os.runs.facets.handler(() => services.read().facets()),
    get: os.runs.get.handler(({ input }) => services.read().run(input.runId)),
    find: os.runs.find.handler(({ input }) => services.read().find(input.idPrefix)),
    many: os.runs.many.handler(({ input }) => services.read().many(input.runIds)),
    peek: os.runs.peek.handler(({ input }) => services.read().peekAtRun(input.runId)),
    context: os.runs.context.handler(({ input }) => services.compare().contextLens(input.runId, input.step)),
    findings: os.runs.findings.handler(({ input }) => services.compare().findingsOf(input.runId)),
    preparedTake: os.runs.preparedTake.handler(({ input }) => services.read().preparedTake(input.runId, input.finding)),
    export: os.runs.export.handler(({ input }) => withContractErrors(exportChunks(services, input))),
    redactionReport: os.runs.redactionReport.handler(({ input }) =>
      withContractErrors(redactionReport(services, input)),
    ),
  };
}

async function* exportChunks(
  services: Services,
  request: ExportRequest,
): AsyncGenerator<{ fileName: string; base64: string; lookedThrough?: LookedThrough }, void, void> {
  const read = services.read();
  const { exportId, fileName } = await read.exportOpen(request);
  try {
    for (;;) {
      const chunk = await read.exportNext(exportId);
      if (chunk === undefined) return;
      if ('done' in chunk) yield { fileName, base64: '', lookedThrough: chunk };
      else yield { fileName, base64: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('base64') };
    }
  } finally {
    await read.exportClose(exportId);
  }
}

async function* redactionReport(
  services: Services,
  request: RedactionRequest,
): AsyncGenerator<({ type: 'progress' } & LookedThrough) | { type: 'report'; report: RedactionReport }, void, void> {
  const read = services.read();
  const reportId = await read.redactionReportOpen(request);
  try {
    for (;;) {
      const next = await read.redactionReportNext(reportId);
      if ('found' in next) return yield { type: 'report', report: next };
      yield { type: 'progress', ...next };
    }
  } finally {
    await read.exportClose(reportId);
  }
}

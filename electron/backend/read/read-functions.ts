import type { ExportRequest, RedactionRequest } from '../../../shared/contract.ts';
import type { FunctionsOver } from '../base/functions.ts';
import { costsFile } from './costs-csv.ts';
import { peekAtRun } from './peek.ts';
import type { RunReader } from './run-reader.ts';
import type { RedactTextsRequest } from './share/redacted-texts.ts';
import { stepAttribute, stepDetail, stepJson, stepList, stepMessages, stepRaw, stepText } from './step-reads.ts';
import { takeReads } from './take-reads.ts';

/** What is read through the conventions, as the threads that read offer it. A new one is a line here. */
export const readFunctions = {
  peekAtRun,
  stepDetail,
  stepList,
  stepMessages,
  stepAttribute,
  stepRaw,
  stepText,
  stepJson,
  exportOpen: ({ exports }, request: ExportRequest) => exports.open(request),
  exportNext: ({ exports }, exportId: number) => exports.next(exportId),
  exportClose: ({ exports }, exportId: number) => exports.close(exportId),
  costsFile,
  redactionReportOpen: ({ exports }, request: RedactionRequest) => exports.openReport(request),
  redactionReportNext: ({ exports }, exportId: number) => exports.nextOfReport(exportId),
  redactTextsOpen: ({ exports }, request: RedactTextsRequest) => exports.openTexts(request),
  redactTextsNext: ({ exports }, exportId: number) => exports.nextOfTexts(exportId),
  ...takeReads,
} satisfies FunctionsOver<RunReader>;

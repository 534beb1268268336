import { useQuery } from '@tanstack/react-query';
import type { ExportRequest } from '../../../../../shared/contract.ts';
import { messageOf } from '../../../lib/error-message.ts';
import { sizeOfExport } from '../../../session/export-run.ts';
import { queryKeys } from '../../../session/queries.ts';

export interface FileSize {
  readonly bytes?: number;
  /** Why there is no such file. */
  readonly problem?: string;
}

/** The size of the file that would be written, once it is known; undefined asks for nothing. */
export function useFileSize(request: ExportRequest | undefined): FileSize | undefined {
  const { data, error } = useQuery({
    queryKey: [...queryKeys.run(request?.runId ?? ''), 'export size', request],
    queryFn: ({ signal }) => (request === undefined ? Promise.resolve(0) : sizeOfExport(request, signal)),
    enabled: request !== undefined,
    retry: false,
  });
  if (request === undefined) return undefined;
  if (error !== null) return { problem: messageOf(error) };
  return data === undefined ? undefined : { bytes: data };
}

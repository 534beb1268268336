import { z } from 'zod';
import { repricingReportSchema } from '../../../../shared/model/prices.ts';
import type { RepricingReport } from '../../../../shared/model/prices.ts';
import type { LibraryReader } from '../reader.ts';
import { firstRow, sql } from '../sql.ts';

const settingSchema = z.object({ last: repricingReportSchema.optional() });

/** What pricing the library again came to the last time (ingest/pipeline/repricing.ts writes it). */
export function lastRepricing({ database }: LibraryReader): RepricingReport | undefined {
  const json = firstRow<{ readonly json: string }>(
    database,
    sql`SELECT json FROM setting WHERE name = 'pricing'`,
  )?.json;
  if (json === undefined) return undefined;
  try {
    return settingSchema.safeParse(JSON.parse(json)).data?.last;
  } catch {
    return undefined;
  }
}

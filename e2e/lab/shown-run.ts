import type { z } from 'zod';
import type { cliShowSchema } from '../../shared/cli-documents.ts';

/** A run as `retake show --json --messages` prints it. */
export type ShownRun = z.infer<typeof cliShowSchema>;
export type ShownStep = ShownRun['steps'][number];

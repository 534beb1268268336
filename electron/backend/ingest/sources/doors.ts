import { BadRequest } from '../../base/faults.ts';
import type { Door } from '../../receiver/request.ts';
import type { TelemetrySink } from '../../telemetry/raw-span.ts';
import { langfuseDoor } from './langfuse/langfuse.ts';
import { langsmithDoor } from './langsmith/langsmith.ts';
import { openAiAgentsDoor } from './openai-agents/openai-agents.ts';
import { sourceOutput } from './source-output.ts';
import type { StreamSource } from './source.ts';
import { createHeldValues } from './spans/held-values.ts';
import type { HeldValues } from './spans/held-values.ts';

/** Reads what clients of other vendors send, with the readers of those vendors' files, and remembers what a later request goes on with. */
export interface Doors {
  /** Throws BadRequest when nothing of the body is of the door's format. One request at a time. */
  read(door: Door, body: Buffer, sink: TelemetrySink): Promise<void>;
}

const sourcesOf: Readonly<Record<Door, (held: HeldValues) => StreamSource>> = {
  langsmith: langsmithDoor,
  langfuse: langfuseDoor,
  'openai-agents': openAiAgentsDoor,
};

export function createDoors(): Doors {
  const open = new Map<Door, StreamSource>();
  return {
    async read(door, body, sink) {
      const source = open.get(door) ?? sourcesOf[door](createHeldValues());
      open.set(door, source);
      const { out, end } = sourceOutput(source, sink, undefined);
      const outcome = await source.read({ name: '', chunks: oneChunk(body), place: 0 }, out);
      if (!outcome.isRead)
        throw new BadRequest(
          `The body holds no ${source.holds ?? 'traces'} of ${source.label}${outcome.also === undefined ? '' : ` (${outcome.also})`}.`,
        );
      end();
    },
  };
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

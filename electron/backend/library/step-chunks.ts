import { nanos } from '../../../shared/model/units.ts';
import type { AssembledStep, RequestedTool } from '../telemetry/step-facts.ts';
import { packBytes, unpackBytes } from './packed-bytes.ts';

/**
 * Everything of a step that no list needs, in compressed JSON, some steps together. A step that did not change since the
 * last assembly keeps its chunk: a live run of 10,000 steps rewrites the last one only.
 */
export const stepsPerChunk = 32;

/** Longer tool arguments are content: they are read from the span when they are shown. */
const keptArgumentsLength = 1_000;

type StoredStepJson = Omit<AssembledStep, 'startNs' | 'endNs'> & {
  readonly startNs: string;
  readonly endNs: string | undefined;
};

export function chunkText(steps: readonly AssembledStep[]): string {
  return JSON.stringify(
    steps.map((step): StoredStepJson => ({
      ...step,
      facts: { ...step.facts, requestedTools: step.facts.requestedTools.map(shortArguments) },
      startNs: String(step.startNs),
      endNs: step.endNs === undefined ? undefined : String(step.endNs),
    })),
  );
}

export const packChunk = (text: string): Buffer => packBytes(Buffer.from(text));

export function unpackChunk(packed: Buffer): readonly AssembledStep[] {
  // Our own JSON, written above: absent properties are undefined ones.
  const stored = JSON.parse(unpackBytes(packed, 'the steps of a run').toString('utf8')) as readonly StoredStepJson[];
  return stored.map((step) => ({
    ...step,
    startNs: nanos(BigInt(step.startNs)),
    endNs: step.endNs === undefined ? undefined : nanos(BigInt(step.endNs)),
  }));
}

function shortArguments(tool: RequestedTool): RequestedTool {
  return (tool.arguments?.length ?? 0) > keptArgumentsLength ? { ...tool, arguments: undefined } : tool;
}

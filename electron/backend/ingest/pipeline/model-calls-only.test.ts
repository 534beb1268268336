import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { LibraryWriter } from '../../library/library.ts';
import { openLibraryReader, openLibraryWriter } from '../../library/open-library.ts';
import { findStepTable } from '../../library/queries/step-table.ts';
import type { RawSpan } from '../../telemetry/raw-span.ts';
import { libraryWith, pipelineOptions } from './pipeline.testing.ts';
import { createPipeline } from './pipeline.ts';

const promptKey = 'gen_ai.input.messages';

/** A run whose client sends no spans of its tools: what came of them is in the next prompt only. */
function requestOf(calls: number, options: { readonly sameId?: boolean } = {}): Buffer {
  const messages: object[] = [{ role: 'user', parts: [{ type: 'text', content: `Go on. ${'x'.repeat(400)}` }] }];
  const spans = Array.from({ length: calls }, (_, index) => {
    const id = options.sameId === true ? 'call' : `call-${index}`;
    const prompt = JSON.stringify(messages);
    const answer = {
      role: 'assistant',
      parts: [{ type: 'tool_call', id, name: 'bash', arguments: { command: `make ${index}` } }],
    };
    messages.push(answer, {
      role: 'tool',
      parts: [{ type: 'tool_call_response', id, response: `${index} ${'line of output '.repeat(40)}` }],
    });
    const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
    return {
      traceId: '1'.padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      name: 'chat gpt-5.1',
      startTimeUnixNano: String(1_700_000_000_000_000_000n + BigInt(index) * 1_000_000_000n),
      endTimeUnixNano: String(1_700_000_000_500_000_000n + BigInt(index) * 1_000_000_000n),
      attributes: [
        text('gen_ai.operation.name', 'chat'),
        text(promptKey, prompt),
        text('gen_ai.output.messages', JSON.stringify([answer])),
      ],
    };
  });
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

/** Characters of prompts that are read from the library while such a run is assembled, and its tool steps. */
async function assembled(calls: number, options: { readonly sameId?: boolean } = {}) {
  const directory = await temporaryDirectory();
  const library = openLibraryWriter({ directory: directory.path });
  let characters = 0;
  const counted = (span: RawSpan | undefined): RawSpan | undefined => {
    const value = span?.attributes.find(({ key }) => key === promptKey)?.value;
    if (value?.form === 'text') characters += value.end - value.start;
    return span;
  };
  const counting: LibraryWriter = libraryWith(library, {
    readSpan: (runId, seq) => counted(library.readSpan(runId, seq)),
    readSpanBeyond: (runId, seq, earlier) => counted(library.readSpanBeyond(runId, seq, earlier)),
  });
  const pipeline = createPipeline(pipelineOptions(counting, {}));
  await pipeline.receive({ signal: 'traces', encoding: 'json', body: requestOf(calls, options) });
  await pipeline.close();
  const reader = openLibraryReader({ directory: directory.path });
  const table = findStepTable(reader, '1'.padStart(32, '0'));
  reader.close();
  library.close();
  await directory.remove();
  return { characters, table };
}

test.each([{ sameId: false }, { sameId: true }])(
  'twice the calls are twice the work, though the prompts together are four times as long: $sameId',
  async (options) => {
    const [one, two] = [await assembled(60, options), await assembled(120, options)];
    expect(one.characters).toBeGreaterThan(60 * 600);
    expect(two.characters / one.characters).toBeLessThan(2.1);
    expect(two.table?.kind.filter((kind) => kind === 'tool')).toHaveLength(120);
  },
);

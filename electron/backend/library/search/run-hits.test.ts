import { expect, test } from 'vitest';
import { Refused } from '../../base/faults.ts';
import type { LibraryWriter } from '../library.ts';
import { openLibraryWriter } from '../open-library.ts';
import { runTotals } from '../queries/run-list.ts';
import { queryNames, searchInRun, searchRuns } from '../queries/search.ts';
import { makeFacts, makeRun, makeStep } from '../runs.testing.ts';
import { makeSpan, spanOf, textAttribute, traceOf, withDirectory } from '../telemetry.testing.ts';
import { openSearchIndex } from './search.testing.ts';

const message = (role: string, content: string): object => ({ role, content });
const long = (words: string): string => `${words} ${'and nothing else of note here '.repeat(12)}`;

/** An agent that sends its whole history with each call: a question, then what a tool gave, again and again. */
function putConversation(writer: LibraryWriter, number: number, calls: number, changes: object = {}): void {
  const history = [message('user', long(`please fix the pelican of ${number}`))];
  const steps = [];
  for (let call = 0; call < calls; call++) {
    const seq = call * 2;
    writer.putSpan(
      makeSpan({
        traceId: traceOf(number),
        spanId: spanOf(seq + 1),
        attributes: [textAttribute('gen_ai.input.messages', JSON.stringify(history))],
      }),
    );
    writer.putSpan(
      makeSpan({
        traceId: traceOf(number),
        spanId: spanOf(seq + 2),
        attributes: [textAttribute('gen_ai.tool.call.result', long(`the heron number ${call} of ${number} was seen`))],
      }),
    );
    history.push(message('tool', long(`the heron number ${call} of ${number} was seen`)));
    steps.push(makeStep(seq, { preview: `call ${call}` }));
    steps.push(makeStep(seq + 1, { facts: makeFacts({ kind: 'tool', name: call === 0 ? 'bash' : 'read_file' }) }));
  }
  writer.replaceSteps(makeRun(number, { steps, ...changes }));
}

test('a text is found where it was first sent; its echoes in later prompts are counted', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => putConversation(writer, 1, 6));
    const index = openSearchIndex({ directory });
    while (index.indexNew(1_000).remaining);
    const found = searchRuns(index.reader, { query: 'pelican', limit: 50, perRun: 5 });
    // The first prompt; the five after it hold it again.
    expect(found.runs).toMatchObject([
      { hits: [{ step: 0, kind: 'llm', echoes: 5, echoRuns: 1, echoesAtLeast: false }], more: 0, moreAtLeast: false },
    ]);
    const [hit] = found.runs[0]?.hits ?? [];
    expect(hit?.ranges.map(([from, to]) => hit.excerpt.slice(from, to))).toEqual(['pelican']);
    // What a tool gave stands in its own step, and then in other bytes as a message of each prompt after it.
    expect(searchRuns(index.reader, { query: '"heron number 1"', limit: 50, perRun: 5 }).runs).toMatchObject([
      { hits: [{ step: 3, name: 'read_file', kind: 'tool', echoes: 4 }], more: 0 },
    ]);
    expect(
      searchInRun(index.reader, { runId: traceOf(1), query: 'heron', limit: 50 }).hits.map(({ step }) => step),
    ).toEqual([1, 3, 5, 7, 9, 11]);
    expect(index.reader.contentSearch.isBehind()).toBe(false);
    index.close();
    writer.close();
  }));

test('a take that sends again what its parent sent is an echo of it, and is found where the parent is not asked for', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      putConversation(writer, 1, 3);
      // The same bytes in another run.
      putConversation(writer, 2, 3, { parentRunId: undefined });
      for (const seq of [1, 3, 5])
        writer.putSpan(
          makeSpan({
            traceId: traceOf(3),
            spanId: spanOf(seq),
            attributes: [
              textAttribute(
                'gen_ai.input.messages',
                JSON.stringify([
                  message('user', long('please fix the pelican of 1')),
                  message('tool', long(`own ${seq}`)),
                ]),
              ),
            ],
          }),
        );
      writer.replaceSteps(
        makeRun(3, {
          parentRunId: traceOf(1) as never,
          forkStep: 2,
          status: 'error',
          errors: 1,
          steps: [0, 1, 2].map((at) => makeStep(at)),
        }),
      );
    });
    const index = openSearchIndex({ directory });
    while (index.indexNew(1_000).remaining);
    const runsOf = (query: string): readonly string[] =>
      searchRuns(index.reader, { query, limit: 50, perRun: 5 }).runs.map(({ run }) => run.name);
    const all = searchRuns(index.reader, { query: '"pelican of 1"', limit: 50, perRun: 5 });
    expect(all).toMatchObject({
      total: 2,
      runs: [{ run: { name: 'run 1' }, hits: [{ step: 0, echoes: 5, echoRuns: 2 }] }],
    });
    expect(runsOf('"pelican of 1" status:error')).toEqual(['run 3']);
    expect(runsOf('pelican is:take')).toEqual(['run 3']);
    expect(runsOf('-"pelican of 1"')).toEqual(['run 2']);
    expect(runsOf('differs:parent')).toEqual(['run 3']);
    expect(runTotals(index.reader, { text: 'pelican' }).runs).toBe(3);
    index.close();
    writer.close();
  }));

test('fields choose runs, a tool chooses steps', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      putConversation(writer, 1, 3);
      putConversation(writer, 2, 1, {
        costUsd: undefined,
        models: ['claude-opus'],
        agent: 'my "agent"',
        service: 'codex_cli',
      });
    });
    writer.close();
    const index = openSearchIndex({ directory });
    while (index.indexNew(1_000).remaining);
    const runsOf = (query: string): readonly string[] =>
      searchRuns(index.reader, { query, limit: 50, perRun: 5 }).runs.map(({ run }) => run.name);
    expect(runsOf('')).toEqual(['run 2', 'run 1']);
    expect(runsOf('model:claude*')).toEqual(['run 2']);
    expect(runsOf('-model:claude*')).toEqual(['run 1']);
    expect(runsOf('model:CLAUDE-opus,gpt*')).toEqual(['run 2', 'run 1']);
    expect(runsOf('model:claude')).toEqual([]);
    expect(runsOf('agent:"my \\"agent\\""')).toEqual(['run 2']);
    expect(runsOf('client:codex*')).toEqual(['run 2']);
    expect(runsOf('cost>0.10')).toEqual(['run 1']);
    // A cost that is not known is not more than anything.
    expect(runsOf('-cost>0.10')).toEqual(['run 2']);
    expect(runsOf('tokens>=220 tokens<221 steps=6')).toEqual(['run 1']);
    expect(runsOf('since:2026-05-01 before:2026-07-01')).toEqual(['run 2', 'run 1']);
    expect(runsOf('before:2026-05-01')).toEqual([]);
    expect(runsOf('pinned:yes')).toEqual([]);
    expect(runsOf('pinned:no -has:error -is:take -has:takes')).toEqual(['run 2', 'run 1']);
    expect(runsOf('tag:x,y* has:note,tags')).toEqual([]);
    expect(runsOf('tool:read*')).toEqual(['run 1']);
    expect(runsOf('tool:bash -tool:read_file')).toEqual(['run 2']);
    const tools = searchRuns(index.reader, { query: 'tool:read* heron', limit: 50, perRun: 5 });
    expect(tools.runs).toMatchObject([{ hits: [{ step: 3 }, { step: 5 }] }]);
    expect(searchRuns(index.reader, { query: 'tool:bash', limit: 50, perRun: 5 }).runs).toMatchObject([
      { hits: [{ step: 1, name: 'bash' }] },
      { hits: [{ step: 1, name: 'bash' }] },
    ]);
    expect(queryNames(index.reader)).toMatchObject({ tool: ['bash', 'read_file'], model: ['claude-opus', 'gpt-5'] });
    expect(() => runsOf('modle:x')).toThrow(Refused);
    expect(() => runsOf('modle:x')).toThrow('There is no key modle. Is model:x meant?');
    index.close();
  }));

test('pages go on where they were, each run once', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() => {
      for (let run = 1; run <= 30; run++) putConversation(writer, run, 2);
    });
    writer.close();
    const index = openSearchIndex({ directory });
    while (index.indexNew(1_000).remaining);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = searchRuns(index.reader, { query: 'heron', limit: 14, perRun: 2, cursor });
      expect(page.total).toBe(30);
      seen.push(...page.runs.map(({ run }) => run.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => `run ${30 - at}`));
    expect(() => searchRuns(index.reader, { query: 'x', limit: 5, perRun: 2, cursor: 'rubbish' })).toThrow('cursor');
    index.close();
  }));

import { describe, expect, test } from 'vitest';
import { fixture, outline, readTrajectories } from '../recorded/recorded.testing.ts';

const folder = 'langsmith/py-0.15.1';

describe('runs of LangSmith', () => {
  test.each(['multipart.txt', 'runs.jsonl'])('%s', async (name) => {
    const { format, runs, skipped, warnings } = await readTrajectories(fixture(`${folder}/${name}`));
    expect([format.startsWith('langsmith'), runs.length, skipped, warnings]).toEqual([true, 1, [], []]);
    const run = (runs[0] ?? []).toSorted((a, b) => Number(a.span.startNs - b.span.startNs));
    const ended = name === 'runs.jsonl' ? ' | ok' : '';
    expect(outline(run)).toEqual([
      `chain | weather agent | It is 18 degrees.${ended}`,
      `llm | gpt-4o-mini-2024-07-18 | get_weather({"city":"Paris"})${ended}`,
      `tool | get_weather | {"city":"Paris"}${ended}`,
      'tool | get_air | {"city":"Paris"} | error',
      `llm | gpt-4o-mini-2024-07-18 | It is 18 degrees.${ended}`,
    ]);
    const [root, first, weather, air, second] = run;
    expect(root?.facts).toMatchObject({ conversation: { value: 'thread-7' }, usage: undefined });
    expect(run.map(({ span }) => span.parentSpanId)).toEqual([undefined, ...Array<unknown>(4).fill(root?.span.spanId)]);
    expect(first?.facts).toMatchObject({
      requestModel: 'gpt-4o-mini',
      provider: 'openai',
      usage: { input: 61, output: 17, cacheRead: 32 },
      reportedCostUsd: name === 'runs.jsonl' ? 0.000_03 : undefined,
    });
    expect(second?.facts.usage).toMatchObject({ input: 90, output: 8 });
    expect(second?.content.input.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool']);
    expect(weather?.content.toolResult).toBe('18 degrees in Paris');
    expect(air?.facts.error?.message).toContain('no station');
    // Sums of what is below are not the chain's own; they are kept.
    if (name === 'runs.jsonl') expect(root?.attributes.get('retake.import.total_tokens')).toBe(176);
  });

  test('a list, trees by child_runs, and posts with patches', async () => {
    const lines = fixture(`${folder}/runs.jsonl`).toString('utf8').trim().split('\n');
    const values = lines.map(
      (line) => JSON.parse(line) as { readonly id: string; readonly run_type: string; readonly parent_run_id?: string },
    );
    const root = values.find(({ run_type }) => run_type === 'chain');
    const children = values.filter((one) => one !== root).map((one) => ({ ...one, parent_run_id: undefined }));
    const spans = async (value: unknown): Promise<unknown> =>
      (await readTrajectories(JSON.stringify(value))).runs[0]
        ?.map(({ span, facts }) => [span.spanId, span.parentSpanId, facts.name, String(span.endNs)])
        .toSorted((a, b) => String(a[0]).localeCompare(String(b[0])));
    const whole = await spans(values);
    expect(await spans([{ ...root, child_runs: children }])).toEqual(whole);
    const posts = values.map((one) => ({ ...one, end_time: undefined, outputs: undefined }));
    expect(await spans({ post: posts, patch: values.map((one) => ({ ...one, run_type: undefined })) })).toEqual(whole);
  });

  test('an attachment and a part that is cut off are told, the other parts are read', async () => {
    const text = fixture(`${folder}/multipart.txt`).toString('utf8');
    const [boundary = ''] = text.split('\r\n');
    const attachment = `${boundary}\r\nContent-Disposition: form-data; name="attachment.x.picture"\r\n\r\n\u0001\u0002\r\n`;
    const { runs, skipped, warnings } = await readTrajectories(attachment + text.slice(0, -1_000));
    expect(runs[0]?.length).toBe(5);
    expect(warnings).toEqual(['1 attachments of runs were left out']);
    expect(skipped.length).toBeGreaterThan(0);
  });
});

import type { z } from 'zod';
import type { cliDiffSchema } from '../../../shared/cli-documents.ts';
import { ignoreRuleIds, sayRuns } from '../../../shared/model/comparison.ts';
import type { IgnoreChoice, IgnoreRuleId } from '../../../shared/model/comparison.ts';
import { unpackStepTable } from '../../../shared/packed-step-table.ts';
import { writeAll } from '../output.ts';
import { judge, parseCondition } from './diff-conditions.ts';
import type { ComparedRuns } from './diff-texts.ts';
import { diffMarkdown, diffText, noticesOf } from './diff-texts.ts';
import { CommandFault, exitCodes } from './fault.ts';
import { findRunId } from './find-run.ts';
import { conversionNote } from './format.ts';
import { withBackend } from './session.ts';
import type { LibraryOption } from './session.ts';

export interface DiffOptions extends LibraryOption {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly ignore?: readonly string[];
  readonly count?: readonly string[];
  readonly failOn?: readonly string[];
}

/** The status of a pipeline step: 0 nothing to object to, 3 a --fail-on condition holds; 1 and 2 as for every command. */
export const conditionMet = 3;

/** `retake diff A B`: where two runs part, and what it changed. Returns the exit status. */
export async function diffCommand(a: string, b: string, options: DiffOptions): Promise<number> {
  const conditions = (options.failOn ?? []).map(parseCondition);
  const ignore = ignoreChoice(options);
  return withBackend(options, async ({ client }) => {
    const [runA, runB] = [await findRunId(client, a), await findRunId(client, b)];
    const alignment = await client.compare.align({ a: runA, b: runB, ignore });
    const [detailA, detailB] = [await client.runs.get({ runId: runA }), await client.runs.get({ runId: runB })];
    const compared: ComparedRuns = {
      a: detailA,
      b: detailB,
      alignment,
      stepsA: unpackStepTable(await client.steps.table({ runId: runA })),
      stepsB: unpackStepTable(await client.steps.table({ runId: runB })),
      conditions: conditions.map((condition) => judge(condition, detailA, detailB, alignment)),
    };
    const met = compared.conditions.filter((result) => result.met);
    const text =
      options.json === true
        ? `${JSON.stringify(diffDocument(compared))}\n`
        : options.markdown === true
          ? withConversion(diffMarkdown(compared))
          : diffText(compared);
    await writeAll(process.stdout, [text]);
    for (const { condition, figure } of met)
      process.stderr.write(`retake: --fail-on ${condition} holds (${figureText(figure)})\n`);
    return met.length > 0 ? conditionMet : 0;
  });
}

function figureText(figure: number | undefined): string {
  return figure === undefined ? 'unknown' : String(Math.round(figure * 1e6) / 1e6);
}

/** All rules are on. `--ignore` adds keys of the user's own (or says again what is on), `--count` switches a rule off. */
function ignoreChoice({ ignore = [], count = [] }: DiffOptions): IgnoreChoice {
  const keys = ignore.flatMap((rule) => {
    if (rule.startsWith('key:') && rule.length > 'key:'.length) return [rule.slice('key:'.length)];
    ruleId('--ignore', rule);
    return [];
  });
  const off = count.flatMap((rule) => (rule === 'all' ? [...ignoreRuleIds] : [ruleId('--count', rule)]));
  return { keys, off: [...new Set(off)].filter((id) => !ignore.includes(id)) };
}

function ruleId(option: string, text: string): IgnoreRuleId {
  const id = ignoreRuleIds.find((rule) => rule === text);
  if (id === undefined)
    throw new CommandFault(
      `${option} ${text}: there is no such rule. Rules: ${ignoreRuleIds.join(', ')}${option === '--ignore' ? ', key:<name of a key>' : ', all'}.`,
      exitCodes.usage,
    );
  return id;
}

/** The document of shared/cli-documents.ts: unknown is null. */
export function diffDocument({ a, b, alignment, conditions }: ComparedRuns): z.infer<typeof cliDiffSchema> {
  const { delta, firstDivergence, pairs } = alignment;
  return {
    schema: 1,
    a: a.id,
    b: b.id,
    delta: {
      steps: delta.steps,
      input: delta.input ?? null,
      output: delta.output ?? null,
      cacheRead: delta.cacheRead ?? null,
      costUsd: delta.costUsd ?? null,
      durationMs: delta.durationMs ?? null,
    },
    firstDivergence: firstDivergence
      ? {
          a: firstDivergence.a ?? null,
          b: firstDivergence.b ?? null,
          what: firstDivergence.what,
          reason: firstDivergence.reason,
        }
      : null,
    pairs: pairs.map((pair) => ({
      a: pair.a ?? null,
      b: pair.b ?? null,
      state: pair.state,
      differs: pair.differs,
      confidence: pair.confidence,
      ignored: pair.ignored,
      cause: pair.cause ?? null,
      edits: pair.edits ? sayRuns(pair.edits, { a: 'a', b: 'b' }) : null,
    })),
    ...(conditions.length === 0
      ? {}
      : {
          conditions: conditions.map(({ condition, figure, met }) => ({
            condition,
            figure: figure === undefined || !Number.isFinite(figure) ? null : figure,
            met,
          })),
        }),
    notices: [...noticesOf({ alignment })],
  };
}

/** It is read elsewhere than beside this command's error stream. */
function withConversion(markdown: string): string {
  const note = conversionNote();
  return note === undefined ? markdown : `${markdown}\n${note}\n`;
}

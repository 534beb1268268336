import { z } from 'zod';
import type { RunDetail, StepDetail, StepListItem } from '../../../shared/contract.ts';
import { stepListLimit } from '../../../shared/contract.ts';
import { editSchema } from '../../../shared/model/edit.ts';
import type { Edit } from '../../../shared/model/edit.ts';
import { executorKindSchema } from '../../../shared/model/take.ts';
import type { CallState, Verdict } from '../../../shared/model/take.ts';
import type { Cost } from '../../../shared/model/cost.ts';
import { NotFound } from '../workers/thread-wire.ts';
import { defined, parseJson, stableJson } from './gateway/json-values.ts';
import { launchRecordSchema } from './launch-record.ts';
import type { LaunchRecord } from './launch-record.ts';
import { abandonedStatus, stateOfLevel } from './replay.ts';
import type { StoredRecording } from '../library/recordings.ts';

/** What a verdict is read from: what every install keeps of a run, and its recording where this install made it. */
export interface VerdictSources {
  run(runId: string): Promise<RunDetail>;
  steps(runId: string, from: number, to: number): Promise<readonly StepListItem[]>;
  stepDetail(runId: string, index: number): Promise<StepDetail>;
  recording(runId: string): Promise<StoredRecording | undefined>;
  /** Whole text of an attribute that the detail shows cut. */
  attribute(runId: string, index: number, key: string, of: 'span' | 'resource'): Promise<string>;
}

interface TakeFacts {
  readonly executor: Verdict['executor'];
  readonly edits: readonly Edit[];
  readonly sweep: { readonly batchId: string; readonly model: string | undefined } | undefined;
}

const editsSchema = z.array(editSchema);

/** How a take went, from what the library keeps of it. Rejects with NotFound for a run that is no take. */
export async function readVerdict(sources: VerdictSources, runId: string): Promise<Verdict> {
  const run = await sources.run(runId);
  const { parentRunId, forkStep = 0 } = run;
  if (parentRunId === undefined) throw new NotFound(`Run ${runId} is no take of another run.`);
  const [steps, facts] = await Promise.all([llmSteps(sources, runId), factsOf(sources, runId)]);
  const served = { recorded: 0, live: 0, edited: 0, held: 0, extra: 0, skipped: 0 };
  const states: Verdict['states'][number][] = [];
  const matched = new Set<number>();
  let saved: number | undefined = 0;
  let spent: number | undefined = 0;
  let forked = false;
  let divergence: string | undefined;
  for (const step of steps) {
    const detail = await sources.stepDetail(runId, step.index);
    const call = callFacts(detail);
    if (!call) continue;
    // The gateway's own words, at the call where it was decided.
    if (!forked) divergence ??= /\((.+)\)\. (?:Nothing was sent|It went live)/s.exec(call.note ?? '')?.[1];
    forked ||= call.isFork || call.state === 'edited';
    if (call.abandoned) continue;
    states.push({ step: step.index, state: call.state, ignored: call.ignored, ...defined({ parentStep: call.parentStep }) });
    if (call.parentStep !== undefined) matched.add(call.parentStep);
    switch (call.state) {
      case 'live': {
        served.live++;
        spent = plus(spent, spentOf(step.cost));
        break;
      }
      case 'edited': {
        served.edited++;
        break;
      }
      case 'held': {
        served.held++;
        if (!forked) served.extra++;
        break;
      }
      default: {
        served.recorded++;
        saved = plus(saved, savedOf(step.cost));
        if (call.state === 'accepted') divergence ??= call.ignored[0];
      }
    }
  }
  const parent = await sources.run(parentRunId).catch(() => undefined);
  if (parent) {
    const before = (await llmSteps(sources, parentRunId)).filter(({ index, status }) => index < forkStep && status !== 'error');
    served.skipped = before.filter(({ index }) => !matched.has(index)).length;
  }
  const siblings = await siblingsOf(sources, run, facts);
  return {
    runId, parentRunId, forkStep, edits: [...facts.edits], served, reachedFork: forked, states,
    drifted: states.flatMap(({ state, parentStep, ignored }) => (state === 'drifted' || state === 'accepted' ? [{ ignored, ...defined({ step: parentStep }) }] : [])),
    ...defined({ executor: facts.executor, divergence, savedUsd: saved, spentUsd: spent }), ...siblings,
  };
}

function callFacts({ attributes }: StepDetail): { readonly state: CallState; readonly parentStep: number | undefined; readonly ignored: string[]; readonly isFork: boolean; readonly note: string | undefined; readonly abandoned: boolean } | undefined {
  const texts = new Map(attributes.map(({ key, text }) => [key, text]));
  const served = texts.get('retake.served');
  if (served === undefined) return undefined;
  const ignored = z.array(z.string()).safeParse(parseJson(texts.get('retake.match.ignored') ?? '[]')).data ?? [];
  const step = Number(texts.get('retake.match.step') ?? Number.NaN);
  return {
    ignored, parentStep: Number.isInteger(step) && step >= 0 ? step : undefined, isFork: texts.get('retake.fork') === 'true', note: texts.get('retake.note'), abandoned: served === 'held' && texts.get('http.response.status_code') === String(abandonedStatus),
    state: served === 'live' ? 'live' : served === 'human' ? 'edited' : served === 'held' ? 'held' : stateOfLevel(texts.get('retake.match.level'), ignored.length > 0),
  };
}

async function llmSteps(sources: VerdictSources, runId: string): Promise<readonly StepListItem[]> {
  const found: StepListItem[] = [];
  for (let from = 0; ; from += stepListLimit) {
    const page = await sources.steps(runId, from, from + stepListLimit);
    found.push(...page.filter(({ kind, usageRole }) => kind === 'llm' && usageRole !== 'duplicate'));
    if (page.length < stepListLimit) return found;
  }
}

function spentOf(cost: Cost | undefined): number | undefined {
  return cost === undefined || cost.kind === 'none' ? undefined : cost.usd;
}

function savedOf(cost: Cost | undefined): number | undefined {
  return cost?.kind === 'recorded' ? cost.insteadOfUsd : spentOf(cost);
}

function plus(sum: number | undefined, usd: number | undefined): number | undefined {
  return sum === undefined || usd === undefined ? undefined : sum + usd;
}

/** From the launch where this install made the take, else from the resource of its spans. */
async function factsOf(sources: VerdictSources, runId: string): Promise<TakeFacts> {
  const recording = await sources.recording(runId);
  const launch: LaunchRecord | undefined = recording && launchRecordSchema.safeParse(parseJson(recording.launch)).data;
  if (launch?.take) return { executor: launch.executor, edits: launch.take.edits, sweep: launch.take.sweep && { batchId: launch.take.sweep.batchId, model: launch.take.sweep.model } };
  const { resource } = await sources.stepDetail(runId, 0);
  const texts = new Map(resource.map(({ key, text }) => [key, text]));
  const cut = resource.find(({ key, text, length }) => key === 'retake.edits' && length > text.length);
  const edits = editsSchema.safeParse(parseJson(cut ? await sources.attribute(runId, 0, 'retake.edits', 'resource') : texts.get('retake.edits') ?? '[]')).data ?? [];
  const batchId = texts.get('retake.sweep.id');
  return { edits, executor: executorKindSchema.safeParse(texts.get('retake.executor')).data, sweep: batchId === undefined ? undefined : { batchId, model: texts.get('retake.sweep.variant') } };
}

/** A family is small; a sweep of hundreds is read in a moment. */
const maximumSiblings = 500;

async function siblingsOf(sources: VerdictSources, run: RunDetail, facts: TakeFacts): Promise<Pick<Verdict, 'repeats' | 'sweep'>> {
  const members = run.family.filter(({ id, parentRunId, forkStep }) => id === run.id || (parentRunId === run.parentRunId && forkStep === run.forkStep)).slice(-maximumSiblings);
  const all = await Promise.all(members.map(async ({ id }) => ({ run: id === run.id ? run : await sources.run(id), facts: id === run.id ? facts : await factsOf(sources, id) })));
  const same = all.filter((other) => stableJson(other.facts.edits) === stableJson(facts.edits));
  const ofSweep = facts.sweep?.model === undefined ? [] : all.filter((other) => other.facts.sweep?.batchId === facts.sweep?.batchId);
  const models = [...new Set(ofSweep.flatMap((other) => other.facts.sweep?.model ?? []))];
  return {
    ...(same.length > 1 ? { repeats: { runIds: same.map((other) => other.run.id), ...outcomesOf(same.map((other) => other.run)) } } : {}),
    ...(models.length > 0 ? {
      sweep: models.map((model) => {
        const runs = ofSweep.filter((other) => other.facts.sweep?.model === model).map((other) => other.run);
        return { model, runIds: runs.map(({ id }) => id), ...outcomesOf(runs), durationMs: runs.flatMap(({ durationMs }) => durationMs ?? []) };
      }),
    } : {}),
  };
}

function outcomesOf(runs: readonly RunDetail[]): { readonly succeeded: number; readonly of: number; readonly costUsd: number[] } {
  return { of: runs.length, succeeded: runs.filter(({ status }) => status === 'ok').length, costUsd: runs.flatMap(({ costUsd }) => costUsd ?? []) };
}

import type { Break } from '../../../../../shared/model/break.ts';
import { questionOf } from '../../../../../shared/model/budget.ts';
import type { Edit } from '../../../../../shared/model/edit.ts';
import type {
  CommandLine,
  ExecutorKind,
  SavedLaunch,
  TakePlan,
  TakeRequestInput,
  ToolAction,
  ToolRunner,
} from '../../../../../shared/model/take.ts';
import { emptyDraft, isEmptyDraft, notAddedText } from '../../../lib/break-form.ts';
import type { BreakDraft } from '../../../lib/break-form.ts';
import { quoteCommand } from '../../../lib/command-words.ts';
import { isAddress, readLaunch } from '../../../lib/launch-form.ts';

/** What the sheet's right column holds, as typed. */
export interface HowForm {
  /** Undefined: the first that can do it. */
  readonly executor: ExecutorKind | undefined;
  /** As typed; undefined: as recorded or saved. */
  readonly command: string | undefined;
  readonly folder: string | undefined;
  readonly upstream: string;
  readonly afterFork: 'causal' | 'live';
  /** By tool name; what is not named keeps the plan's default. */
  readonly tools: ReadonlyMap<string, ToolAction>;
  readonly runners: readonly ToolRunner[];
  readonly workspace: 'inplace' | 'copy';
  readonly steps: string;
  readonly usd: string;
  readonly seconds: string;
  readonly repeat: string;
  /** Models of a sweep. */
  readonly models: readonly string[];
  readonly trusted: boolean;
  /** Undefined: those that are kept for this agent. */
  readonly breaks: readonly Break[] | undefined;
  readonly breakDraft: BreakDraft;
}

export const firstHow: HowForm = {
  executor: undefined,
  command: undefined,
  folder: undefined,
  upstream: '',
  afterFork: 'causal',
  tools: new Map(),
  runners: [],
  workspace: 'inplace',
  steps: '40',
  usd: '1.00',
  seconds: '',
  repeat: '1',
  models: [],
  trusted: false,
  breaks: undefined,
  breakDraft: emptyDraft,
};

/** What the user saved for this agent: where the sheet starts from. */
export function howOf(saved: SavedLaunch | undefined): HowForm {
  if (saved === undefined) return firstHow;
  return {
    ...firstHow,
    executor: saved.executor,
    upstream: saved.upstream ?? '',
    runners: saved.runners,
    tools: new Map(saved.tools.map(({ tool, action }) => [tool, action])),
    ...(saved.launch === undefined ? {} : { command: quoteCommand(saved.launch.command), folder: saved.launch.cwd }),
  };
}

export type HowField = 'command' | 'folder' | 'upstream' | 'steps' | 'usd' | 'seconds' | 'repeat' | 'models' | 'breaks';

export interface BuiltHow {
  readonly request: TakeRequestInput;
  readonly problems: ReadonlyMap<HowField, string>;
  /** What does not stand in the way but should be known. */
  readonly hints: ReadonlyMap<HowField, string>;
  readonly takes: number;
}

/** Which executor a plan leads to: the chosen one, else the first that can, else replay. */
export function executorOf(how: HowForm, plan: TakePlan | undefined): ExecutorKind {
  return how.executor ?? plan?.executors.find(({ available }) => available)?.kind ?? 'replay';
}

export interface HowContext {
  readonly runId: string;
  readonly fromStep: number;
  /** Goes on where the recording ended, where the executor can. */
  readonly resume?: boolean;
  readonly edits: readonly Edit[];
  readonly plan: TakePlan | undefined;
  /** Conditions that are kept for this agent. */
  readonly keptBreaks?: readonly Break[];
}

/** The request of the form. A field that cannot be read is left out of it and named in `problems`. */
export function requestOf(
  how: HowForm,
  { runId, fromStep, resume = false, edits, plan, keptBreaks = [] }: HowContext,
): BuiltHow {
  const problems = new Map<HowField, string>();
  const hints = new Map<HowField, string>();
  const executor = executorOf(how, plan);
  const launch = executor === 'continue' ? undefined : launchOf(how, plan, problems, hints);
  const repeat = wholeNumber(how.repeat, 100) ?? note(problems, 'repeat', 'A whole number from 1 to 100.', 1);
  const budget = {
    ...numberField(
      how.steps,
      'steps',
      (text) => wholeNumber(text, 1_000_000),
      'A whole number, or empty for no limit.',
      problems,
    ),
    ...numberField(how.usd, 'usd', money, 'Dollars, e.g. 0.50, or empty for no limit.', problems),
    ...numberField(
      how.seconds,
      'seconds',
      (text) => wholeNumber(text, 10_000_000),
      'Seconds, or empty for no limit.',
      problems,
    ),
  };
  // It stands beside the field and holds nothing up: the sheet is read before it is started.
  const question =
    budget.usd === undefined ? undefined : questionOf(budget.usd, { runUsd: plan?.estimate.usd || undefined });
  if (question !== undefined) hints.set('usd', question);
  const upstream = how.upstream.trim();
  if (upstream !== '' && !isAddress(upstream))
    problems.set('upstream', 'An http or https address, e.g. http://127.0.0.1:11434/v1');
  if (!isEmptyDraft(how.breakDraft)) problems.set('breaks', notAddedText);
  return {
    problems,
    hints,
    takes: repeat * Math.max(1, how.models.length),
    request: {
      runId,
      fromStep,
      resume: resume && executor === 'replay',
      executor,
      edits: [...edits],
      repeat,
      budget,
      afterFork: how.afterFork,
      workspace: how.workspace,
      trusted: how.trusted,
      tools: [...how.tools].map(([tool, action]) => ({ tool, action })),
      runners: executor === 'continue' ? [...how.runners] : [],
      models: [...how.models],
      breaks: [...(how.breaks ?? keptBreaks)],
      ...(launch === undefined ? {} : { launch }),
      ...(upstream === '' || problems.has('upstream') ? {} : { upstream }),
    },
  };
}

/** Undefined where nothing was typed and the recorded start holds. */
function launchOf(
  how: HowForm,
  plan: TakePlan | undefined,
  problems: Map<HowField, string>,
  hints: Map<HowField, string>,
): CommandLine | undefined {
  const known = plan?.launch;
  if (how.command === undefined && how.folder === undefined)
    return known?.source === 'saved' ? { command: [...known.command], cwd: known.cwd } : undefined;
  return readLaunch(
    how.command ?? (known === undefined ? '' : quoteCommand(known.command)),
    how.folder ?? known?.cwd ?? '',
    problems,
    hints,
  );
}

function numberField<Field extends 'steps' | 'usd' | 'seconds'>(
  text: string,
  field: Field,
  read: (text: string) => number | undefined,
  problem: string,
  problems: Map<HowField, string>,
): { readonly [Name in Field]?: number } {
  if (text.trim() === '') return {};
  const value = read(text);
  if (value === undefined) {
    problems.set(field, problem);
    return {};
  }
  return { [field]: value } as { readonly [Name in Field]?: number };
}

function note<Value>(problems: Map<HowField, string>, field: HowField, message: string, value: Value): Value {
  problems.set(field, message);
  return value;
}

function wholeNumber(text: string, most: number): number | undefined {
  const trimmed = text.trim();
  if (!/^\d{1,9}$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value >= 1 && value <= most ? value : undefined;
}

function money(text: string): number | undefined {
  const trimmed = text.trim().replace(/^\$\s*/, '');
  if (!/^(?:\d{1,7}(?:\.\d{0,6})?|\.\d{1,6})$/.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return value > 0 ? value : undefined;
}

/** What "save for this agent" keeps. */
export function savedOf(agent: string, built: BuiltHow, plan: TakePlan | undefined): SavedLaunch {
  const { request } = built;
  const launch =
    request.launch ??
    (plan?.launch === undefined ? undefined : { command: [...plan.launch.command], cwd: plan.launch.cwd });
  return {
    agent,
    executor: request.executor,
    tools: [...(request.tools ?? [])],
    runners: (request.runners ?? []) as SavedLaunch['runners'],
    ...(launch === undefined ? {} : { launch }),
    ...(request.upstream === undefined ? {} : { upstream: request.upstream }),
  };
}

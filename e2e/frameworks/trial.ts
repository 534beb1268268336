import { resultNames } from '../../shared/model/result-name.ts';
import type { ReceivedCall } from '../agents/scripted-model.ts';
import { deadUpstream, openWorkbench } from '../rerun/workbench.ts';
import type { Shown, TakeEnded, Workbench } from '../rerun/workbench.ts';
import type { Framework } from './framework-list.ts';
import { orderAnswers, temperatureOf } from './order-model.ts';

/** One cell of the table. said: it did not hold, and Retake says so. */
export interface Finding {
  readonly state: 'right' | 'said' | 'wrong' | 'untried';
  readonly note: string;
}

export const editKinds = ['system', 'user', 'tool result', 'model', 'temperature'] as const;
export type EditKind = (typeof editKinds)[number];

export interface Trial {
  readonly record: Finding;
  readonly replay: Finding;
  readonly edits: Readonly<Partial<Record<EditKind, Finding>>>;
  readonly resume: Finding;
}

type LlmStep = Shown['steps'][number];

/** In which words Retake says that an edit is not in force everywhere. */
const saysSo =
  /edit[^.\n]{0,160}(could not|cannot|not kept|not in force|no longer|gone|lost|dropped)|(could not|cannot|no longer)[^.\n]{0,120}edit/i;

const right = (note = ''): Finding => ({ state: 'right', note });
const wrong = (note: string): Finding => ({ state: 'wrong', note });

/** Records the agent, replays it, forks it with an edit of each kind, kills and resumes it. What reached the model server decides. */
export async function tryFramework(
  framework: Framework,
  command: readonly string[],
  log: (line: string) => void,
): Promise<Trial> {
  const bench = openWorkbench({ PYTHONDONTWRITEBYTECODE: '1', ...framework.environment });
  const untried: Finding = { state: 'untried', note: '' };
  const start = (model: string): readonly string[] => [...command, '--model', model];
  const agent = start(framework.model);
  try {
    const model = await bench.model({ answers: orderAnswers, withoutIds: framework.isWithoutIds === true });
    const since = async <T>(
      work: Promise<T>,
    ): Promise<{ readonly result: T; readonly calls: readonly ReceivedCall[] }> => {
      const before = model.calls.length;
      const result = await work;
      return { result, calls: model.calls.slice(before).filter((call) => isOfAgent(call, framework)) };
    };

    const recorded = await since(bench.record(model, agent));
    const { runId, code, stderr, said } = recorded.result;
    const count = recorded.calls.length;
    if (code !== 0 || count !== framework.calls || !said.includes('FINAL')) {
      log(`  record: status ${code}, ${count} calls, said ${said}\n${stderr.slice(-3000)}`);
      const record = wrong(`${count} of ${framework.calls} calls, status ${code}: ${lastLine(stderr)}`);
      return { record, replay: untried, edits: {}, resume: untried };
    }
    const parent = await bench.show(runId);
    const llm = parent.steps.filter(({ kind }) => kind === 'llm');
    const record = right(`${count} calls`);

    const replayed = await since(
      bench.rerun(runId, ['--from', String(parent.steps.length), '--upstream', deadUpstream], agent),
    );
    const replay = judgeReplay(replayed.result, llm.length, said);
    if (replay.state !== 'right') log(`  replay: ${replay.note}\n${replayed.result.stderr.slice(-3000)}`);

    const edits: Partial<Record<EditKind, Finding>> = {};
    for (const kind of editKinds) {
      const fork = llm.find(({ input }) => JSON.stringify(input).includes(framework.forkAt ?? 'ORDER A2 TOTAL'));
      const edit = fork === undefined ? undefined : editOf(kind, fork, framework);
      if (fork === undefined || edit === undefined) {
        edits[kind] = wrong('nothing in the recorded request that this edit is about');
        log(`  ${kind}: nothing to edit in ${JSON.stringify(fork?.input)?.slice(0, 3000)}`);
        continue;
      }
      const taken = await since(
        bench.rerun(
          runId,
          ['--from', String(fork.index), '--upstream', model.url, '--edit', bench.edits([edit.edit])],
          agent,
        ),
      );
      const finding = judgeFork(taken.result, taken.calls, framework.live ?? framework.calls - 2, (call) =>
        inForce(kind, call, framework),
      );
      edits[kind] = { ...finding, note: [edit.note, finding.note].filter(Boolean).join('; ') };
      if (finding.state !== 'right') log(`  ${kind}: ${finding.note}\n${taken.result.stderr.slice(-3000)}`);
    }

    const resume = await resumeAfterKill(bench, model.url, agent, since, framework, log);
    return { record, replay, edits, resume };
  } finally {
    await bench.close();
  }
}

/** Clients ask for more than their agent's turns: titles, warm-ups, counts of tokens. */
function isOfAgent({ path, whole }: ReceivedCall, { aside }: Framework): boolean {
  const text = JSON.stringify(whole);
  return !/count_tokens|countTokens/.test(path) && /ORDERS|PLAN|JOIN/.test(text) && aside?.test(text) !== true;
}

function judgeReplay({ code, take, stderr }: TakeEnded, calls: number, said: string): Finding {
  if (code !== 0 || take === undefined) return wrong(`status ${code}: ${lastLine(stderr)}`);
  const { recorded, live, held } = take.served;
  if (recorded !== calls || live !== 0 || held !== 0) return wrong(`${recorded} recorded, ${live} live, ${held} held`);
  return stderr.includes(said) ? right('0 live') : wrong('another answer at the end');
}

function judgeFork(
  { code, take, stderr }: TakeEnded,
  calls: readonly ReceivedCall[],
  live: number,
  isInForce: (call: ReceivedCall) => boolean,
): Finding {
  const missing = calls.filter((call) => !isInForce(call)).length;
  const problems = [
    ...(code === 0 ? [] : [`status ${code}: ${take?.divergence ?? lastLine(stderr)}`]),
    ...(missing > 0 ? [`not in ${missing} of ${calls.length} live calls`] : []),
    ...(calls.length === live ? [] : [`${calls.length} live calls, not ${live}`]),
    ...(take === undefined || take.served.live === calls.length ? [] : [`${take.served.live} counted live`]),
  ];
  if (problems.length === 0) return right();
  return { state: saysSo.test(stderr) || (take?.served.held ?? 0) > 0 ? 'said' : 'wrong', note: problems.join(', ') };
}

/** What a person would change at that step, by what its recorded request holds. */
function editOf(
  kind: EditKind,
  step: LlmStep,
  framework: Framework,
): { readonly edit: unknown; readonly note: string } | undefined {
  const context = step.input ?? [];
  switch (kind) {
    case 'system': {
      const texts = context.filter(({ role }) => role === 'system').flatMap(({ parts }) => parts);
      const part = texts.findIndex((one) => one.type === 'text' && one.text.includes('MARK-blue'));
      const found = texts[part];
      if (found?.type !== 'text') return undefined;
      const text = found.text.replaceAll('MARK-blue', 'MARK-green');
      return { edit: { op: 'message', item: 'system', ...(texts.length > 1 ? { part } : {}), text }, note: '' };
    }
    case 'user':
      return textEdit(context, 'TINT-red', (text) => text.replaceAll('TINT-red', 'TINT-pink'));
    case 'tool result': {
      const results = context.flatMap(({ parts }) => parts).filter((part) => part.type === 'tool_result');
      const at = results.findIndex((part) => JSON.stringify(part).includes('ORDER A1 TOTAL 10 '));
      const callId = resultNames(results.map(({ id, name }) => ({ callId: id, name })))[at];
      if (callId !== undefined)
        return { edit: { op: 'tool_result', callId, content: 'ORDER A1 TOTAL 1000' }, note: '' };
      const edit = textEdit(context, 'ORDER A1 TOTAL 10 ', (text) =>
        text.replaceAll('ORDER A1 TOTAL 10 ', 'ORDER A1 TOTAL 1000 '),
      );
      return edit && { ...edit, note: 'as a text of the user' };
    }
    case 'model':
      return { edit: { op: 'model', model: framework.otherModel }, note: '' };
    case 'temperature': {
      const set = framework.isGemini ? { generationConfig: { temperature: 0.9 } } : { temperature: 0.9 };
      return { edit: { op: 'params', set }, note: '' };
    }
  }
}

function textEdit(
  context: NonNullable<LlmStep['input']>,
  holds: string,
  change: (text: string) => string,
): { readonly edit: unknown; readonly note: string } | undefined {
  const items = context.filter(({ role }) => role !== 'system');
  for (const [item, message] of items.entries()) {
    const texts = message.parts.filter((part) => part.type === 'text');
    const part = texts.findIndex(({ text }) => text.includes(holds));
    const found = texts[part];
    if (found)
      return {
        edit: { op: 'message', item, ...(texts.length > 1 ? { part } : {}), text: change(found.text) },
        note: '',
      };
  }
  return undefined;
}

function inForce(kind: EditKind, { path, whole }: ReceivedCall, { otherModel }: Framework): boolean {
  const text = JSON.stringify(whole);
  // A join reads what the edited sub-agent said: its answer says what that saw.
  const isJoin = text.includes('JOIN');
  switch (kind) {
    case 'system':
      return isJoin ? text.includes('system=green') : text.includes('MARK-green') && !text.includes('MARK-blue');
    case 'user':
      return isJoin ? text.includes('user=pink') : text.includes('TINT-pink') && !text.includes('TINT-red');
    case 'tool result':
      return isJoin
        ? text.includes('sum=1000')
        : text.includes('ORDER A1 TOTAL 1000') && !text.includes('ORDER A1 TOTAL 10 ');
    case 'model':
      return whole['model'] === otherModel || path.includes(`/${otherModel}:`);
    case 'temperature':
      return temperatureOf(whole) === 0.9;
  }
}

const killAt = 2;

async function resumeAfterKill(
  bench: Workbench,
  address: string,
  agent: readonly string[],
  since: <T>(work: Promise<T>) => Promise<{ readonly result: T; readonly calls: readonly ReceivedCall[] }>,
  framework: Framework,
  log: (line: string) => void,
): Promise<Finding> {
  const killed = await since(bench.run('run', '--upstream', address, '--', ...agent, '--kill-at', String(killAt)));
  const runId = killed.result.stdout.trim().split('\n').at(-1) ?? '';
  if (killed.calls.length === 0 || killed.calls.length >= framework.calls)
    return wrong(`the kill came after ${killed.calls.length} calls`);
  const notes: string[] = [];
  const { steps } = await bench.show(runId);
  // The obvious command first.
  for (const options of [[], ['--from', String(steps.length), '--on-divergence', 'live']]) {
    const { result, calls } = await since(bench.rerun(runId, ['--upstream', address, ...options], agent));
    const { code, take, stderr } = result;
    const counts = `${take?.served.recorded ?? 0} recorded, ${calls.length} live`;
    if (code === 0 && stderr.includes('FINAL') && calls.length + killed.calls.length === framework.calls)
      return options.length === 0
        ? right(counts)
        : { state: 'said', note: `${notes.join('')}; with \`${options.join(' ')}\`: ${counts}` };
    notes.push(`status ${code}, ${counts}: ${take?.divergence ?? lastLine(stderr)}`);
    log(`  resume ${options.join(' ')}: ${notes.at(-1)}\n${stderr.slice(-1500)}`);
  }
  return wrong(notes.join('; with the option: '));
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';

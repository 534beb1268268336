import type { KnownEdit, Random } from './diff-cases.ts';
import {
  changeTurn,
  freshSuffix,
  graft,
  lengthened,
  noiseEdits,
  numberSources,
  pickOne,
  renumberAll,
  strangeTurn,
  turnEdits,
  turnOf,
} from './diff-compound-edits.ts';
import type { EditTurn, TurnEdit } from './diff-compound-edits.ts';
import { cloneTurn, copyRun, toolsOf } from './diff-edits.ts';
import type { EditableRun, Item } from './diff-edits.ts';

/** Cases beyond one edit of one run: several edits, noise around an edit, sub-agents, calls repeated word by word, and runs of 500 steps and more. */

const edits: readonly EditTurn[] = Object.values(turnEdits);
const noises: readonly EditTurn[] = Object.values(noiseEdits);

/** Turns that can be edited, spread so that no edit touches another one's turns. */
function spread(run: EditableRun, count: number, random: Random): readonly number[] {
  const free = run.turns.flatMap((turn, at) =>
    at > 0 && at < run.turns.length - 1 && toolsOf(turn).length > 0 ? [at] : [],
  );
  const chosen: number[] = [];
  for (let tries = 0; chosen.length < count && tries < 200; tries++) {
    const at = pickOne(free, random);
    if (at !== undefined && chosen.every((other) => Math.abs(other - at) > 5)) chosen.push(at);
  }
  return chosen.toSorted((one, two) => one - two);
}

interface Laid {
  readonly at: number;
  readonly edit: TurnEdit;
}

/** Lays edits from the last turn to the first, so that each finds its turn where the recording has it. */
function lay(
  a: EditableRun,
  b: EditableRun,
  places: readonly { readonly at: number; readonly edit: EditTurn }[],
  random: Random,
): readonly Laid[] {
  return places
    .toSorted((one, two) => two.at - one.at)
    .flatMap(({ at, edit }) => {
      const done = edit({ a, b, at, random });
      return done ? [{ at, edit: done }] : [];
    });
}

function together(a: EditableRun, b: EditableRun, laid: readonly Laid[]): KnownEdit {
  const parting = laid.filter(({ edit }) => edit.divergence !== undefined).toSorted((one, two) => one.at - two.at);
  const first = (parting.find(({ edit }) => edit.settingOnly !== true) ?? parting[0])?.edit;
  return {
    a,
    b,
    divergence: first?.divergence,
    ...(first?.eitherSide === true ? { eitherSide: true } : {}),
    open: new Set(laid.flatMap(({ edit }) => edit.open ?? [])),
  };
}

function both(run: EditableRun): { readonly a: EditableRun; readonly b: EditableRun } {
  return { a: copyRun(run), b: copyRun(run) };
}

/** One of the new edits on the recorded run as it is. */
export function single(edit: EditTurn) {
  return (run: EditableRun, random: Random): KnownEdit | undefined => {
    const { a, b } = both(run);
    const at = pickOne(
      run.turns.flatMap((turn, place) => (place < run.turns.length - 1 && toolsOf(turn).length > 0 ? [place] : [])),
      random,
    );
    const laid = at === undefined ? [] : lay(a, b, [{ at, edit }], random);
    return laid.length === 0 ? undefined : together(a, b, laid);
  };
}

/** So many edits on a run of so many turns, with noise at other turns and every id and time renumbered. */
function several(turns: number, count: number, noise: number) {
  return (run: EditableRun, random: Random): KnownEdit | undefined => {
    const long = lengthened(run, turns, random);
    if (!long) return undefined;
    const { a, b } = both(long);
    const places = spread(long, count + noise, random);
    const chosen = new Set(places.toSorted(() => random() - 0.5).slice(0, count));
    const laid = lay(
      a,
      b,
      places.map((at) => ({ at, edit: pickOne(chosen.has(at) ? edits : noises, random) ?? otherwise })),
      random,
    );
    if (noise > 0) renumberAll(b, random);
    return laid.length === 0 ? undefined : together(a, b, laid);
  };
}

const otherwise: EditTurn = () => undefined;

function onlyNoise(run: EditableRun, random: Random): KnownEdit | undefined {
  return several(24, 0, 4)(run, random);
}

/** The run stops in the middle. */
function endsEarly(run: EditableRun, random: Random): KnownEdit | undefined {
  const long = lengthened(run, 20, random);
  if (!long) return undefined;
  const { a, b } = both(long);
  const at = 2 + Math.floor(random() * 15);
  b.turns.splice(at);
  return { a, b, divergence: { a: turnOf(a, at).llm, b: undefined } };
}

/** From one turn on everything is otherwise: which later step answers which is open. */
function forks(run: EditableRun, random: Random): KnownEdit | undefined {
  const long = lengthened(run, 20, random);
  if (!long) return undefined;
  const { a, b } = both(long);
  const at = 2 + Math.floor(random() * 14);
  for (const turn of b.turns.slice(at)) changeTurn(turn, random);
  const open = new Set(a.turns.slice(at).flatMap(({ items }) => items.flatMap(({ source }) => source ?? [])));
  return { a, b, divergence: { a: turnOf(a, at).llm, b: turnOf(b, at).llm }, open };
}

/** A turn comes some turns later or earlier. What it saw is another context there, so either of its places may be named. */
function movedFar(run: EditableRun, random: Random): KnownEdit | undefined {
  const long = lengthened(run, 20, random);
  if (!long) return undefined;
  const { a, b } = both(long);
  const from = 2 + Math.floor(random() * 6);
  const to = from + 4 + Math.floor(random() * 5);
  const later = random() < 0.5;
  // So that this turn is like no other one.
  for (const side of [a, b]) changeTurn(turnOf(side, later ? from : to), seededWords(from));
  if (later) b.turns.splice(to, 0, ...b.turns.splice(from, 1));
  else b.turns.splice(from, 0, ...b.turns.splice(to, 1));
  return { a, b, divergence: { a: turnOf(a, from).llm, b: turnOf(b, from).llm }, eitherSide: true };
}

function seededWords(seed: number): Random {
  let state = seed + 1;
  return () => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A loop: the same call three to eight times, word by word; b goes round once less or once more. */
function loop(difference: -1 | 1) {
  return (run: EditableRun, random: Random): KnownEdit | undefined => {
    const looped = copyRun(run);
    const at = pickOne(
      run.turns.flatMap((turn, place) =>
        place > 0 && place < run.turns.length - 1 && toolsOf(turn).length > 0 ? [place] : [],
      ),
      random,
    );
    if (at === undefined) return undefined;
    const rounds = 3 + Math.floor(random() * 6);
    for (let round = 0; round < rounds; round++) {
      const suffix = freshSuffix();
      looped.turns.splice(
        at + 1,
        0,
        cloneTurn(turnOf(looped, at), (id) => `${id}${suffix}`),
      );
    }
    numberSources(looped, 0);
    const { a, b } = both(looped);
    const last = at + rounds;
    if (difference === -1) {
      b.turns.splice(last, 1);
      return { a, b, divergence: { a: turnOf(a, last).llm, b: undefined } };
    }
    const suffix = freshSuffix();
    const turn = cloneTurn(turnOf(b, last), (id) => `${id}${suffix}`);
    b.turns.splice(last + 1, 0, turn);
    return { a, b, divergence: { a: undefined, b: turn.llm } };
  };
}

/** Among equal calls one has another argument. */
function oneOfEqualCalls(run: EditableRun, random: Random): KnownEdit | undefined {
  const made = loop(1)(run, random);
  if (!made) return undefined;
  const { a } = made;
  const b = copyRun(a);
  const equal = a.turns.flatMap((_turn, at) => (at > 0 && sameCall(a, at, at - 1) ? [at] : []));
  const at = pickOne(equal, random);
  const done = at === undefined ? undefined : turnEdits['argument changed']({ a, b, at, random });
  return done ? { a, b, divergence: done.divergence } : undefined;
}

function sameCall(run: EditableRun, one: number, two: number): boolean {
  const words = (at: number): string => JSON.stringify(toolsOf(turnOf(run, at)).map(({ tool }) => tool));
  return words(one) === words(two) && toolsOf(turnOf(run, one)).length > 0;
}

interface Grafted {
  readonly a: EditableRun;
  readonly b: EditableRun;
  readonly at: number;
  readonly tools: { readonly a: Item; readonly b: Item };
}

function hosts({ a, b }: { readonly a: EditableRun; readonly b: EditableRun }, random: Random): Grafted | undefined {
  const at = pickOne(
    a.turns.flatMap((turn, place) =>
      place > 0 && place < a.turns.length - 1 && toolsOf(turn).length > 0 ? [place] : [],
    ),
    random,
  );
  if (at === undefined) return undefined;
  const number = Math.floor(random() * toolsOf(turnOf(a, at)).length);
  const [one, two] = [toolsOf(turnOf(a, at))[number], toolsOf(turnOf(b, at))[number]];
  return one && two ? { a, b, at, tools: { a: one, b: two } } : undefined;
}

function innerOf(run: EditableRun): EditableRun {
  const inner = copyRun(run);
  numberSources(inner, 100_001);
  return inner;
}

/** One run's call is carried out by a sub-agent, the other's is not. */
function subAgentOnlyIn(side: 'a' | 'b') {
  return (run: EditableRun, random: Random): KnownEdit | undefined => {
    const host = hosts(both(run), random);
    if (!host) return undefined;
    const inner = innerOf(run);
    const [agent] = graft(turnOf(host[side], host.at), host.tools[side], inner, 'bisect', 100_000);
    return { a: host.a, b: host.b, divergence: side === 'a' ? { a: agent, b: undefined } : { a: undefined, b: agent } };
  };
}

/** Both have the sub-agent, and one of its turns was edited. */
function withinSubAgent(run: EditableRun, random: Random): KnownEdit | undefined {
  const host = hosts(both(run), random);
  const inner = innerOf(run);
  const [one, two] = [copyRun(inner), copyRun(inner)];
  const at = pickOne(
    inner.turns.flatMap((turn, place) => (place < inner.turns.length - 1 && toolsOf(turn).length > 0 ? [place] : [])),
    random,
  );
  const done = at === undefined ? undefined : pickOne(edits, random)?.({ a: one, b: two, at, random });
  if (!host || !done) return undefined;
  graft(turnOf(host.a, host.at), host.tools.a, one, 'bisect', 100_000);
  graft(turnOf(host.b, host.at), host.tools.b, two, 'bisect', 100_000);
  return { a: host.a, b: host.b, divergence: done.divergence, open: new Set(done.open ?? []) };
}

/** Two sub-agents at work at once: their steps come in another order, no difference. */
function interleaved(run: EditableRun, random: Random): KnownEdit | undefined {
  const { a, b } = both(run);
  const at = run.turns.findIndex((turn, place) => place > 0 && toolsOf(turn).length > 1);
  if (at === -1) return undefined;
  for (const [side, mixed] of [
    [a, false],
    [b, true],
  ] as const) {
    const turn = turnOf(side, at);
    const [first, second] = toolsOf(turn);
    if (!first || !second) return undefined;
    const left = innerOf(run);
    const right = innerOf(run);
    for (const part of right.turns) changeTurn(part, seededWords(7));
    numberSources(right, 200_001);
    const blocks = [graft(turn, first, left, 'reader', 100_000), graft(turn, second, right, 'writer', 200_000)];
    if (!mixed) continue;
    const lines = blocks.map((block) => [...block]);
    const rest = turn.items.filter((item) => !blocks.some((block) => block.includes(item)));
    const after = Math.max(rest.indexOf(first), rest.indexOf(second)) + 1;
    const merged: Item[] = [];
    while (lines.some((line) => line.length > 0))
      merged.push(
        ...(pickOne(
          lines.filter((line) => line.length > 0),
          random,
        )?.splice(0, 1) ?? []),
      );
    turn.items.splice(0, turn.items.length, ...rest.slice(0, after), ...merged, ...rest.slice(after));
  }
  return { a, b, divergence: undefined };
}

/** A sub-agent in both, at another one's turn: a sub-agent more, made of the same words. */
function twinSubAgent(run: EditableRun, random: Random): KnownEdit | undefined {
  const host = hosts(both(run), random);
  if (!host) return undefined;
  graft(turnOf(host.a, host.at), host.tools.a, innerOf(run), 'bisect', 100_000);
  graft(turnOf(host.b, host.at), host.tools.b, innerOf(run), 'bisect', 100_000);
  const template = turnOf(host.b, host.at - 1);
  if (toolsOf(template).length === 0) return undefined;
  const turn = strangeTurn(template, random);
  const [tool] = toolsOf(turn);
  if (!tool) return undefined;
  const again = innerOf(run);
  for (const item of [...again.before, ...again.turns.flatMap(({ items }) => items)]) item.source = undefined;
  host.b.turns.splice(host.at, 0, turn);
  graft(turn, tool, again, 'bisect', undefined);
  return { a: host.a, b: host.b, divergence: { a: undefined, b: turn.llm } };
}

export const compoundKinds: Readonly<Record<string, (run: EditableRun, random: Random) => KnownEdit | undefined>> = {
  ...Object.fromEntries(Object.entries({ ...turnEdits, ...noiseEdits }).map(([name, edit]) => [name, single(edit)])),
  'ends early': endsEarly,
  forks: forks,
  'turn moved far': movedFar,
  'loop one less': loop(-1),
  'loop one more': loop(1),
  'one of equal calls changed': oneOfEqualCalls,
  'sub-agent only in a': subAgentOnlyIn('a'),
  'sub-agent only in b': subAgentOnlyIn('b'),
  'edit within sub-agent': withinSubAgent,
  'sub-agents interleaved': interleaved,
  'one sub-agent more, same words': twinSubAgent,
  'only noise': onlyNoise,
  'two edits': several(20, 2, 0),
  'three edits': several(30, 3, 0),
  'two edits and noise': several(36, 2, 2),
  'three edits and noise': several(44, 3, 3),
};

/** Runs of 500 steps and more, few of each: contexts grow with the square. */
export const longKinds: Readonly<Record<string, (run: EditableRun, random: Random) => KnownEdit | undefined>> = {
  '500 steps, three edits': several(260, 3, 0),
  '500 steps, ten edits and noise': several(260, 10, 10),
  '500 steps, only noise': several(260, 0, 10),
};

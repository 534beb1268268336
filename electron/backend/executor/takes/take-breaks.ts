import { createHash } from 'node:crypto';
import { breakMatches } from '../../../../shared/model/break.ts';
import type { Break, BreakCondition, BreakFacts } from '../../../../shared/model/break.ts';
import type { Hold, HoldResolution } from '../../../../shared/model/take.ts';
import type { LiveRequest, LookedAt } from '../executor.ts';
import { switchedOff } from './agent-breaks.ts';

/** The user's conditions of a take: they hold calls before a model or the recording answers them. */
export interface TakeBreaks {
  readonly all: readonly Break[];
  /** Those of a take that has them already stay as they are. */
  switchOff(conditions: readonly BreakCondition[]): void;
  /** From the next call on; what is held already stays held. */
  set(breaks: readonly Break[]): void;
  /** Waits while the call is held. */
  before(call: LiveRequest, from: 'model' | 'recording'): Promise<Passed>;
  /** How large a request was that has been answered: what the next one is estimated by. */
  measured(size: { readonly characters: number; readonly inputTokens: number }): void;
}

export interface Passed {
  /** Why it must not be answered. */
  readonly refused?: string;
  /** A person has let it go on: no pause holds it again. */
  readonly wasHeld: boolean;
}

export interface TakeBreaksOptions {
  readonly breaks: readonly Break[];
  readonly spent: () => BreakFacts['spent'];
  /** Undefined: nobody is there to ask, so what a condition fits is stopped. */
  readonly ask: ((hold: Omit<Hold, 'id' | 'since'>) => Promise<HoldResolution>) | undefined;
  /** By a person's word at a hold. */
  readonly onSwitchedOff: (conditions: readonly BreakCondition[]) => void;
  readonly onNote: (text: string) => void;
}

/** Of the request, in a hold: what is longer can go on, and is neither shown nor edited. */
export const shownRequestLimit = 1_000_000;
/** Messages that a hold tells of, beside the instructions. */
const shownItems = 30;
const usualCharactersPerToken = 4;

interface Waiting {
  readonly number: number;
  readonly decided: Promise<HoldResolution>;
}

export function createTakeBreaks({ breaks, spent, ask, onSwitchedOff, onNote }: TakeBreaksOptions): TakeBreaks {
  let all: readonly Break[] = breaks;
  let count = 0;
  let charactersPerToken: number | undefined;
  let stopped: string | undefined;
  /** Calls that are held, and those whose clients had gone when they were let go: the same request is the same call. */
  const waiting = new Map<string, Waiting>();
  /** Let go already, on another way than they would have gone. */
  const through = new Set<number>();

  function held(facts: BreakFacts): NonNullable<Hold['break']>['held'] {
    return all.flatMap(({ condition, enabled }) => {
      const reason = enabled ? breakMatches(condition, facts) : undefined;
      return reason === undefined ? [] : [{ condition, reason }];
    });
  }

  function factsOf({ facts }: LookedAt, number: number): BreakFacts {
    return {
      ...facts,
      number,
      spent: spent(),
      tokens: {
        count: Math.round(facts.characters / (charactersPerToken ?? usualCharactersPerToken)),
        basis: charactersPerToken === undefined ? 'usual' : 'last-call',
      },
    };
  }

  function asked(
    call: LiveRequest,
    looked: LookedAt,
    number: number,
    from: 'model' | 'recording',
  ): Promise<HoldResolution> | undefined {
    const facts = factsOf(looked, number);
    const fitting = held(facts);
    const [first] = fitting;
    if (!first) return undefined;
    if (!ask) {
      const because = fitting.map(({ reason }) => reason).join('; ');
      stopped = `Retake stopped this run before call ${number}: ${because}. That is a condition to break at, and there is no terminal or window to ask whether it may go on. ${notSent(from)}`;
      onNote(stopped);
      return Promise.resolve({ action: 'stop' });
    }
    return ask(holdOf(call, looked, { facts, from, fitting })).then((resolution) => {
      if (resolution.action === 'switch-off') onSwitchedOff(fitting.map(({ condition }) => condition));
      if (resolution.action === 'stop')
        stopped ??= `Retake stopped this run: the user stopped it at call ${number}. ${notSent(from)}`;
      return resolution;
    });
  }

  return {
    get all() {
      return all;
    },
    switchOff(conditions) {
      all = switchedOff(all, conditions);
    },
    set(next) {
      all = next;
    },
    measured({ characters, inputTokens }) {
      if (characters > 0 && inputTokens > 0) charactersPerToken = characters / inputTokens;
    },
    async before(call, from) {
      if (stopped !== undefined) return { refused: stopped, wasHeld: true };
      if (through.delete(call.seq)) return { wasHeld: true };
      // Without a condition too: one that is set later counts the calls from the first.
      const looked = call.look?.();
      if (!looked) return { wasHeld: false };
      const key = waiting.size > 0 || all.some(({ enabled }) => enabled) ? keyOf(call) : '';
      const joined = waiting.get(key);
      const number = joined?.number ?? ++count;
      const decided = joined?.decided ?? asked(call, looked, number, from);
      if (!decided) return { wasHeld: false };
      const entry = joined ?? { number, decided };
      waiting.set(key, entry);
      const { action, text } = await decided;
      // Its client has given it up: whoever asks the same again is let through.
      if (call.isGone?.() === true) return { wasHeld: true };
      if (action === 'stop') return { refused: stopped ?? notSent(from), wasHeld: true };
      if (waiting.get(key) === entry) waiting.delete(key);
      if (action === 'edit' && text !== undefined) {
        if (from === 'recording') through.add(call.seq);
        call.replace?.(text);
      }
      return { wasHeld: true };
    },
  };
}

function keyOf({ own, request }: LiveRequest): string {
  return createHash('sha256')
    .update(own ?? request)
    .digest('base64');
}

function notSent(from: 'model' | 'recording'): string {
  return from === 'model' ? 'Nothing was sent to the model.' : 'The recording did not answer it.';
}

function holdOf(
  { request, replace }: LiveRequest,
  looked: LookedAt,
  {
    facts,
    from,
    fitting,
  }: {
    readonly facts: BreakFacts;
    readonly from: 'model' | 'recording';
    readonly fitting: NonNullable<Hold['break']>['held'];
  },
): Omit<Hold, 'id' | 'since'> {
  const { number, model, characters } = facts;
  const isShown = request.length <= shownRequestLimit;
  const items = looked.items();
  const [system] = items;
  const first = system?.item === 'system' ? [system] : [];
  const rest = items.slice(first.length);
  const last = rest.slice(-shownItems);
  const because = fitting.map(({ reason }) => reason).join('; ');
  return {
    kind: 'break',
    title: `${from === 'model' ? `Held before call ${number} goes to ${model}` : `Held before call ${number} is answered from the recording`}: ${because}.`,
    actions: [
      from === 'model' ? 'send' : 'serve',
      'switch-off',
      ...(replace && isShown ? (['edit'] as const) : []),
      'stop',
    ],
    ...(isShown ? { request } : {}),
    break: {
      held: [...fitting],
      from,
      number,
      model,
      characters,
      tools: looked.tools,
      items: [...first, ...last],
      itemsBefore: rest.length - last.length,
    },
  };
}

import type { Exchange } from '../support/backend-internals.ts';
import { cutText, threadsOf } from './agent-plan.ts';
import type { AgentPlan } from './agent-plan.ts';
import { isGemini } from './edits.ts';
import type { ChosenEdit } from './edits.ts';
import { strayedMessage } from './kept-places.ts';
import type { AgentRun } from './run-agent.ts';
import { keyOf } from './sent-call.ts';
import type { Form, SentCall } from './sent-call.ts';
import { readRequest } from './wires.ts';
import type { SeenMessage } from './wires.ts';
import { createCanon } from './world.ts';
import type { World } from './world.ts';

/**
 * Knows what each call of a re-run must be: which recorded answer is its own, whether what it was told is unchanged, and what a
 * request that reaches the model must hold. It looks at what happened on the wire and at nothing that the product computes.
 */

/** A recorded or re-run agent with what the gateway reported of it. */
export interface Happened {
  readonly run: AgentRun;
  readonly world: World;
  /** By the id of the call. */
  readonly exchanges: ReadonlyMap<string, Exchange>;
  readonly strangers: readonly string[];
  /** What the take says as a whole. */
  readonly notes: readonly string[];
}

/**
 * right: as it must be. said: the edit is not in force, and the take says so. conservative: a model was asked although the recording
 * would have done. held: nobody was asked, though one answer is right. held-open: the same where more than one would do, or none. lie: anything else.
 */
export type Outcome = 'right' | 'said' | 'conservative' | 'held' | 'held-open' | 'lie';

export interface Verdict {
  readonly call: SentCall | undefined;
  readonly outcome: Outcome;
  /** Of a lie or a hold: its kind, the same words for the same fault. */
  readonly kind: string;
  readonly expected: string;
  readonly got: string;
}

export interface Trial {
  readonly plan: AgentPlan;
  readonly recorded: Happened;
  readonly again: Happened;
  readonly edit: ChosenEdit | undefined;
  readonly afterFork: 'causal' | 'live';
}

export function judge({ plan, recorded, again, edit, afterFork }: Trial): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const groups = new Map(threadsOf(plan).map(({ path, group }) => [path, group]));
  const groupOf = (path: string): string | undefined => groups.get(path.replace('~', ''));

  const recordedCalls = new Map<string, SentCall>();
  const keyOfSeq = new Map<number, string>();
  for (const call of recorded.run.calls) {
    const exchange = recorded.exchanges.get(call.id);
    if (exchange) keyOfSeq.set(exchange.seq, keyOf(call));
    if (call.reply?.answered) recordedCalls.set(keyOf(call), call);
  }

  /** Threads of a group stand for each other: which recording a thread has got. */
  const standsFor = new Map<string, string>();
  const mapped = (path: string): string => {
    const bare = path.replace('~', '');
    return (standsFor.get(bare) ?? bare) + (path.endsWith('~') ? '~' : '');
  };
  const canonOf = (rename: (owner: string) => string): ((text: string) => string) =>
    createCanon(recorded.world, again.world, rename);
  const plainCanon = canonOf((owner) => owner);

  const linesOf = (call: SentCall, canon: (text: string) => string): readonly string[] => [
    `${call.request.model} ${call.request.tools.join(',')}`,
    `system: ${canon(call.request.system)}`,
    ...(call.wire === 'responses-state' && !call.isSummary ? call.history : call.request.messages).map(
      ({ role, text, meaning, calls }) =>
        `${role}: ${canon(meaning ?? text)}${(calls ?? []).map(({ tool, argument }) => ` ${tool}(${canon(argument)})`).join('')}`,
    ),
  ];
  const recordedLines = new Map<string, readonly string[]>();
  const linesRecorded = (key: string): readonly string[] | undefined => {
    const call = recordedCalls.get(key);
    if (!call) return undefined;
    const known = recordedLines.get(key) ?? linesOf(call, plainCanon);
    recordedLines.set(key, known);
    return known;
  };
  const sameLines = (one: readonly string[], other: readonly string[] | undefined): boolean =>
    other !== undefined && one.length === other.length && one.every((line, index) => line === other[index]);
  /** The same but for which of several interchangeable threads is which. */
  const shuffledLines = (one: readonly string[], other: readonly string[] | undefined): boolean => {
    const pieces = (lines: readonly string[]): string =>
      lines
        .flatMap((line) => line.split(/\n|: | \/ /))
        .map((piece) => piece.replaceAll(/⟨([^|⟩]+)\|/g, (_whole, owner: string) => `⟨${groupOf(owner) ?? owner}|`))
        .toSorted()
        .join('\n');
    return other !== undefined && pieces(one) === pieces(other);
  };

  /** Recordings that a call may be answered with, by what it was told. */
  function candidatesOf(call: SentCall): { readonly same: readonly string[]; readonly open: readonly string[] } {
    const bare = call.path.replace('~', '');
    const group = groupOf(call.path);
    const taken = new Set(standsFor.values());
    const owners =
      group === undefined || (standsFor.has(bare) && call.wire !== 'gemini')
        ? [mapped(bare)]
        : [...groups]
            .filter(([path, other]) => other === group && (!taken.has(path) || call.wire === 'gemini'))
            .map(([path]) => path);
    const same: string[] = [];
    const open: string[] = [];
    for (const owner of owners) {
      const key = `${owner}${call.path.endsWith('~') ? '~' : ''}@${call.turn}`;
      const canon = canonOf((path) => (path === bare ? owner : (standsFor.get(path) ?? path)));
      const lines = linesOf(call, canon);
      const other = linesRecorded(key);
      if (sameLines(lines, other)) same.push(key);
      else if (shuffledLines(lines, other)) open.push(key);
    }
    return { same, open };
  }

  const sent = again.run.calls
    .map((call) => ({ call, exchange: again.exchanges.get(call.id) }))
    .toSorted((a, b) => (a.exchange?.seq ?? 1e9) - (b.exchange?.seq ?? 1e9));
  const fork = sent.find(({ exchange }) => exchange?.isFork === true || exchange?.served === 'edited');
  const forkPath = fork?.call.path;
  let isOver = false;

  const add = (call: SentCall | undefined, outcome: Outcome, kind: string, expected: string, got: string): void => {
    verdicts.push({ call, outcome, kind, expected, got });
    if (outcome === 'lie' || outcome === 'held' || outcome === 'held-open') isOver = true;
  };
  const lie = (call: SentCall | undefined, kind: string, expected: string, got: string): void =>
    add(call, 'lie', kind, expected, got);

  for (const { call, exchange } of sent) {
    if (isOver) break;
    if (!exchange) {
      if (again.run.stopped === undefined || call.seen)
        lie(call, 'call not reported', 'an exchange for each call', 'none');
      continue;
    }
    const bare = call.path.replace('~', '');
    const { same, open } = candidatesOf(call);
    const isPastFork =
      edit !== undefined &&
      fork !== undefined &&
      forkPath === call.path &&
      (call.isSummary ? call.turn === fork.call.turn : call.turn >= fork.call.turn) &&
      exchange.seq > (fork.exchange?.seq ?? 0);
    const isAfterFork = fork !== undefined && exchange.seq > (fork.exchange?.seq ?? 0);
    switch (exchange.served) {
      case 'recording': {
        const served = keyOfSeq.get(exchange.match?.seq ?? -1) ?? 'nothing';
        if (isPastFork) {
          lie(
            call,
            'a thread past the fork is served from the tape',
            'live, with the edit',
            `the recorded answer of ${served}`,
          );
          break;
        }
        if (isAfterFork && afterFork === 'live') {
          lie(
            call,
            'served from the tape after the fork, though all was to be live',
            'live',
            `the recorded answer of ${served}`,
          );
          break;
        }
        if (same.includes(served) || open.includes(served)) {
          if (groupOf(call.path) !== undefined) standsFor.set(bare, served.split('@')[0]?.replace('~', '') ?? bare);
          const recordedAnswer = recordedCalls.get(served)?.reply?.answered;
          if (!call.gaveUp && JSON.stringify(recordedAnswer) !== JSON.stringify(call.reply?.answered))
            lie(
              call,
              'the recorded answer came changed',
              JSON.stringify(recordedAnswer),
              JSON.stringify(call.reply?.answered),
            );
          else add(call, 'right', '', '', '');
          break;
        }
        const wanted = `${mapped(call.path)}@${call.turn}`;
        if (served === wanted) {
          lie(
            call,
            'an old answer to a call that was told something else',
            'live',
            `the recorded answer of ${served}; ${firstDifference(
              linesOf(
                call,
                canonOf((path) => standsFor.get(path) ?? path),
              ),
              linesRecorded(served),
            )}`,
          );
          break;
        }
        if (sameAnswer(recordedCalls.get(served), recordedCalls.get(same[0] ?? wanted))) {
          add(call, 'right', 'twin', '', '');
          break;
        }
        lie(
          call,
          `the answer of another call (${kinship(call, served)})`,
          `the recorded answer of ${same[0] ?? open[0] ?? wanted}`,
          `that of ${served}`,
        );
        break;
      }
      case 'edited':
        if (edit?.edits[0]?.op !== 'response')
          lie(call, 'an answer by hand that nobody wrote', 'no such answer', 'edited');
        else if (!isForkCall(call))
          lie(call, 'the answer by hand at another call', `at ${keyOf(edit)}`, `at ${keyOf(call)}`);
        else if (
          edit.marker !== undefined &&
          call.reply?.text.includes(JSON.stringify(edit.marker).slice(1, -1)) !== true &&
          !call.gaveUp
        )
          lie(
            call,
            'the answer by hand does not hold what was written',
            edit.marker,
            call.reply?.text.slice(0, 400) ?? 'nothing',
          );
        else {
          mapFork(call);
          add(call, 'right', 'edited', '', '');
        }
        break;
      case 'held': {
        const words = exchange.note ?? call.reply?.text.slice(0, 400) ?? '';
        const isKnown =
          isPastFork || isAfterFork || same.length === 1 || (same.length > 0 && groupOf(call.path) === undefined);
        add(
          call,
          isKnown && open.length === 0 ? 'held' : 'held-open',
          isPastFork ? 'held past the fork' : same.length > 0 ? 'held though it is the recorded call' : 'held',
          isPastFork ? 'live, with the edit' : same[0] === undefined ? 'live' : `the recorded answer of ${same[0]}`,
          words,
        );
        break;
      }
      case 'live':
        judgeLive(call, exchange, same, isPastFork, isAfterFork);
        break;
      default:
        exchange.served satisfies never;
    }
  }

  if (!isOver) {
    for (const { call, exchange } of sent)
      if (call.seen && exchange?.served !== 'live') {
        lie(call, 'a request at the model that the take does not count', 'none', exchange?.served ?? 'nothing');
        break;
      }
    if (again.strangers.length > 0)
      lie(undefined, 'a request at the model that nobody sent', 'none', again.strangers[0] ?? '');
    else if (edit && !fork && again.run.stopped === undefined)
      lie(undefined, 'the fork was never reached', keyOf(edit), 'the agent ended, all of it from the tape');
    else if (again.run.stopped !== undefined && !isOver)
      lie(sent.at(-1)?.call, 'the agent broke', 'an end', again.run.stopped);
  }
  return verdicts;

  function isForkCall(call: SentCall): boolean {
    if (!edit) return false;
    if (call.turn !== edit.turn) return false;
    if (mapped(call.path) === edit.path) return true;
    const group = groupOf(call.path);
    return (
      group !== undefined &&
      group === groupOf(edit.path) &&
      !standsFor.has(call.path.replace('~', '')) &&
      call.path.endsWith('~') === edit.path.endsWith('~')
    );
  }

  function mapFork(call: SentCall): void {
    if (edit && groupOf(call.path) !== undefined) standsFor.set(call.path.replace('~', ''), edit.path.replace('~', ''));
  }

  function judgeLive(
    call: SentCall,
    exchange: Exchange,
    same: readonly string[],
    isPastFork: boolean,
    isAfterFork: boolean,
  ): void {
    if (!edit) return lie(call, 'live in a full replay', 'from the recording', 'live');
    if (!exchange.isFork && !isAfterFork) return lie(call, 'live before the fork', 'from the recording', 'live');
    if (exchange.isFork && !isPastFork && !isForkCall(call))
      return lie(call, 'the fork at another call', keyOf(edit), keyOf(call));
    if (edit.edits[0]?.op === 'response' && exchange.isFork)
      return lie(call, 'an answer by hand was to be given, and a model was asked', 'edited', 'live');
    if (exchange.isFork) mapFork(call);
    const { seen } = call;
    if (!seen) {
      if (!call.gaveUp) lie(call, 'counted live, and no request came to the model', 'a request', 'none');
      return;
    }
    if (!seen.effective)
      return lie(
        call,
        'the request continues what the server does not know',
        'the whole conversation',
        seen.body.slice(0, 400),
      );
    const isForkTurn = call.path === forkPath && call.turn === fork?.call.turn;
    const fault =
      requestFault(call, seen.request.system, seen.effective, isForkTurn, isPastFork) ??
      settingsFault(call, isForkTurn);
    if (fault) return lie(call, fault.kind, fault.expected, fault.got);
    const state =
      edit.marker === undefined && edit.absent === undefined
        ? 'kept'
        : inForce(call, seen.request.system, seen.effective, isForkTurn, isPastFork);
    const said = saidOf(exchange);
    if (state === 'missing' || state === 'dropped') {
      if (said === 'gone' || said === 'lost') {
        if (state === 'missing' && said === 'gone')
          return lie(call, 'an edit is called gone though the agent still sends its object', 'kept, or lost', 'gone');
        return add(call, 'said', said, '', '');
      }
      return lie(
        call,
        state === 'missing'
          ? `the edit of ${edit.kind} is not in a later request`
          : `the edit of ${edit.kind} went with the agent’s own history, and nothing says so`,
        `“${edit.marker ?? `without ${edit.absent ?? ''}`}” in ${edit.object ?? 'the request'} (${call.forms.get(edit.object ?? '') ?? 'full'})`,
        said === undefined ? 'neither the edit nor a word about it' : `called ${said}`,
      );
    }
    if (
      state === 'kept' &&
      (said === 'gone' || said === 'lost') &&
      (isForkTurn || isPastFork) &&
      edit.marker !== undefined
    )
      return lie(call, 'an edit is called gone or lost though it is there', 'kept', said);
    if (isForkTurn || isPastFork || same.length === 0 || afterFork === 'live') add(call, 'right', 'live', '', '');
    else add(call, 'conservative', 'live though unchanged', `the recorded answer of ${same[0] ?? ''}`, 'live');
  }

  /** What the take says of the edit in this call. */
  function saidOf(exchange: Exchange): 'kept' | 'gone' | 'lost' | undefined {
    const states =
      'edits' in exchange
        ? (exchange.edits as readonly { readonly state: 'kept' | 'gone' | 'lost' }[] | undefined)
        : undefined;
    if (states)
      return states.some(({ state }) => state === 'lost')
        ? 'lost'
        : states.some(({ state }) => state === 'gone')
          ? 'gone'
          : states.length > 0
            ? 'kept'
            : undefined;
    return [exchange.note ?? '', ...again.notes].some(
      (text) => /edit/i.test(text) && /could not|cannot|no longer|not kept|lost|dropped|gone|left out/i.test(text),
    )
      ? 'lost'
      : undefined;
  }

  /** Whether the edit is in this request. open: both would be right. dropped: the agent itself has left its object out. */
  function inForce(
    call: SentCall,
    system: string,
    messages: readonly SeenMessage[],
    isForkTurn: boolean,
    isPastFork: boolean,
  ): 'kept' | 'missing' | 'dropped' | 'open' | 'elsewhere' {
    if (!edit) return 'elsewhere';
    const { marker, absent, object, kind } = edit;
    if (kind === 'rule') {
      if (absent !== undefined && system.includes(absent)) return 'missing';
      return call.request.system.includes(absent ?? '') && !system.includes(marker ?? '') ? 'missing' : 'kept';
    }
    if (!isForkTurn && !isPastFork) return 'elsewhere';
    if (object === 'system') {
      if (marker !== undefined) return system.includes(marker) ? 'kept' : isHandedOver(call) ? 'dropped' : 'missing';
      // Another agent has taken over, and its instructions may say the same.
      if (absent === undefined || !system.includes(absent)) return 'kept';
      return sameSystem(call) ? 'missing' : 'open';
    }
    if (object === 'inserted') {
      const isThere = messages.some(({ role, text }) => role === 'user' && text.includes(marker ?? ''));
      if (isThere) return 'kept';
      const around = (edit.between ?? []).map(
        (name) => name === undefined || isForkTurn || call.forms.get(name) === 'full',
      );
      return around.every(Boolean) ? 'missing' : around.some(Boolean) ? 'dropped' : 'dropped';
    }
    const form: Form = isForkTurn ? 'full' : (call.forms.get(object ?? '') ?? 'gone');
    if (absent !== undefined)
      return messages.some(({ role, text }) => role === 'user' && text === absent) ? 'missing' : 'kept';
    const role = object?.startsWith('a') === true ? 'assistant' : object?.startsWith('r') === true ? 'tool' : 'user';
    const isThere = messages.some(
      (message) =>
        message.role === role &&
        (role === 'assistant'
          ? (edit.text !== undefined && message.text === edit.text) ||
            (edit.text === undefined && message.calls.some((text) => text.includes(marker ?? '')))
          : message.text.includes(marker ?? '') &&
            (message.text === edit.text || !/^(?:They say|What happened)/.test(message.text))),
    );
    if (isThere) return 'kept';
    // The object is gone; the model's summary of it may repeat what was edited, or what the model itself noted of it.
    if (form === 'summarised' && messages.some(({ text }) => text.includes(marker ?? '') && isSummary(text)))
      return 'open';
    if (form === 'full') return 'missing';
    if (form === 'cut') return cutText(edit.text ?? '').includes(marker ?? '') ? 'missing' : 'open';
    // The agent itself knows of an answer by hand: what it does with it is what it does with any answer.
    return edit.edits[0]?.op === 'response' ? 'open' : 'dropped';
  }

  /** Another agent has taken over since the fork: its instructions are not those that were edited. */
  function isHandedOver(call: SentCall): boolean {
    const turns = threadsOf(plan).find(({ path }) => path === call.path)?.turns ?? [];
    return turns.slice(fork?.call.planAt ?? 0, call.planAt).some(({ kind }) => kind === 'handover');
  }

  function sameSystem(call: SentCall): boolean {
    return fork !== undefined && plainCanon(call.request.system) === plainCanon(fork.call.request.system);
  }

  /** The request holds what the agent or the recording says, and the edit, and nothing else. */
  function requestFault(
    call: SentCall,
    system: string,
    messages: readonly SeenMessage[],
    isForkTurn: boolean,
    isPastFork: boolean,
  ): { readonly kind: string; readonly expected: string; readonly got: string } | undefined {
    const isOfFork = isForkTurn || isPastFork;
    const canon = canonOf((path) => standsFor.get(path) ?? path);
    const own: readonly SeenMessage[] =
      call.wire === 'responses-state' && !call.isSummary
        ? call.history.map(({ role, text, calls, callId }) => ({
            role,
            text,
            calls: (calls ?? []).map(({ tool, argument }) => `${tool}(${argument})`),
            callId,
          }))
        : readRequest(call.wire, call.url, JSON.parse(call.body)).messages;
    const reminders =
      call.wire === 'responses-state' && !call.isSummary
        ? call.request.messages.filter(({ name }) => name === 'reminder')
        : [];
    const isEditOf = (name: string | undefined): boolean =>
      name !== undefined && (isForkTurn || call.forms.get(name) === 'full');
    const fewest =
      own.length + reminders.length - (isOfFork && edit?.kind === 'remove' && isEditOf(edit.object) ? 1 : 0);
    const isInserted = isOfFork && edit?.kind === 'insert' && messages.some(({ text }) => text === edit.text);
    const expectedCount = fewest + (isInserted ? 1 : 0);
    // What was said before as a reminder stands in a conversation that the server keeps.
    const kept =
      call.wire === 'responses-state'
        ? messages.filter(({ text }) => !text.startsWith('Reminder')).length + reminders.length
        : messages.length;
    if (kept !== expectedCount && !(edit?.kind === 'remove' && kept === expectedCount + 1))
      return {
        kind: 'the request at the model has other messages than the agent sent',
        expected: `${expectedCount} messages: ${own.map(({ role, text }) => `${role} ${text.slice(0, 30)}`).join(' | ')}`,
        got: `${messages.length}: ${messages.map(({ role, text }) => `${role} ${text.slice(0, 30)}`).join(' | ')}`,
      };
    const allowed = new Set<string>();
    const allow = (text: string): void => void allowed.add(canon(text)).add(canon(cutText(text)));
    /** Of texts that are a piece of another one: all that stand for it. */
    const forms = new Map<string, Set<string>>();
    const path = mapped(call.path);
    for (const { request, history } of [
      ...recorded.run.calls.filter((one) => one.path === path),
      ...again.run.calls.filter((one) => one.path === call.path),
    ]) {
      for (const message of [...request.messages, ...history]) allow(message.text);
      for (const { text, meaning } of request.messages)
        if (meaning !== undefined) forms.set(canon(meaning), (forms.get(canon(meaning)) ?? new Set()).add(canon(text)));
      allowed.add(`system ${canon(request.system)}`);
    }
    if (edit?.text !== undefined && isOfFork) allow(edit.text);
    const isEdited = (text: string): boolean =>
      (isOfFork || (call.isSummary && call.path === `${forkPath ?? ''}~`)) &&
      edit?.marker !== undefined &&
      text.includes(edit.marker) &&
      (isSummary(text) || allowed.has(canon(text.replaceAll(edit.text ?? '', () => edit.original ?? ''))));
    for (const { text } of messages)
      if (!allowed.has(canon(text)) && !isEdited(text))
        return {
          kind: 'a message at the model that neither the agent nor the recording holds',
          expected: own.map((message) => message.text.slice(0, 60)).join(' | '),
          got: text.slice(0, 400),
        };
    /** Or as the recording says it: what threads that stand for each other said may be told in another order there. */
    const saysTheSame = (text: string, ours: string): boolean => {
      if (canon(text) === canon(ours)) return true;
      const { meaning } = call.request.messages.find((message) => message.text === ours) ?? {};
      if (meaning !== undefined) return forms.get(canon(meaning))?.has(canon(text)) === true;
      const name = call.history.find((message) => message.text === ours)?.name;
      return recorded.run.calls.some(
        (one) =>
          one.path === path &&
          one.history.some((message) => message.name === name && canon(message.text) === canon(text)),
      );
    };
    const strayed =
      edit &&
      strayedMessage({
        call,
        edit,
        isOfFork,
        own: own.filter(({ text }) => !text.startsWith('Reminder')),
        seen: messages,
        saysTheSame,
      });
    if (strayed) return { kind: 'an edit is in another message than its own', ...strayed };
    if ((edit?.object !== 'system' || !isOfFork) && edit?.kind !== 'rule' && !allowed.has(`system ${canon(system)}`))
      return {
        kind: isOfFork
          ? 'instructions at the model that neither the agent nor the recording holds'
          : 'an edit of one thread is in the requests of another',
        expected: call.request.system,
        got: system,
      };
    return undefined;
  }

  function settingsFault(
    call: SentCall,
    isForkTurn: boolean,
  ): { readonly kind: string; readonly expected: string; readonly got: string } | undefined {
    const seen = call.seen?.request;
    if (!edit || !seen) return undefined;
    const holds = isForkTurn || edit.scope === 'run';
    const fault = (what: string, expected: unknown, got: unknown) => ({
      kind: `${what} (${edit.scope ?? 'own'}) ${isForkTurn ? 'at the fork' : holds ? 'lost in a later call' : 'kept in a later call'}`,
      expected: String(expected),
      got: String(got),
    });
    const model = edit.kind === 'model' && holds ? edit.value : call.request.model;
    if (seen.model !== model) return fault('the edit of the model', model, seen.model);
    const temperature =
      edit.kind === 'parameter' && holds && (edit.parameter === 'generationConfig') === isGemini(call.wire)
        ? edit.value
        : 0.5;
    if (seen.temperature !== temperature) return fault('the edit of a parameter', temperature, seen.temperature);
    const own = call.request.tools;
    const tools =
      own.length === 0 || !holds
        ? own
        : edit.kind === 'tool-removed'
          ? own.filter((name) => name !== edit.value)
          : edit.kind === 'tool-added'
            ? [...own, String(edit.value)]
            : own;
    if (seen.tools.toSorted().join() !== tools.toSorted().join())
      return fault('the edit of tools', tools.join(), seen.tools.join());
    return undefined;
  }

  function kinship(call: SentCall, served: string): string {
    const [path = ''] = served.split('@');
    if (path === mapped(call.path)) return 'of the same thread';
    const parentOf = (one: string): string => one.split('.').slice(0, -1).join('.');
    return parentOf(path) === parentOf(call.path) ? 'of a sibling' : 'of another thread';
  }
}

const isSummary = (text: string): boolean => text.startsWith('What happened before');

function sameAnswer(one: SentCall | undefined, other: SentCall | undefined): boolean {
  const said = (call: SentCall | undefined): string | undefined =>
    call?.reply?.answered &&
    JSON.stringify([call.reply.answered.text, call.reply.answered.calls.map(({ tool, argument }) => [tool, argument])]);
  return one !== undefined && said(one) === said(other);
}

export function firstDifference(one: readonly string[], other: readonly string[] | undefined): string {
  if (!other) return 'there is no such recorded call';
  const at = one.findIndex((line, index) => line !== other[index]);
  return at === -1
    ? `${one.length} messages against ${other.length}`
    : `“${one[at]?.slice(0, 200) ?? ''}” was “${other[at]?.slice(0, 200) ?? 'nothing'}”`;
}

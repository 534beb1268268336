import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { clearedText, cutText } from './agent-plan.ts';
import type { AgentPlan, Text, ThreadPlan } from './agent-plan.ts';
import type { Form, SentCall } from './sent-call.ts';
import type { Turnstile } from './turnstile.ts';
import { readAnswer, writeRequest } from './wires.ts';
import type { Answered, Message } from './wires.ts';
import type { World } from './world.ts';

/** One run of an agent. */
export interface AgentRun {
  /** In the order in which they were sent. */
  readonly calls: readonly SentCall[];
  /** The last words of each thread that came to its end. */
  readonly finals: ReadonlyMap<string, string>;
  /** Why it did not come to its end. */
  readonly stopped: string | undefined;
}

export interface RunOptions {
  readonly plan: AgentPlan;
  readonly url: string;
  readonly world: World;
  readonly turnstile: Turnstile;
  /** Told before it is sent; `giveUp` ends its connection. */
  readonly onSend: (call: SentCall, giveUp: () => void) => void;
}

/** The agent has ended, since a call was refused. */
class Refused extends Error {
  override readonly name = 'Refused';
}

const turnLimit = 14;

export async function runAgent({ plan, url, world, turnstile, onSend }: RunOptions): Promise<AgentRun> {
  const calls: SentCall[] = [];
  const finals = new Map<string, string>();
  const answers = new Map<string, string>();
  const connections = new Agent({ keepAlive: true });
  let stopped: string | undefined;

  interface Place {
    readonly path: string;
    readonly turn: number;
    readonly argument?: string | undefined;
    readonly picks?: readonly string[] | undefined;
    readonly echo?: string;
  }

  function render(text: Text, place: Place): string {
    return text
      .map((piece) => {
        if (typeof piece === 'string') return piece;
        if ('made' in piece) return world.made(piece.owner, piece.made, piece.shape);
        if ('clock' in piece) return world.clock(piece.clock);
        if ('count' in piece) return String(piece.count === 'turn' ? place.turn : 9 - place.turn);
        if ('folder' in piece) return world.folder;
        if ('argument' in piece) return place.argument ?? 'nothing';
        if ('answerOf' in piece) return answers.get(piece.answerOf) ?? 'nothing';
        if ('echo' in piece) return place.echo ?? '';
        const picks = piece.of === undefined ? place.picks : picksOf(answers.get(piece.of) ?? '');
        return picks?.[piece.picked] ?? 'none';
      })
      .join('');
  }

  async function send(
    call: Omit<SentCall, 'id' | 'url' | 'body' | 'gaveUp' | 'attempt'>,
    failure: string | undefined,
  ): Promise<Answered> {
    for (let attempt = 0; ; attempt++) {
      await turnstile.enter();
      if (stopped !== undefined) throw new Refused(stopped);
      const { path, body } = writeRequest(call.wire, call.request);
      const sent: SentCall = {
        ...call,
        attempt,
        id: randomBytes(8).toString('hex'),
        url: path,
        body: JSON.stringify(body),
        gaveUp: false,
      };
      calls.push(sent);
      const reply = await post(sent, failure !== '429-silent' && failure !== 'time-out' ? attempt : 0);
      if (reply === undefined) continue;
      if (reply.status === 429 && attempt < 3) {
        sent.reply = { ...reply, answered: undefined };
        continue;
      }
      if (reply.status !== 200) {
        sent.reply = { ...reply, answered: undefined };
        throw new Refused(`${reply.status} ${reply.text.slice(0, 300)}`);
      }
      const answered = readAnswer(call.wire, reply.contentType, reply.text);
      sent.reply = { status: reply.status, text: reply.text, answered };
      return answered;
    }
  }

  function post(
    sent: SentCall,
    retry: number,
  ): Promise<{ readonly status: number; readonly contentType: string; readonly text: string } | undefined> {
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        `${url}${sent.url}`,
        {
          method: 'POST',
          agent: connections,
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(sent.body),
            traceparent: `00-${'a'.repeat(16)}${sent.id}-${sent.id}-01`,
            ...(retry > 0 ? { 'x-stainless-retry-count': String(retry) } : {}),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                contentType: response.headers['content-type'] ?? '',
                text: Buffer.concat(chunks).toString(),
              }),
            );
        },
      );
      outgoing.on('error', (error) => (sent.gaveUp ? resolve(undefined) : reject(error)));
      onSend(sent, () => {
        sent.gaveUp = true;
        outgoing.destroy();
      });
      outgoing.end(sent.body);
    });
  }

  async function thread(
    spec: ThreadPlan,
    given: { readonly argument?: string; readonly picks?: readonly string[] },
  ): Promise<string> {
    const history: Message[] = [];
    let { system, tools } = spec;
    let planAt = 0;
    let previous: string | undefined;
    let summary: { readonly of: number; readonly text: string; readonly meaning?: string } | undefined;
    for (const [index, text] of spec.opening.entries())
      history.push({ name: `open${index}`, role: 'user', text: render(text, { path: spec.path, turn: 0, ...given }) });
    for (let turn = 0; turn < turnLimit; turn++) {
      const place = { path: spec.path, turn, ...given };
      const shown = await shownOf(turn);
      const messages =
        spec.wire === 'responses-state' && turn > 0
          ? shown.messages.slice(shown.messages.findLastIndex(({ role }) => role === 'assistant') + 1)
          : shown.messages;
      const answered = await send(
        {
          path: spec.path,
          turn,
          planAt,
          wire: spec.wire,
          isSummary: false,
          history: [...history],
          forms: shown.forms,
          request: {
            system: render(system, place),
            messages: [
              ...messages,
              ...(spec.reminder
                ? [{ name: 'reminder', role: 'user' as const, text: render(spec.reminder, place) }]
                : []),
            ],
            tools,
            model: spec.modelName,
            stream: spec.stream,
            previous: spec.wire === 'responses-state' ? previous : undefined,
          },
        },
        spec.failures[turn],
      );
      previous = answered.responseId;
      history.push({ name: `a${turn}`, role: 'assistant', text: answered.text, calls: answered.calls });
      answers.set(spec.path, answered.text);
      const turnPlan = spec.turns[planAt];
      if (answered.calls.length > 0) {
        const results = await turnstile.waitFor(
          allEnd(
            answered.calls.map((call, index) =>
              alongside(async () => {
                const child =
                  turnPlan?.kind === 'delegate' && call.tool === 'delegate'
                    ? turnPlan.children[index]?.child
                    : undefined;
                if (child) return thread(child, { argument: call.argument });
                const planned = turnPlan?.kind === 'tools' ? turnPlan.calls[index]?.result : undefined;
                return planned
                  ? render(planned, { ...place, echo: call.argument })
                  : `RESULT for ${call.argument}: nothing known`;
              }),
            ),
          ),
        );
        for (const [index, text] of results.entries())
          history.push({
            name: `r${turn}.${index}`,
            role: 'tool',
            text,
            callId: answered.calls[index]?.id,
            tool: answered.calls[index]?.tool ?? '',
          });
        // More than was planned: the plan goes on where it was.
        if (answered.calls[0]?.argument.startsWith('more on') !== true) planAt++;
        continue;
      }
      if (turnPlan?.kind === 'fan' && !answered.text.startsWith('Stop')) {
        const picks = picksOf(answered.text);
        const texts = await turnstile.waitFor(
          allEnd(turnPlan.children.map((child) => alongside(() => thread(child, { picks })))),
        );
        history.push({
          name: `u${turn}`,
          role: 'user',
          text: `They say:\n${texts.map((text, index) => `- ${render(turnPlan.labels[index] ?? [], { ...place, picks })}: ${text}`).join('\n')}`,
        });
        planAt++;
        continue;
      }
      if ((turnPlan?.kind === 'user' || turnPlan?.kind === 'handover') && !answered.text.startsWith('Stop')) {
        if (turnPlan.kind === 'handover') ({ system, tools } = turnPlan);
        history.push({ name: `u${turn}`, role: 'user', text: render(turnPlan.next, place) });
        planAt++;
        continue;
      }
      break;
    }
    const final = history.findLast(({ role }) => role === 'assistant')?.text ?? '';
    finals.set(spec.path, final);
    return final;

    /** The history as it is sent in a turn. */
    async function shownOf(
      turn: number,
    ): Promise<{ readonly messages: readonly Message[]; readonly forms: ReadonlyMap<string, Form> }> {
      const forms = new Map<string, Form>(history.map(({ name }) => [name, 'full']));
      const first = history.findIndex(({ role }) => role === 'assistant');
      const opening = first === -1 ? history : history.slice(0, first);
      const exchanges: Message[][] = [];
      for (const message of history.slice(opening.length)) {
        if (message.role === 'assistant') exchanges.push([]);
        exchanges.at(-1)?.push(message);
      }
      const plan = spec.history;
      if (plan.kind === 'whole' || exchanges.length <= plan.keep) return { messages: history, forms };
      const old = exchanges.slice(0, -plan.keep).flat();
      const kept = exchanges.slice(-plan.keep).flat();
      switch (plan.kind) {
        case 'shortened': {
          const results = new Set(old.filter(({ role }) => role === 'tool'));
          for (const { name } of results) forms.set(name, plan.how);
          return {
            forms,
            messages: history.map((message) =>
              results.has(message)
                ? {
                    ...message,
                    ...(plan.how === 'cut'
                      ? { text: cutText(message.text), meaning: message.text }
                      : { text: clearedText }),
                  }
                : message,
            ),
          };
        }
        case 'trimmed': {
          for (const { name } of [...(plan.opening ? [] : opening), ...old]) forms.set(name, 'gone');
          const beginning: readonly Message[] = plan.opening
            ? opening
            : spec.wire === 'messages' || spec.wire === 'gemini' || spec.wire === 'gemini-ids'
              ? [{ name: 'placeholder', role: 'user', text: '(Earlier messages are left out.)' }]
              : [];
          return { forms, messages: [...beginning, ...kept] };
        }
        case 'summarised': {
          for (const { name } of old) forms.set(name, 'summarised');
          if (summary?.of !== old.length) summary = { of: old.length, ...(await summarise(plan.by, old, turn)) };
          return {
            forms,
            messages: [
              ...opening,
              {
                name: 'summary',
                role: 'user',
                text: `What happened before: ${summary.text}`,
                ...(summary.meaning === undefined ? {} : { meaning: summary.meaning }),
              },
              ...kept,
            ],
          };
        }
        default:
          return plan satisfies never;
      }
    }

    async function summarise(
      by: 'code' | 'model',
      old: readonly Message[],
      turn: number,
    ): Promise<{ readonly text: string; readonly meaning?: string }> {
      const lines = old.map(
        ({ role, text, calls: asked }) =>
          `${role}: ${text}${asked?.length ? ` calls ${asked.map(({ tool, argument }) => `${tool} ${argument}`).join(', ')}` : ''}`,
      );
      if (by === 'code')
        return { text: lines.map((line) => line.slice(0, 60)).join(' / '), meaning: lines.join(' / ') };
      const message: Message = { name: 'open0', role: 'user', text: `Summarise this.\n${lines.join('\n')}` };
      const { text } = await send(
        {
          path: `${spec.path}~`,
          turn,
          planAt: 0,
          wire: spec.wire,
          isSummary: true,
          history: [message],
          forms: new Map([['open0', 'full']]),
          request: {
            system: 'You summarise conversations.',
            messages: [message],
            tools: [],
            model: spec.modelName,
            stream: spec.stream,
          },
        },
        undefined,
      );
      return { text };
    }
  }

  /** A piece of work beside others. */
  async function alongside<T>(work: () => Promise<T>): Promise<T> {
    turnstile.begin();
    try {
      return await work();
    } catch (error) {
      stopped ??= error instanceof Refused ? error.message : `The agent broke: ${String(error)}`;
      throw error;
    } finally {
      turnstile.end();
    }
  }

  try {
    for (const stage of plan.stages) {
      const ends = await Promise.allSettled(stage.map((spec) => alongside(() => thread(spec, {}))));
      if (ends.some(({ status }) => status === 'rejected')) break;
    }
  } finally {
    connections.destroy();
  }
  return { calls, finals, stopped };
}

const picksOf = (text: string): readonly string[] =>
  /PICK: (.*)/s
    .exec(text)?.[1]
    ?.split(' | ')
    .map((value) => value.trim()) ?? [];

/** All of them to their end, though one fails. */
async function allEnd<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

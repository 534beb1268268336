import { nanos } from '../../shared/model/units.ts';
import {
  chooseUpstreams,
  createKeyMaker,
  createReplayPlan,
  createSecrets,
  readAnswerBody,
  recogniseCall,
  recordedCall,
  startGateway,
  wholeRequest,
} from '../support/backend-internals.ts';
import type { Exchange, RecordedCall, ReplayPlan } from '../support/backend-internals.ts';
import type { AgentPlan } from './agent-plan.ts';
import { chooseEdit } from './edits.ts';
import type { ChosenEdit, EditKind } from './edits.ts';
import type { ModelServer } from './model-server.ts';
import { judge } from './oracle.ts';
import type { Happened, Verdict } from './oracle.ts';
import { createRandom } from './random.ts';
import { runAgent } from './run-agent.ts';
import { keyOf } from './sent-call.ts';
import type { SentCall } from './sent-call.ts';
import { createTurnstile } from './turnstile.ts';
import type { SeenRequest } from './wires.ts';
import { createWorld } from './world.ts';

/** One re-run of an agent, judged. */
export interface JudgedRun {
  readonly name: 'replay' | 'causal' | 'live';
  readonly edit: ChosenEdit | undefined;
  readonly verdicts: readonly Verdict[];
  readonly happened: Happened;
  readonly recorded: Happened;
}

export interface TrialChoice {
  /** Instead of a random call and a random kind of edit. */
  readonly fork?: { readonly path: string; readonly turn: number; readonly kind: EditKind };
  readonly runs?: readonly JudgedRun['name'][];
  /** A fault made on purpose. */
  readonly sabotage?: (plan: ReplayPlan) => ReplayPlan;
}

const day = 86_400_000;
const recordedAtMs = Date.UTC(2026, 8, 14, 9, 30);

/** Records an agent, replays it, and forks it at a random call with a random edit: everything comes from the seed. */
export async function tryAgent(
  plan: AgentPlan,
  model: ModelServer,
  choice: TrialChoice = {},
): Promise<readonly JudgedRun[]> {
  const random = createRandom(`${plan.seed}/trial`);
  const stored = new Map<string, SeenRequest['messages']>();
  const recorded = await run('record', undefined, undefined, []);
  const { calls, answers, requests, formats, kept } = readRecording(recorded);
  if (recorded.run.stopped !== undefined)
    throw new Error(`Seed ${plan.seed} did not end well while it was recorded: ${recorded.run.stopped}`);
  const edit = await editOf();
  const wanted = choice.runs ?? ['replay', 'causal', 'live'];
  const judged: JudgedRun[] = [];
  for (const name of wanted) {
    if (name !== 'replay' && !edit) continue;
    const afterFork = name === 'live' ? 'live' : 'causal';
    const own = name === 'replay' ? undefined : edit;
    const happened = await run(name, own, afterFork, calls);
    judged.push({
      name,
      edit: own,
      happened,
      recorded,
      verdicts: judge({ plan, recorded, again: happened, edit: own, afterFork }),
    });
  }
  return judged;

  function makePlan(...parameters: Parameters<typeof createReplayPlan>): ReplayPlan {
    const made = createReplayPlan(...parameters);
    return choice.sabotage?.(made) ?? made;
  }

  async function editOf(): Promise<ChosenEdit | undefined> {
    const all = recorded.run.calls.filter((call) => call.reply?.answered);
    const { fork } = choice;
    for (const call of fork
      ? all.filter((one) => one.path === fork.path && one.turn === fork.turn)
      : random.shuffled(all)) {
      const exchange = recorded.exchanges.get(call.id);
      const own = kept.find(({ seq }) => seq === exchange?.seq);
      if (!exchange || !own) continue;
      const { body: whole } = await wholeRequest(own, kept);
      const found = chooseEdit(random.fork(`edit/${keyOf(call)}`), { call, exchange, whole }, fork?.kind);
      if (found) return found;
    }
    return undefined;
  }

  async function run(
    name: 'record' | JudgedRun['name'],
    own: ChosenEdit | undefined,
    afterFork: 'causal' | 'live' | undefined,
    tape: readonly RecordedCall[],
  ): Promise<Happened> {
    const isRecording = name === 'record';
    const order = createRandom(`${plan.seed}/${name}/order`);
    const world = createWorld(
      `${plan.seed}/${name}`,
      isRecording ? recordedAtMs : recordedAtMs + day * (1 + order.below(90)) + order.below(day),
      isRecording ? [] : [recorded.world],
    );
    const turnstile = createTurnstile(order, order.pick([0.3, 0.6, 0.9]));
    const sent = new Map<string, { readonly call: SentCall; readonly giveUp: () => void }>();
    const strangers: string[] = [];
    const notes: string[] = [];
    const exchanges = new Map<string, Exchange>();
    model.session = {
      plan,
      name: `${plan.seed}/${name}`,
      isRecording,
      turnstile,
      worlds: isRecording ? [world] : [world, recorded.world],
      sent,
      marker: own?.marker,
      stored,
      strangers,
    };
    let ticks = 0;
    const gateway = await startGateway({
      upstreams: chooseUpstreams({}, model.url),
      secrets: createSecrets({}),
      now: () => nanos(BigInt(world.nowMs()) * 1_000_000n + BigInt((ticks += 1)) * 1_000n),
      plan: isRecording
        ? undefined
        : makePlan(
            {
              calls: tape,
              forkSeq: own?.seq,
              edits: own?.edits ?? [],
              afterFork: afterFork ?? 'causal',
              recordedRequest: (seq) => Promise.resolve(requests.get(seq)),
              formatOf: (seq) => formats.get(seq),
              decide: () => Promise.resolve('stop'),
              onNote: (text) => void notes.push(text),
            },
            createKeyMaker(),
          ),
      recordedAnswer: (seq) => {
        const answer = answers.get(seq);
        return answer ? Promise.resolve(answer) : Promise.reject(new Error(`There is no call ${seq}.`));
      },
      recordedAuxiliary: () => Promise.resolve(undefined),
      beforeLive: () => Promise.resolve(undefined),
      onExchange(exchange) {
        exchanges.set(exchange.traceparent?.split('-')[2] ?? '', exchange);
      },
    });
    try {
      const agent = await runAgent({
        plan,
        url: gateway.url,
        world,
        turnstile,
        onSend: (call, giveUp) => void sent.set(call.id, { call, giveUp }),
      });
      await gateway.close();
      return { run: agent, world, exchanges, strangers, notes };
    } finally {
      turnstile.close();
      await gateway.close();
      model.session = undefined;
    }
  }
}

/** The calls of a recording, as the product reads them from its library. */
function readRecording(recorded: Happened) {
  const keys = createKeyMaker();
  const exchanges = [...recorded.exchanges.values()].toSorted((a, b) => a.seq - b.seq);
  const answers = new Map(
    exchanges.map((exchange) => [
      exchange.seq,
      {
        status: exchange.status,
        contentType: exchange.contentType,
        body: exchange.response,
        stream: exchange.call?.stream ?? false,
        serverAddress: exchange.serverAddress,
      },
    ]),
  );
  const requests = new Map(
    exchanges.map((exchange) => [
      exchange.seq,
      { path: exchange.path.replace(/^\/[a-z]+/, ''), body: exchange.request.toString() },
    ]),
  );
  const calls = exchanges.flatMap((exchange): readonly RecordedCall[] => {
    const recognised = recogniseCall(exchange.method, exchange.path);
    if (!recognised) return [];
    const call = recognised.format.readRequest(JSON.parse(exchange.request.toString()), recognised.route);
    const answer = readAnswerBody(recognised.format, exchange.contentType, exchange.response.toString());
    const startMs = Number(exchange.startNs) / 1e6;
    const endMs = Number(exchange.endNs) / 1e6;
    return [recordedCall({ seq: exchange.seq, call, answer, status: exchange.status, startMs, endMs }, keys)];
  });
  const formats = new Map(exchanges.map(({ seq, format }) => [seq, format]));
  const kept = calls.flatMap(({ seq, answer }) => {
    const [format, request] = [formats.get(seq), requests.get(seq)];
    return format && request ? [{ seq, format, answer, request: () => Promise.resolve(request) }] : [];
  });
  return { calls, answers, requests, formats, kept };
}

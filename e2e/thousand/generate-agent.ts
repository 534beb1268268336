import { wires } from './agent-plan.ts';
import type {
  AgentPlan,
  Failure,
  HistoryPlan,
  Piece,
  Text,
  ThreadPlan,
  ToolCallPlan,
  TurnPlan,
  Wire,
  Words,
} from './agent-plan.ts';
import { createRandom } from './random.ts';
import { makeValue, shapes } from './shapes.ts';
import type { Shape } from './shapes.ts';

const codenames = [
  'amber', 'basil', 'cedar', 'delta', 'ember', 'fennel', 'granite', 'hazel', 'indigo', 'jasper', 'kelp', 'lilac', 'maple', 'nettle',
  'opal', 'pepper', 'quartz', 'rowan', 'saffron', 'thistle', 'umber', 'violet', 'walnut', 'yarrow', 'zinnia', 'alder', 'birch', 'clover',
  'daisy', 'elm', 'fern', 'ginger', 'heather', 'iris', 'juniper', 'laurel', 'mint', 'olive', 'poppy', 'reed', 'sage', 'tulip',
]; // prettier-ignore
const jobs = [
  'an order clerk',
  'a travel planner',
  'a code reviewer',
  'a research worker',
  'a support desk',
  'a release manager',
];
const rules = [
  'Answer in short sentences.',
  'Never refund without asking.',
  'Use the tools that you have.',
  'Say what you do not know.',
];
const stableYearsMs = [Date.UTC(2023, 3, 1), Date.UTC(2029, 7, 1)];

/** How the threads of a fan-out are told what each is about. */
const toldByCode = [
  'word',
  'stable',
  'swapped',
  'page',
  'tool-seen',
  'tool-unseen',
  'agent-seen',
  'agent-unseen',
  'picked',
  'picked-copy',
  'identical',
] as const;
const toldByModel = ['word', 'stable', 'copied', 'invented'] as const;
type Told = (typeof toldByCode)[number] | (typeof toldByModel)[number];

/** The agent of a seed. */
export function generateAgent(seed: string): AgentPlan {
  const random = createRandom(seed);
  const names = [...random.shuffled(codenames)];
  /** Calls that may still be made. */
  let budget = 6 + random.below(26);
  const wire = random.pick(wires);
  const noisy = random.chance(0.75);
  const shapeOfAgent = random.pick(shapes);
  const streams = random.chance(0.4);

  const codename = (): string => names.pop() ?? `word${random.below(1_000)}a`;
  const shape = (): Shape => (random.chance(0.6) ? shapeOfAgent : random.pick(shapes));
  const stable = (one: Shape): string =>
    makeValue(one, random, random.pick(stableYearsMs), `/tmp/data-${random.text('abcdefgh', 4)}`);
  const made = (owner: string, name: string, one: Shape): Piece => ({ made: name, owner, shape: one });

  function noise(path: string, at: string): readonly Piece[] {
    if (!noisy || random.chance(0.35)) return [];
    switch (random.below(7)) {
      case 0:
        return [' Request ', made(path, `${at}-request`, shape()), '.'];
      case 1:
        return [' It is ', { clock: random.pick(['time', 'date', 'words', 'epoch'] as const) }, '.'];
      case 2:
        return [' (pid ', made(path, `${at}-pid`, 'pid'), ')'];
      case 3:
        return [' Work in ', { folder: true }, '.'];
      case 4:
        return [' The server is ', made(path, `${at}-port`, 'port'), '.'];
      case 5:
        return [
          ' Trace ',
          made(path, `${at}-trace`, random.pick(['uuid4', 'uuid7', 'ulid', 'hex40', 'snowflake'] as const)),
          '.',
        ];
      default:
        return [' It took ', made(path, `${at}-took`, 'duration'), '.'];
    }
  }

  function systemOf(path: string, job: string): Text {
    const text: Piece[] = [`You are ${job}. ${random.pick(rules)} ${random.pick(rules)}`];
    if (random.chance(0.45)) {
      const dynamic = random.below(5);
      if (dynamic === 0) text.push(' It is ', { clock: random.pick(['time', 'date', 'words', 'epoch'] as const) }, '.');
      else if (dynamic === 1) text.push(' You have used ', { count: 'turn' }, ' of 9 steps.');
      else if (dynamic === 2) text.push(' You have ', { count: 'left' }, ' steps left.');
      else if (dynamic === 3) text.push(' Session ', made(path, 'session', shape()), '.');
      else text.push(' The folder is ', { folder: true }, '.');
      if (random.chance(0.3)) text.push(' Be polite.');
    }
    return text;
  }

  function historyOf(one: Wire, turns: number): HistoryPlan {
    if (one === 'responses-state' || turns < 3 || random.chance(0.4)) return { kind: 'whole' };
    const keep = 1 + random.below(2);
    switch (random.below(4)) {
      case 0:
        return { kind: 'trimmed', keep, opening: random.chance(0.6) };
      case 1:
        return { kind: 'shortened', keep, how: random.pick(['cut', 'cleared'] as const) };
      case 2:
        return { kind: 'summarised', keep, by: 'code' };
      default:
        return { kind: 'summarised', keep, by: 'model' };
    }
  }

  function toolCall(path: string, turn: number, index: number, argument: Words, facts: boolean): ToolCallPlan {
    const place = `r${turn}.${index}`;
    const fact = facts ? ` total=${10 + random.below(900)}` : ' total=77';
    const result: Piece[] = [`RESULT for `, { echo: true }, `:${fact}`];
    if (random.chance(0.4)) result.push(' kept at ', { folder: true }, '/', 'out.log');
    if (noisy && random.chance(0.7)) result.push(' at ', { clock: random.pick(['time', 'epoch', 'words'] as const) });
    if (noisy && random.chance(0.4)) result.push(' job ', made(path, `${place}-job`, shape()));
    result.push(...noise(path, place));
    if (random.chance(0.3)) result.push(` ${'More of what the tool had to say. '.repeat(1 + random.below(4))}end`);
    return { tool: random.pick(['lookup', 'search', 'run']), argument, result };
  }

  const say = (share: number, ...words: Words): Words | undefined => (random.chance(share) ? words : undefined);

  function thread(path: string, depth: number, told: Text, more: Partial<ThreadPlan> = {}): ThreadPlan {
    const isRoot = depth === 0;
    const isGrouped = more.group !== undefined;
    const ownWire = more.wire ?? (random.chance(0.85) ? wire : random.pick(wires));
    const count = isRoot ? 1 + random.below(6) : random.below(3);
    const turns: TurnPlan[] = [];
    let agentSeen: { readonly names: readonly string[]; readonly shape: Shape } | undefined;
    budget--;
    for (let at = 0; at < count && budget > 0; at++) {
      budget--;
      const which = random.below(10);
      if (depth < 3 && !isGrouped && budget > 3 && which < (isRoot ? 5 : 3)) {
        const made = fanOut(path, turns, depth);
        agentSeen = made ?? agentSeen;
      } else if (isRoot && which === 8)
        turns.push({
          kind: 'user',
          say: ['Well then: ', { nonce: true }],
          next: [`And now ${codename()}?`, ...noise(path, `u${turns.length}`)],
        });
      else if (isRoot && which === 9)
        turns.push({
          kind: 'handover',
          say: ['I hand over. ', { nonce: true }],
          system: systemOf(path, random.pick(jobs)),
          tools: random.pick([['lookup'], ['lookup', 'search', 'run', 'delegate', 'close']]),
          next: ['Go on, please.', ...noise(path, `u${turns.length}`)],
        });
      else {
        const calls = random.chance(0.7) ? 1 : 2 + random.below(2);
        turns.push({
          kind: 'tools',
          say: say(0.5, 'I look. ', ...(random.chance(0.5) ? [{ nonce: true } as const] : [])),
          calls: Array.from({ length: calls }, (_, index) =>
            toolCall(
              path,
              turns.length,
              index,
              isRoot
                ? [codename()]
                : [...(random.chance(0.7) ? [{ told: true } as const] : ['it']), ` part ${index} of ${turns.length}`],
              !isGrouped,
            ),
          ),
        });
      }
    }
    turns.push({
      kind: 'final',
      say: [
        isRoot ? 'The end: ' : random.chance(0.5) ? 'Done: ' : 'The result is ',
        ...(!isRoot && random.chance(0.5) ? [{ told: true } as const, ' '] : []),
        { nonce: true },
      ],
    });
    const failures: Partial<Record<number, Failure>> = {};
    for (const [turn] of turns.entries())
      if (random.chance(0.07)) failures[turn] = random.pick(['429', '429-silent', 'time-out'] as const);
    return {
      path,
      wire: ownWire,
      stream: streams && random.chance(0.8),
      modelName: 'm-one',
      system: systemOf(path, random.pick(jobs)),
      opening: [
        ...(random.chance(0.3)
          ? [[`Context: the customer likes ${isGrouped ? 'lime' : codename()}.`, ...noise(path, 'context')]]
          : []),
        [
          ...told,
          ...(agentSeen
            ? [
                ' Jobs: ',
                ...agentSeen.names.flatMap((name, index) => [
                  index === 0 ? '' : ', ',
                  made(path, name, (agentSeen as { shape: Shape }).shape),
                ]),
              ]
            : []),
          ...noise(path, 'task'),
          ...(random.chance(0.2) ? noise(path, 'task-too') : []),
        ],
      ],
      tools: ['lookup', 'search', 'run', 'delegate'],
      history: historyOf(ownWire, turns.length),
      reminder: random.chance(0.12)
        ? ['Reminder: ', { count: 'left' }, ' steps left.', ...noise(path, 'reminder')]
        : undefined,
      failures,
      group: undefined,
      ...more,
      turns,
    };
  }

  /** Adds a turn that starts threads, and the turns before it that it needs. Gives what the task must name for it. */
  function fanOut(
    path: string,
    turns: TurnPlan[],
    depth: number,
  ): { readonly names: readonly string[]; readonly shape: Shape } | undefined {
    const size = 2 + random.below(3);
    const byModel = random.chance(0.35);
    const kind: Told = byModel ? random.pick(toldByModel) : random.pick(toldByCode);
    const one = shape();
    const indexes = Array.from({ length: size }, (_, index) => index);
    const names = indexes.map((index) => `item${turns.length}.${index}`);
    if (kind === 'tool-seen' || kind === 'picked-copy' || kind === 'copied') {
      // A tool lists them first, and the model reads the list.
      budget--;
      turns.push({
        kind: 'tools',
        say: say(0.5, 'I ask for the list.'),
        calls: [
          {
            tool: 'search',
            argument: ['open items'],
            result: [
              'ITEMS: ',
              ...names.flatMap((name, index): readonly Piece[] => [
                index === 0 ? '' : ', ',
                random.chance(0.3) ? `${codename()} ` : '',
                made(path, name, one),
              ]),
              ...noise(path, `list${turns.length}`),
            ],
          },
        ],
      });
    }
    const turn = turns.length;
    const isGroup = kind === 'tool-unseen' || kind === 'agent-unseen' || kind === 'identical';
    const shared: Partial<ThreadPlan> = {
      system: systemOf(`${path}.${turn}`, random.pick(jobs)),
      stream: streams,
      ...(isGroup ? { group: `${path}.${turn}` } : {}),
    };
    const base = { first: stable(one), second: stable(one), page: stable(one) };
    const values = indexes.map(() => stable(one));
    const word = random.pick(['Check', 'Look after', 'Fetch', 'Review']);
    const toldOf = (index: number): Text => {
      switch (kind) {
        case 'word':
          return [`${word} KEY=${codename()};`];
        case 'stable':
          return [`${word} KEY=${values[index] ?? ''};`];
        case 'swapped':
          return index < 2
            ? [
                index === 0
                  ? `Move KEY=${base.first}; to ${base.second}.`
                  : `Move KEY=${base.second}; to ${base.first}.`,
              ]
            : [`Move KEY=${values[index] ?? ''}; to ${base.first}.`];
        case 'page':
          return [`${word} KEY=${base.page}; page ${index + 1}.`];
        case 'tool-seen':
        case 'agent-seen':
          return [`${word} KEY=`, made(path, names[index] ?? '', one), ';'];
        // Made by the agent or by a tool, and shown to no model before: only what the thread itself says tells of it.
        case 'tool-unseen':
        case 'agent-unseen':
          return [`${word} KEY=`, made(`${path}.${turn}.${index}`, 'key', one), ';'];
        case 'picked':
        case 'picked-copy':
          return [`${word} KEY=`, { picked: index }, ';'];
        case 'identical':
          return [`${word} KEY=${values[0] ?? ''}; and say what you think.`];
        case 'copied':
        case 'invented':
          return ['Task: ', { argument: true }];
        default:
          return kind satisfies never;
      }
    };
    const isSame = random.chance(0.4) && depth > 0;
    const prototype = isGroup ? thread(`${path}.${turn}.0`, depth + 1, toldOf(0), shared) : undefined;
    const children = indexes.map((index) => {
      const childPath = `${path}.${turn}.${index}`;
      if (prototype)
        return renamed(
          prototype,
          prototype.path,
          childPath,
          kind === 'identical' ? prototype.opening : withTold(prototype, toldOf(0), toldOf(index), childPath),
        );
      return thread(
        childPath,
        depth + 1,
        byModel ? ['Task: ', { argument: true }] : toldOf(index),
        isSame ? { ...shared } : shared,
      );
    });
    if (byModel)
      turns.push({
        kind: 'delegate',
        say: say(0.5, 'I delegate.'),
        children: children.map((child, index) => ({ argument: argumentOf(kind, index), child })),
      });
    else
      turns.push({
        kind: 'fan',
        say: [
          'I start them. ',
          ...(kind === 'picked' || kind === 'picked-copy'
            ? [
                'PICK: ',
                ...indexes.flatMap((index): Words => [
                  kind === 'picked'
                    ? { invented: names[index] ?? '', shape: one }
                    : { copied: names[index] ?? '', owner: path, shape: one },
                  ' | ',
                ]),
              ]
            : [{ nonce: true } as const]),
        ],
        children,
        labels: indexes.map((index) => (random.chance(0.5) ? [`number ${index + 1}`] : labelOf(toldOf(index)))),
      });
    return kind === 'agent-seen' ? { names, shape: one } : undefined;

    function argumentOf(how: Told, index: number): Words {
      switch (how) {
        case 'copied':
          return [`${word} KEY=`, { copied: names[index] ?? '', owner: path, shape: one }, ';'];
        case 'invented':
          return [`${word} KEY=`, { invented: names[index] ?? '', shape: one }, ';'];
        case 'stable':
          return [`${word} KEY=${values[index] ?? ''};`];
        default:
          return [`${word} KEY=${codename()};`];
      }
    }
  }

  const stages: (readonly ThreadPlan[])[] = [];
  const roots = 1 + random.below(random.chance(0.4) ? 4 : 1);
  let number = 0;
  while (number < roots) {
    const together = Math.min(roots - number, 1 + random.below(3));
    const before = stages.flat().at(-1);
    stages.push(
      Array.from({ length: together }, () => {
        const path = String(number++);
        const told: Text =
          before && random.chance(0.6)
            ? [`Go on with KEY=`, random.chance(0.5) ? { picked: 0, of: before.path } : { answerOf: before.path }, ';']
            : [`Task ${codename()}: KEY=${codename()};`];
        return thread(path, 0, told);
      }),
    );
  }
  // A later thread is told a value that an earlier one's model said last.
  const inventing = createRandom(`${seed}/picks`);
  return {
    seed,
    stages: stages.map((stage, index) =>
      index === stages.length - 1
        ? stage
        : stage.map((one) =>
            withPick(
              one,
              inventing.chance(0.3) ? shapeOfAgent : inventing.pick(['date', 'uuid4', 'order', 'words'] as const),
            ),
          ),
    ),
    model: random.pick(['repeats', 'varies'] as const),
    reaction: random.pick(['ignores', 'notes', 'notes', 'stops', 'asks-more'] as const),
  };
}

function labelOf(told: Text): Text {
  return told.filter((piece) => typeof piece !== 'string' || !piece.includes('argument'));
}

function withPick(plan: ThreadPlan, shape: Shape): ThreadPlan {
  return {
    ...plan,
    turns: plan.turns.map((turn) =>
      turn.kind === 'final' ? { ...turn, say: [...turn.say, ' PICK: ', { invented: 'pick', shape }, ' | '] } : turn,
    ),
  };
}

/** The task of a thread with another key in it; all the rest of it stays. */
function withTold(plan: ThreadPlan, old: Text, told: Text, path: string): readonly Text[] {
  return plan.opening.map((text, index) =>
    index === plan.opening.length - 1
      ? [...told, ...own(text.slice(old.length), plan.path, path)]
      : own(text, plan.path, path),
  );
}

const own = (text: Text, from: string, to: string): Text =>
  text.map((piece) =>
    typeof piece === 'object' && 'made' in piece && piece.owner === from ? { ...piece, owner: to } : piece,
  );

/** The same thread at another path: a sibling that does the same. */
function renamed(plan: ThreadPlan, from: string, to: string, opening: readonly Text[]): ThreadPlan {
  return {
    ...plan,
    path: to,
    opening: opening.map((text) => own(text, from, to)),
    system: own(plan.system, from, to),
    reminder: plan.reminder && own(plan.reminder, from, to),
    turns: plan.turns.map((turn) => {
      if (turn.kind === 'tools')
        return { ...turn, calls: turn.calls.map((call) => ({ ...call, result: own(call.result, from, to) })) };
      return turn;
    }),
  };
}

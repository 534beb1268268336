import type { AgentPlan, Failure, HistoryPlan, Piece, Text, ThreadPlan, TurnPlan, Wire, Words } from './agent-plan.ts';
import { createRandom } from './random.ts';
import { makeValue } from './shapes.ts';
import type { Shape } from './shapes.ts';

/** Agents of the kinds that re-runs are known to break on, each by itself: what the benchmark's rows are made of. */

const tools = ['lookup', 'search', 'run', 'delegate'];

interface ThreadMore {
  readonly wire?: Wire;
  readonly system?: Text;
  readonly history?: HistoryPlan;
  readonly reminder?: Text;
  readonly failures?: Readonly<Partial<Record<number, Failure>>>;
  readonly group?: string;
}

function threadOf(
  path: string,
  opening: readonly Text[],
  turns: readonly TurnPlan[],
  more: ThreadMore = {},
): ThreadPlan {
  return {
    path,
    wire: more.wire ?? 'chat',
    stream: false,
    modelName: 'm-one',
    system: more.system ?? ['You are a worker. Use the tools that you have.'],
    opening,
    tools,
    turns,
    history: more.history ?? { kind: 'whole' },
    reminder: more.reminder,
    failures: more.failures ?? {},
    group: more.group,
  };
}

const agentOf = (seed: string, root: ThreadPlan, model: AgentPlan['model'] = 'varies'): AgentPlan => ({
  seed,
  stages: [[root]],
  model,
  reaction: model === 'repeats' ? 'ignores' : 'notes',
});

const final = (...words: Words): TurnPlan => ({ kind: 'final', say: [...words, { nonce: true }] });

export const orderModes = [
  'plain',
  'repeats',
  'clock',
  'clock-user',
  'step',
  'trimmed',
  'shortened',
  'summarised',
  'reminder',
  'temperature-0',
  'server-state',
] as const;
export type OrderMode = (typeof orderModes)[number];

/** One thread that looks up five orders, one by one. */
export function ordersAgent(mode: OrderMode, seed: string, wire: Wire = 'chat'): AgentPlan {
  const hasClock = mode === 'clock' || mode === 'temperature-0';
  const repeats = mode === 'repeats' || mode === 'temperature-0';
  const system: Text = [
    'You are an order clerk. Never refund without asking. Answer in short sentences.',
    ...(hasClock
      ? [' It is ', { clock: 'time' } as const, '.']
      : mode === 'step'
        ? [' You have used ', { count: 'turn' } as const, ' of 9 steps.']
        : []),
  ];
  const task: Text = [
    'Add up KEY=the orders A1 to A5;',
    ...(mode === 'clock-user' ? [' It is ', { clock: 'time' } as const, '.'] : []),
  ];
  const history: HistoryPlan =
    mode === 'trimmed'
      ? { kind: 'trimmed', keep: 2, opening: true }
      : mode === 'shortened'
        ? { kind: 'shortened', keep: 1, how: 'cut' }
        : mode === 'summarised'
          ? { kind: 'summarised', keep: 2, by: 'code' }
          : { kind: 'whole' };
  const turns = Array.from({ length: 5 }, (_, index): TurnPlan => ({
    kind: 'tools',
    say: repeats ? ['I look.'] : ['I look. ', { nonce: true }],
    calls: [
      {
        tool: 'lookup',
        argument: [`A${index + 1}`],
        result: [
          'RESULT for ',
          { echo: true },
          `: total=${10 * (index + 1)} at `,
          { clock: 'time' },
          ' pid ',
          { made: `pid${index}`, owner: '0', shape: 'pid' },
        ],
      },
    ],
  }));
  return agentOf(
    seed,
    threadOf('0', [task], [...turns, final('The sum is ')], {
      system,
      history,
      wire: mode === 'server-state' ? 'responses-state' : wire,
      ...(mode === 'reminder' ? { reminder: ['Reminder: ', { count: 'left' }, ' steps left.'] } : {}),
    }),
    repeats ? 'repeats' : 'varies',
  );
}

export const idMakers = ['stable', 'model', 'model-copies', 'tool', 'agent', 'agent-unseen'] as const;
export type IdMaker = (typeof idMakers)[number];

export interface FanOutKind {
  readonly shape: Shape | 'word';
  /** Who makes what the sub-agents are told. `stable`: the same in every run. */
  readonly by: IdMaker;
  readonly depth?: 1 | 2;
  readonly retries?: boolean;
}

const size = 5;

/** Sub-agents at once, each told a key, with an id and a time that are new in every run; then one call that joins what they said. */
export function fanOutAgent({ shape, by, depth = 1, retries = false }: FanOutKind, seed: string): AgentPlan {
  const random = createRandom(`${seed}/keys`);
  const keyOf = (): string =>
    shape === 'word'
      ? `order-${random.text('abcdefghklmnop', 6)}`
      : makeValue(shape, random, Date.UTC(2025, 0, 5), '/tmp/data-stable');
  const valueShape: Shape = shape === 'word' ? 'order' : shape;

  function worker(path: string, told: Text, level: number, group: string | undefined): ThreadPlan {
    const noise: readonly Piece[] = [
      ' Request ',
      { made: 'request', owner: path, shape: 'uuid4' },
      ' at ',
      { clock: 'time' },
      '.',
    ];
    const look: TurnPlan = {
      kind: 'tools',
      say: undefined,
      calls: [
        {
          tool: 'lookup',
          argument: [{ told: true }],
          result: [
            'RESULT for ',
            { echo: true },
            ': total=7 at ',
            { clock: 'epoch' },
            ' pid ',
            { made: 'pid', owner: path, shape: 'pid' },
          ],
        },
      ],
    };
    const turns: readonly TurnPlan[] =
      level > 1 ? [look, fan(path, 1, level - 1, 3), final('Done: ')] : [look, final('Done: ')];
    return threadOf(path, [[...told, ...noise]], turns, {
      ...(group === undefined ? {} : { group }),
      ...(retries ? { failures: { [random.below(2)]: random.pick(['429', '429-silent', 'time-out'] as const) } } : {}),
    });
  }

  function fan(path: string, turn: number, level: number, count: number): TurnPlan {
    const at = Array.from({ length: count }, (_, index) => `${path}.${turn}.${index}`);
    const items = at.map((_, index) => `item${index}`);
    const isModel = by === 'model-copies';
    const told = at.map((child, index): Text => {
      switch (by) {
        case 'stable':
          return [`Check KEY=${keyOf()};`];
        case 'model':
          return ['Check KEY=', { picked: index }, ';'];
        case 'model-copies':
          return ['Task: ', { argument: true }];
        case 'tool':
        case 'agent':
          return ['Check KEY=', { made: items[index] ?? '', owner: path, shape: valueShape }, ';'];
        case 'agent-unseen':
          return ['Check KEY=', { made: 'key', owner: child, shape: valueShape }, ';'];
        default:
          return by satisfies never;
      }
    });
    const children = at.map((child, index) =>
      worker(child, told[index] ?? [], level, by === 'agent-unseen' && level === 1 ? `${path}.${turn}` : undefined),
    );
    return isModel
      ? {
          kind: 'delegate',
          say: ['I delegate.'],
          children: children.map((child, index) => ({
            child,
            argument: ['Check KEY=', { copied: items[index] ?? '', owner: path, shape: valueShape }, ';'],
          })),
        }
      : {
          kind: 'fan',
          say: [
            'I start them. ',
            ...(by === 'model'
              ? ['PICK: ', ...items.flatMap((name): Words => [{ invented: name, shape: valueShape }, ' | '])]
              : [{ nonce: true } as const]),
          ],
          children,
          labels: children.map((_, index) => [`number ${index + 1}`]),
        };
  }

  const items = (count: number): readonly Piece[] =>
    Array.from({ length: count }, (_, index) => index).flatMap((index): readonly Piece[] => [
      index === 0 ? '' : ', ',
      { made: `item${index}`, owner: '0', shape: valueShape },
    ]);
  // Who copies ids, or is told those of a tool, has seen them in a tool's result before.
  const listed: TurnPlan = {
    kind: 'tools',
    say: ['I ask for the list.'],
    calls: [{ tool: 'search', argument: ['open items'], result: ['ITEMS: ', ...items(size)] }],
  };
  const needsList = by === 'model-copies' || by === 'tool';
  return agentOf(
    seed,
    threadOf(
      '0',
      [['Task: KEY=all of them;', ...(by === 'agent' ? [' Jobs: ', ...items(size)] : [])]],
      [...(needsList ? [listed] : []), fan('0', needsList ? 1 : 0, depth, size), final('All done: ')],
    ),
  );
}

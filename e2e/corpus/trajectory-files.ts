import { z } from 'zod';

/** Trajectory files read plainly, without any of Retake's own code: what its import and its alignment are checked against. */

const callSchema = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const messageSchema = z.object({
  role: z.string(),
  content: z.string().nullable(),
  tool_calls: z.array(callSchema).nullish(),
  tool_call_id: z.string().optional(),
});
export const trialsSchema = z.array(
  z.object({ task_id: z.number(), trial: z.number(), reward: z.number(), traj: z.array(messageSchema) }),
);
export type Trial = z.infer<typeof trialsSchema>[number];
type Message = z.infer<typeof messageSchema>;

export const miniTrajectorySchema = z.object({
  trajectory_format: z.string(),
  instance_id: z.string(),
  info: z.object({
    exit_status: z.string(),
    model_stats: z.object({ instance_cost: z.number(), api_calls: z.number() }),
  }),
  messages: z.array(z.object({ role: z.string(), content: z.string() })),
});

const sweStepSchema = z.object({ action: z.string(), observation: z.string() });
export const sweTrajectorySchema = z.object({
  trajectory: z.array(sweStepSchema).optional(),
  history: z.array(
    z.object({
      role: z.string(),
      content: z.string(),
      is_demo: z.boolean().optional(),
      action: z.string().optional(),
      tool_calls: z.array(callSchema).nullish(),
    }),
  ),
});
export type SweTrajectory = z.infer<typeof sweTrajectorySchema>;

/** Each call as its name and its arguments with sorted keys. */
export const callsOf = ({ traj }: Trial): readonly string[] =>
  traj.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []).map(callText) : []));

const callText = ({ function: { name, arguments: given } }: z.infer<typeof callSchema>): string =>
  `${name} ${sorted(JSON.parse(given))}`;

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([key, item]) => `${key}:${sorted(item)}`)
    .join(',')}}`;
}

/** The number of the first call that is not the same; undefined when all are. */
export function firstDifferentCall(a: Trial, b: Trial): number | undefined {
  return firstDifference(callsOf(a), callsOf(b));
}

export function firstDifference(a: readonly string[], b: readonly string[]): number | undefined {
  const at = Array.from({ length: Math.max(a.length, b.length) }, (_, index) => index).find(
    (index) => a[index] !== b[index],
  );
  return at;
}

/** Where two trials part, as a step: the n-th model call, or the n-th tool call where the environment gave another result. */
export interface Parting {
  readonly kind: 'llm' | 'tool';
  readonly number: number;
}

/** The first message that differs; a user's word is first seen by the model call after it. */
export function firstParting(a: Trial, b: Trial): Parting | undefined {
  const at = firstDifference(a.traj.map(messageText), b.traj.map(messageText));
  if (at === undefined) return undefined;
  const before = (a.traj.length > at ? a : b).traj.slice(0, at);
  const role = a.traj[at]?.role ?? b.traj[at]?.role;
  return role === 'tool'
    ? { kind: 'tool', number: before.filter((message) => message.role === 'tool').length }
    : { kind: 'llm', number: before.filter((message) => message.role === 'assistant').length };
}

function messageText({ role, content, tool_calls }: Message): string {
  return [role, (content ?? '').replaceAll(/\s+/g, ' ').trim(), ...(tool_calls ?? []).map(callText)].join('\n');
}

/** Commands of a SWE-agent run as one word each: what a tool-calling configuration calls, and a text one writes first. */
export function commandWords({ history, trajectory }: SweTrajectory): readonly string[] {
  const answers = history.filter(({ role, is_demo: demonstration }) => role === 'assistant' && demonstration !== true);
  const called = new Map(
    answers.flatMap(({ action, tool_calls: calls }) =>
      action !== undefined && calls?.[0] ? [[action.trim(), calls[0].function.name]] : [],
    ),
  );
  const actions =
    trajectory !== undefined && trajectory.length > answers.length
      ? trajectory.map(({ action }) => action)
      : answers.map(({ action }) => action ?? '');
  return actions.map((action) => called.get(action.trim()) ?? /^[\w-]*/.exec(action.trim())?.[0] ?? '');
}

/** Length of the longest common subsequence. */
export function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const left of a) {
    const next = [0];
    for (const [index, right] of b.entries())
      next.push(left === right ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
    row = next;
  }
  return row.at(-1) ?? 0;
}

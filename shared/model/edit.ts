import { z } from 'zod';
import { partSchema, toolDefinitionSchema } from './message.ts';

/**
 * What a take changes, kept as data on the take. Items are the messages of the fork step's context without system
 * messages, counted from 0 as the request holds them; parts are the texts of one item, counted from 0.
 */
export const editSchema = z.discriminatedUnion('op', [
  /** Replaces one text of a message. `part` may be left out where there is only one. Kept in every later request of the thread. */
  z.object({
    op: z.literal('message'),
    item: z.union([z.literal('system'), z.int().nonnegative()]),
    part: z.int().nonnegative().optional(),
    text: z.string(),
  }),
  z.object({ op: z.literal('remove_message'), item: z.int().nonnegative() }),
  /** The new message stands before `item`; one past the last appends. */
  z.object({
    op: z.literal('insert_message'),
    item: z.int().nonnegative(),
    role: z.enum(['user', 'assistant']),
    text: z.string(),
  }),
  /** Replaces what an earlier tool call gave, by the call's id; without one by tool and order, as result-name.ts says: `lookup#2`. */
  z.object({ op: z.literal('tool_result'), callId: z.string(), content: z.string(), isError: z.boolean().optional() }),
  /** `run`: every live call; `fork`: the fork's call only. */
  z.object({ op: z.literal('model'), model: z.string().min(1), scope: z.enum(['fork', 'run']).default('run') }),
  /** Another provider answers, by its id in the settings or one of the three known; the request is translated where its format is another. */
  z.object({
    op: z.literal('provider'),
    provider: z.string().min(1).max(100),
    model: z.string().min(1),
    scope: z.enum(['fork', 'run']).default('run'),
  }),
  /** Top-level members of the request, in the provider's names; null removes one. */
  z.object({
    op: z.literal('params'),
    set: z.record(z.string(), z.json()),
    scope: z.enum(['fork', 'run']).default('run'),
  }),
  /** Takes tools away and offers others; `add` replaces a tool of the same name. `run`: in every live call that offers tools. */
  z.object({
    op: z.literal('tools'),
    remove: z.array(z.string()).optional(),
    add: z.array(toolDefinitionSchema).optional(),
    scope: z.enum(['fork', 'run']).default('run'),
  }),
  /** Replaces every occurrence of a text in instructions or user messages, in every live call. */
  z.object({
    op: z.literal('prompt_rule'),
    find: z.string().min(1),
    replace: z.string(),
    where: z.enum(['system', 'user', 'all']).default('all'),
  }),
  /** The answer of the fork step itself: nothing is asked there, the agent goes on with this. */
  z.object({ op: z.literal('response'), parts: z.array(partSchema).min(1) }),
]);
export type Edit = Readonly<z.infer<typeof editSchema>>;

/** What `retake rerun --edit FILE` reads: the list, or an object with it. */
export const editFileSchema = z.union([
  z.array(editSchema),
  z.object({ edits: z.array(editSchema) }).transform(({ edits }) => edits),
]);

import { hash } from 'node:crypto';
import { z } from 'zod';

/**
 * What the demo's model says: a small shop's assistant, played by rules. It reads its instructions, the request and every tool result,
 * so that a change of any of them changes what it does; the same conversation always gets the same answer.
 */
const partsSchema = z.array(z.object({ text: z.string().optional() }));
const contentSchema = z
  .union([
    z.string(),
    partsSchema.transform((parts) => parts.map(({ text }) => text ?? '').join('')),
    z.null().transform(() => ''),
  ])
  .optional()
  .transform((content) => content ?? '');
export const chatRequestSchema = z.object({
  model: z.string().max(200).default('scripted-small'),
  stream: z.boolean().default(false),
  messages: z
    .array(
      z.object({
        role: z.string(),
        content: contentSchema,
        tool_call_id: z.string().optional(),
        tool_calls: z
          .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
          .optional(),
      }),
    )
    .max(10_000),
  tools: z.array(z.object({ function: z.object({ name: z.string() }) })).optional(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface ScriptedAnswer {
  readonly text: string | undefined;
  readonly call: { readonly id: string; readonly name: string; readonly arguments: string } | undefined;
  readonly usage: { readonly input: number; readonly output: number };
}

/** What the demo's agent says of itself; anything else in the instructions was put there by a person. */
const usualInstructions = [
  'You answer the customers of a small shop.',
  'Look things up before you decide.',
  'Follow the refund policy.',
];
const charactersPerToken = 4;

export function answerOf(request: ChatRequest): ScriptedAnswer {
  const seen = readConversation(request);
  const wanted = nextCall(seen);
  const mayCall = wanted !== undefined && (request.tools ?? []).some((tool) => tool.function.name === wanted.name);
  const call = mayCall
    ? {
        id: `call_${hash('sha256', JSON.stringify([request.messages, wanted])).slice(0, 16)}`,
        name: wanted.name,
        arguments: JSON.stringify(wanted.with),
      }
    : undefined;
  const text = call === undefined ? finalText(seen) : undefined;
  const said = text ?? `${call?.name}${call?.arguments}`;
  return {
    text,
    call,
    usage: {
      input: tokens(JSON.stringify(request.messages) + JSON.stringify(request.tools ?? [])),
      output: tokens(said),
    },
  };
}

function tokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / charactersPerToken));
}

interface Seen {
  readonly system: string;
  readonly request: string;
  readonly order: string;
  readonly thorough: boolean;
  /** Results by the tool that gave them, the latest of each. */
  readonly results: ReadonlyMap<string, string>;
}

function readConversation({ messages, model }: ChatRequest): Seen {
  const of = (...roles: readonly string[]): string =>
    messages
      .filter(({ role }) => roles.includes(role))
      .map(({ content }) => content)
      .join('\n');
  const names = new Map(
    messages.flatMap((message) => message.tool_calls ?? []).map((call) => [call.id, call.function.name]),
  );
  const request = of('user');
  return {
    system: of('system', 'developer'),
    request,
    order: /[A-Z]-\d{4}/.exec(request)?.[0] ?? 'A-1042',
    thorough: model !== 'scripted-small',
    results: new Map(
      messages.flatMap(({ role, tool_call_id: id, content }) => {
        const name = role === 'tool' && id !== undefined ? names.get(id) : undefined;
        return name === undefined ? [] : [[name, content] as const];
      }),
    ),
  };
}

interface Wanted {
  readonly name: string;
  readonly with: Readonly<Record<string, string | number>>;
}

/** The next thing to look up or do; undefined when there is only something to say. */
function nextCall(seen: Seen): Wanted | undefined {
  const { results, order } = seen;
  const found = results.get('find_order');
  if (found === undefined) return { name: 'find_order', with: { order } };
  const { item, customer, price, days } = factsOf(found);
  if (days === undefined) return undefined;
  if (!results.has('customer_history')) return { name: 'customer_history', with: { customer } };
  if (!results.has('read_policy')) return { name: 'read_policy', with: { topic: 'refunds' } };
  // Any other model than the small one looks further.
  if (seen.thorough && !results.has('check_stock')) return { name: 'check_stock', with: { item } };
  if (mayRefund(seen)) return results.has('refund_order') ? undefined : { name: 'refund_order', with: { order } };
  return offersCredit(seen) && !results.has('issue_credit')
    ? { name: 'issue_credit', with: { order, usd: price } }
    : undefined;
}

function factsOf(found: string) {
  const text = (name: string): string | undefined => new RegExp(`"${name}"\\s*:\\s*"([^"]{0,200})"`).exec(found)?.[1];
  const days = /(\d{1,6}) days? ago/.exec(found)?.[1];
  return {
    item: text('item') ?? 'the item',
    customer: text('customer') ?? 'unknown',
    price: Number(/"price_usd"\s*:\s*(\d{1,9})/.exec(found)?.[1] ?? 0),
    days: days === undefined ? undefined : Number(days),
  };
}

function mayRefund({ results }: Seen): boolean {
  const { days } = factsOf(results.get('find_order') ?? '');
  const most = /within (\d{1,6}) days/.exec(results.get('read_policy') ?? '')?.[1];
  return days !== undefined && most !== undefined && days <= Number(most);
}

function offersCredit({ system, request }: Seen): boolean {
  return /store credit|goodwill|voucher/i.test(`${system} ${request}`);
}

function finalText(seen: Seen): string {
  const { results, order, system } = seen;
  const found = results.get('find_order') ?? '';
  const { item, price, days } = factsOf(found);
  const rule = /within \d{1,6} days[^.,]{0,60}/.exec(results.get('read_policy') ?? '')?.[0] ?? 'as our policy says';
  const stock = results.has('check_stock') ? ` I also looked at our stock: ${results.get('check_stock') ?? ''}` : '';
  const extra = system
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '' && !usualInstructions.includes(sentence));
  const told = extra.length === 0 ? '' : ` (I was also told: “${extra.join(' ').slice(0, 500)}”)`;
  if (days === undefined)
    return `I could not find order ${order}: ${found.slice(0, 200)} Could you check its number?${told}`;
  if (mayRefund(seen))
    return `Done: I have refunded $${price} for the ${item} of order ${order}. It was delivered ${days} days ago, and refunds are given ${rule}.${stock}${told}`;
  const credit = results.get('issue_credit');
  const sorry = `I am sorry about the ${item}. Order ${order} was delivered ${days} days ago and refunds are given ${rule}, so I cannot pay it back.`;
  return credit === undefined
    ? `${sorry}${stock}${told}`
    : `${sorry} Instead I have given you $${price} of store credit.${stock}${told}`;
}

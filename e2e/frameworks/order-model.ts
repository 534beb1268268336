import type { Json, Seen } from '../agents/scripted-formats.ts';
import type { ScriptedAnswer } from '../agents/scripted-model.ts';

/**
 * The rules of the model behind the frameworks: it looks up the orders that it was asked for, one by one, then says the sum. Each answer says what
 * it saw (marks of instructions and user, model, temperature, sum) and carries a nonce, so that no live answer equals a recorded one.
 * Frameworks that have their tools in words (a function call in code, fields of a form) are answered in those.
 */
export function orderAnswers(seen: Seen, body: Json, index: number): ScriptedAnswer {
  const told = `${seen.system}\n${seen.user}`;
  const nonce = `nonce=${index}-${Math.random().toString(36).slice(2, 8)}`;
  const orders = /ORDERS: (\w\d(?:, \w\d)*)/.exec(told)?.[1]?.split(', ');
  if (orders === undefined) return { text: `FINAL of ${/^\w+/.exec(seen.task)?.[0]} ${nonce}` };
  const totals = new Map(
    [...`${seen.results.join('\n')}\n${seen.user}`.matchAll(/ORDER (\w\d) TOTAL (\d+)/g)].map(
      ([, order, total]) => [order ?? '', Number(total)] as const,
    ),
  );
  const sum = [...totals.values()].reduce((all, total) => all + total, 0);
  const saw = [
    `system=${/MARK-(\w+)/.exec(told)?.[1]}`,
    `user=${/TINT-(\w+)/.exec(told)?.[1]}`,
    `model=${seen.model}`,
    `temperature=${String(temperatureOf(body))}`,
    `sum=${sum}`,
    nonce,
  ].join(' ');
  const next = orders.find((order) => !totals.has(order));
  if (seen.tools.length === 0 && !/\[\[ ## |<code>/.test(told)) return { text: `Orders ${nonce}` };
  return told.includes('[[ ## ') ? inFields(told, next, saw) : inTools(seen, next, saw);
}

export function temperatureOf(body: Json): unknown {
  return body['temperature'] ?? (body['generationConfig'] as Json | undefined)?.['temperature'];
}

function inTools(seen: Seen, next: string | undefined, saw: string): ScriptedAnswer {
  if (seen.tools.length === 0 && seen.system.includes('<code>'))
    return {
      text: `Thought: ${saw}\n<code>\n${next === undefined ? `final_answer("FINAL ${saw}")` : `print(lookup(order="${next}"))`}\n</code>`,
    };
  if (next !== undefined) {
    // Claude's SDK puts the name of the server before that of the tool.
    const name = seen.tools.find((tool) => tool === 'lookup' || tool.endsWith('__lookup')) ?? 'lookup';
    return { text: `I look at ${next}. ${saw}`, calls: [{ name, arguments: { order: next } }] };
  }
  return seen.tools.includes('final_answer')
    ? { calls: [{ name: 'final_answer', arguments: { answer: `FINAL ${saw}` } }] }
    : { text: `FINAL ${saw}` };
}

/** DSPy's form: one answer a field. */
function inFields(told: string, next: string | undefined, saw: string): ScriptedAnswer {
  const fields = told.includes('[[ ## next_tool_name ## ]]')
    ? [
        ['next_thought', saw],
        ['next_tool_name', next === undefined ? 'finish' : 'lookup'],
        ['next_tool_args', JSON.stringify(next === undefined ? {} : { order: next })],
      ]
    : [
        ['reasoning', saw],
        ['answer', `FINAL ${saw}`],
      ];
  return {
    text: [...fields.map(([name, value]) => `[[ ## ${name} ## ]]\n${value}\n`), '[[ ## completed ## ]]'].join('\n'),
  };
}

/*
 * The agent of the demo: a loop around a model with a few tools, as anybody would write it, without a library. It knows nothing of
 * Retake: OPENAI_BASE_URL says where the model is. Its tools answer from the table below and change nothing.
 * `node demo-agent.mjs [--task TEXT] [--model NAME] [--system TEXT]`
 */
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};

const task = option('--task', 'Order A-1042 arrived broken. I would like my money back.');
const model = option('--model', 'scripted-small');
const system = option(
  '--system',
  'You answer the customers of a small shop. Look things up before you decide. Follow the refund policy.',
);
const base = process.env.OPENAI_BASE_URL;
if (!base) {
  process.stderr.write(
    'OPENAI_BASE_URL is not set: start this agent from Retake (Try re-run), which has a model for it.\n',
  );
  process.exit(1);
}

const orders = new Map([
  ['A-1042', { order: 'A-1042', item: 'ceramic teapot', price_usd: 48, delivered: '45 days ago', customer: 'C-77' }],
  ['A-2001', { order: 'A-2001', item: 'tea towel', price_usd: 9, delivered: '3 days ago', customer: 'C-12' }],
]);

const tools = {
  find_order: {
    description: 'Item, price and delivery of an order',
    run: ({ order }) => JSON.stringify(orders.get(order) ?? { error: `There is no order ${order}.` }),
  },
  customer_history: {
    description: 'What a customer bought before',
    run: ({ customer }) => `Customer ${customer}: 6 orders in 2 years, no returns.`,
  },
  read_policy: {
    description: 'The rules of the shop on a topic',
    run: ({ topic }) =>
      topic === 'refunds'
        ? 'Refunds: within 30 days of delivery, in full. After that no refund.'
        : `There is no policy on ${topic}.`,
  },
  check_stock: { description: 'How many of an item are left', run: ({ item }) => `${item}: 14 in stock.` },
  refund_order: {
    description: 'Pays an order back',
    run: ({ order }) => `Refunded order ${order} (this demo moves no money).`,
  },
  issue_credit: {
    description: 'Gives store credit',
    run: ({ order, usd }) => `Issued $${usd} of store credit for order ${order} (this demo moves no money).`,
  },
};

const definitions = Object.entries(tools).map(([name, { description }]) => ({
  type: 'function',
  function: { name, description, parameters: { type: 'object' } },
}));

async function ask(messages) {
  const response = await fetch(`${base}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model,
      messages,
      temperature: 0.2,
      tools: definitions,
      stream: true,
      stream_options: { include_usage: true },
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The model answered ${response.status}: ${text}`);
  return joined(text);
}

/** The message of a stream of chunks. */
function joined(stream) {
  let content = '';
  const calls = [];
  for (const line of stream.split('\n')) {
    if (!line.startsWith('data: ') || line === 'data: [DONE]') continue;
    const delta = JSON.parse(line.slice(6)).choices?.[0]?.delta ?? {};
    content += delta.content ?? '';
    for (const piece of delta.tool_calls ?? []) {
      calls[piece.index] ??= { id: '', type: 'function', function: { name: '', arguments: '' } };
      calls[piece.index].id += piece.id ?? '';
      calls[piece.index].function.name += piece.function?.name ?? '';
      calls[piece.index].function.arguments += piece.function?.arguments ?? '';
    }
  }
  return {
    role: 'assistant',
    content: content === '' ? null : content,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

function runTool({ name, arguments: text }) {
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (!tool) return `There is no tool ${name}.`;
  try {
    return tool.run(JSON.parse(text));
  } catch (error) {
    return `The arguments could not be read: ${error.message}`;
  }
}

const messages = [
  { role: 'system', content: system },
  { role: 'user', content: task },
];
try {
  for (let turn = 0; turn < 20; turn += 1) {
    const message = await ask(messages);
    messages.push(message);
    if (!message.tool_calls) {
      process.stdout.write(`${message.content}\n`);
      break;
    }
    for (const call of message.tool_calls)
      messages.push({ role: 'tool', tool_call_id: call.id, content: runTool(call.function) });
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

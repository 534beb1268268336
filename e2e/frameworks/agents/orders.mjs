/** What the JavaScript agents share: the task, a prompt with the time in it, and the one tool. As orders.py. */
const option = (name, otherwise) =>
  process.argv.includes(name) ? (process.argv[process.argv.indexOf(name) + 1] ?? otherwise) : otherwise;

export const task = process.env.ORDERS_TASK ?? 'Add up. ORDERS: A1, A2, A3, A4. TINT-red';
export const system = process.env.ORDERS_SYSTEM ?? 'You are an order clerk. MARK-blue';
export const model = option('--model', 'scripted-1');
export const kind = option('--kind', '');
const killAt = Number(option('--kill-at', '0'));
let lookups = 0;

export const systemWithClock = () => `${system}. It is ${new Date().toISOString()}.`;

/** Of an order X… there is none. With `--kill-at N`, the N-th time the program is killed inside the tool. */
export async function lookUp(order) {
  if (order.startsWith('X')) throw new Error(`NO ORDER ${order}`);
  lookups++;
  if (lookups === killAt) {
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => undefined);
  }
  return `ORDER ${order} TOTAL ${10 * Number(order.slice(1))} at ${new Date().toISOString()} pid: ${process.pid}`;
}

/** Of a sub-agent; the mark tells its requests from the others. */
export const helperPrompt = () => `${process.env.LAB_HELPER ?? 'MARK-helper'}. You help a clerk.`;

// Retake before your tools. `const lookUp = retakeTool('look_up', async ({ query }) => …)`: a tool function with one argument object.
// Started by Retake, a call asks first: it gets the recorded result, runs, or throws ToolRefused. Otherwise nothing changes.
import { request } from 'node:http';

/** The tool may not run, or its recorded call failed. The message is for the model. */
export class ToolRefused extends Error {}

/** @param {string} path @param {object} body @returns {Promise<any>} */
function ask(path, body) {
  return new Promise((resolve, reject) => {
    // A person may take long to decide: no timeout, which fetch would have.
    const asked = request(
      process.env.RETAKE_TOOLS_URL + path,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = '';
        answer
          .setEncoding('utf8')
          .on('data', (chunk) => (text += chunk))
          .on('error', reject);
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve(JSON.parse(text))
            : reject(new Error(`Retake answered with status ${answer.statusCode}: ${text}`)),
        );
      },
    );
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

/**
 * @template Input, Output
 * @param {string} tool name by which the model knows it
 * @param {(input: Input, ...rest: any[]) => Output | Promise<Output>} run
 * @returns {(input: Input, ...rest: any[]) => Promise<Output>}
 */
export function retakeTool(tool, run) {
  return async (input, ...rest) => {
    if (!process.env.RETAKE_TOOLS_URL) return run(input, ...rest);
    const call = { hand: 'wrapper', tool, arguments: input ?? {} };
    // The tool has run: what cannot be kept must not stop the agent.
    const keep = (outcome) => ask('/record', { ...call, ...outcome }).catch(() => undefined);
    const answer = await ask('/decide', call);
    if (answer.action === 'deny' || answer.isError) throw new ToolRefused(answer.message ?? answer.content);
    if (answer.action === 'result') return 'native' in answer ? answer.native.value : answer.content;
    let result;
    try {
      result = await run(input, ...rest);
    } catch (error) {
      await keep({ content: String(error instanceof Error ? error.message : error), isError: true });
      throw error;
    }
    await keep({
      content: typeof result === 'string' ? result : (JSON.stringify(result) ?? ''),
      native: { value: result ?? null },
    });
    return result;
  };
}

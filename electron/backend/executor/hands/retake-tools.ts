// Retake before your tools. `const lookUp = retakeTool('look_up', async ({ query }: { query: string }) => …)`: a function with one argument object.
// Started by Retake, a call asks first: it gets the recorded result, runs, or throws ToolRefused. Otherwise nothing changes.
import { request } from 'node:http';

/** The tool may not run, or its recorded call failed. The message is for the model. */
export class ToolRefused extends Error {}

interface Answer {
  readonly action: 'result' | 'run' | 'deny';
  readonly content?: string;
  readonly message?: string;
  readonly isError?: boolean;
  readonly native?: { readonly value: unknown };
}

function ask(path: string, body: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A person may take long to decide: no timeout, which fetch would have.
    const asked = request(
      `${process.env['RETAKE_TOOLS_URL']}${path}`,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (answer) => {
        let text = '';
        answer
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('error', reject);
        answer.on('end', () =>
          answer.statusCode === 200
            ? resolve(JSON.parse(text) as Answer)
            : reject(new Error(`Retake answered with status ${answer.statusCode}: ${text}`)),
        );
      },
    );
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

/** `tool`: the name by which the model knows it. */
export function retakeTool<Input, Rest extends readonly unknown[], Output>(
  tool: string,
  run: (input: Input, ...rest: Rest) => Output | Promise<Output>,
): (input: Input, ...rest: Rest) => Promise<Output> {
  return async (input, ...rest) => {
    if (!process.env['RETAKE_TOOLS_URL']) return run(input, ...rest);
    const call = { hand: 'wrapper', tool, arguments: input ?? {} };
    // The tool has run: what cannot be kept must not stop the agent.
    const keep = (outcome: object): Promise<unknown> => ask('/record', { ...call, ...outcome }).catch(() => undefined);
    const answer = await ask('/decide', call);
    if (answer.action === 'deny' || answer.isError === true) throw new ToolRefused(answer.message ?? answer.content);
    if (answer.action === 'result') return (answer.native ? answer.native.value : answer.content) as Output;
    let result: Output;
    try {
      result = await run(input, ...rest);
    } catch (error) {
      await keep({ content: error instanceof Error ? error.message : String(error), isError: true });
      throw error;
    }
    await keep({
      content: typeof result === 'string' ? result : (JSON.stringify(result) ?? ''),
      native: { value: result ?? null },
    });
    return result;
  };
}

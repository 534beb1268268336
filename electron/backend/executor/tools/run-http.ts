import type { ToolRunner } from '../../../../shared/model/take.ts';
import { wordsOf } from '../../../../shared/words-of.ts';
import { maximumOutputBytes } from './run-command.ts';
import type { RunnerContext } from './runner-context.ts';
import type { ToolCall, ToolResult } from './tool-call.ts';

/** Posts the arguments as JSON to the user's address; the body of the answer is the result, a status from 400 on makes it an error. Redirects are not followed. */
export async function runByHttp(
  runner: Extract<ToolRunner, { type: 'http' }>,
  call: ToolCall,
  { signal }: RunnerContext,
): Promise<ToolResult> {
  if (!/^https?:$/.test(new URL(runner.url).protocol)) throw new Error(`${runner.url} is not an http or https address`);
  const late = AbortSignal.timeout(runner.timeoutSeconds * 1_000);
  try {
    const response = await fetch(runner.url, {
      method: 'POST',
      redirect: 'manual',
      body: call.arguments,
      signal: AbortSignal.any([signal, late]),
      // Header values are Latin-1 without line ends: a foreign name goes in percent-encoded.
      headers: {
        'content-type': 'application/json',
        'x-retake-tool': encodeURIComponent(call.name.slice(0, 200).toWellFormed()),
      },
    });
    const content = await boundedBody(response);
    if (response.status >= 300 && response.status < 400)
      return {
        content: `${runner.url} answered with a redirect (${response.status}), which is not followed.`,
        isError: true,
      };
    return {
      content: response.ok
        ? content
        : `${content}${content === '' ? '' : '\n'}${runner.url} answered with status ${response.status}.`,
      isError: !response.ok,
    };
  } catch (error) {
    if (late.aborted) return { content: `${runner.url} gave no answer in ${runner.timeoutSeconds} s.`, isError: true };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    throw new Error(`${runner.url} could not be asked: ${cause ?? wordsOf(error)}`, { cause: error });
  }
}

async function boundedBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    const room = maximumOutputBytes - size;
    chunks.push(chunk.subarray(0, Math.max(0, room)));
    size += chunk.length;
    if (size > maximumOutputBytes) break;
  }
  return (
    Buffer.concat(chunks).toString('utf8') +
    (size > maximumOutputBytes ? '\n[cut by Retake: the answer is longer than 4 MiB]' : '')
  );
}

/** Requests of clients that are no model call: lists, probes, counts. */

/** Lists and counts cost nothing: neither a pause nor a budget is about them. */
export function isFree(method: string, path: string): boolean {
  return method === 'GET' || method === 'HEAD' || /(?:\/count_tokens|:countTokens)(?:\?|$)/.test(path);
}

/** Probes and counts that the recording does not hold: answered here, so that replay needs no provider. */
export function localAnswer(
  method: string,
  path: string,
  body: Buffer,
): { readonly status: number; readonly body: unknown } {
  if (method === 'HEAD') return { status: 200, body: {} };
  // Four bytes a token: what clients themselves assume where they cannot ask.
  const tokens = Math.ceil(body.length / 4);
  if (path.endsWith('/count_tokens')) return { status: 200, body: { input_tokens: tokens } };
  if (path.endsWith(':countTokens')) return { status: 200, body: { totalTokens: tokens } };
  return {
    status: 404,
    body: {
      error: {
        message: `Retake answers from a recording, which does not hold ${method} ${path}.`,
        type: 'invalid_request_error',
      },
    },
  };
}

/** The first bytes of a stream (at least `bytes`, or all: `whole`), and its chunks again from the beginning. A failure comes where it came. */
export async function peekHead(
  source: AsyncIterable<Buffer>,
  bytes: number,
): Promise<{ readonly head: Buffer; readonly whole: boolean; readonly chunks: AsyncGenerator<Buffer> }> {
  const chunks = source[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let length = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  while (length < bytes && !ended && failure === undefined) {
    try {
      const next = await chunks.next();
      if (next.done === true) ended = true;
      else {
        first.push(next.value);
        length += next.value.length;
      }
    } catch (error) {
      failure = { error };
    }
  }
  const again = async function* (): AsyncGenerator<Buffer> {
    try {
      // Each chunk is let go of when it was taken.
      for (let chunk = first.shift(); chunk !== undefined; chunk = first.shift()) yield chunk;
      if (failure !== undefined) throw failure.error;
      while (!ended) {
        const next = await chunks.next();
        if (next.done === true) ended = true;
        else yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  };
  const [only] = first;
  return {
    head: first.length === 1 && only !== undefined ? only : Buffer.concat(first),
    whole: ended || failure !== undefined,
    chunks: again(),
  };
}

/** Chunks in pieces of at most `size` bytes; nothing is copied. */
export async function* inPieces(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  for await (const chunk of chunks)
    for (let start = 0; start < chunk.length; start += size) yield chunk.subarray(start, start + size);
}

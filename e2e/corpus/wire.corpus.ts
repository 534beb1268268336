import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { editRequest, readAnswerBody, recogniseCall } from '../support/backend-internals.ts';
import type { WireAnswer, WireFormat, WirePart } from '../support/backend-internals.ts';

/**
 * Recorded traffic of the model providers, beside the checkout: what goes out unedited is byte-equal, what is read is what
 * was said, and what we write is read as the same answer. Skipped where the corpus is not there.
 */
const corpus = new URL('../../../shared/corpus/', import.meta.url).pathname;

interface Exchange {
  readonly name: string;
  readonly path: string;
  readonly request: string;
  readonly status: number;
  readonly contentType: string;
  readonly response: string;
  /** Counted by the server that answered. */
  readonly usage:
    | { readonly input: number; readonly cached: number; readonly output: number; readonly visible: number }
    | undefined;
}

function publicExchanges(): readonly Exchange[] {
  const folder = join(corpus, 'public/_wire');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const { request, response, kind } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        kind: string;
        request: { url: string; body: { text?: string } };
        response: { status: number; body: { text?: string } };
      };
      return {
        name: file,
        path: new URL(request.url).pathname,
        request: request.body.text ?? '',
        status: response.status,
        contentType: kind.startsWith('sse') ? 'text/event-stream' : 'application/json',
        response: response.body.text ?? '',
        usage: undefined,
      };
    });
}

function capturedExchanges(): readonly Exchange[] {
  const folder = join(corpus, 'captured');
  const runs = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((client) => readdirSync(join(folder, client.name)).map((run) => `${client.name}/${run}`));
  return runs.flatMap((run) => {
    const file = join(folder, run, 'llm-wire.jsonl.zst');
    if (!existsSync(file)) return [];
    return zstdDecompressSync(readFileSync(file))
      .toString('utf8')
      .trim()
      .split('\n')
      .flatMap((line) => {
        const call = JSON.parse(line) as {
          seq: number;
          url: string;
          body: unknown;
          status?: number;
          stream?: boolean;
          response?: string;
          usage?: Exchange['usage'];
        };
        if (call.body === undefined || call.body === null || typeof call.response !== 'string') return [];
        return [
          {
            name: `${run} ${call.seq}`,
            path: new URL(call.url, 'http://localhost').pathname,
            request: JSON.stringify(call.body),
            status: call.status ?? 0,
            contentType: call.stream === true ? 'text/event-stream' : 'application/json',
            response: call.response,
            usage: call.usage,
          },
        ];
      });
  });
}

function check(exchange: Exchange, format: WireFormat, path: string): WireAnswer {
  const { request } = exchange;
  const outgoing = { path, body: request };
  expect(editRequest(format, outgoing, []), exchange.name).toEqual(outgoing);
  const call = recogniseCall('POST', path);
  const read = call && format.readRequest(JSON.parse(request), call.route);
  expect(read?.model, exchange.name).not.toBe('');
  const items = read?.items ?? [];
  // There and back: an edit that is undone leaves every byte as it was.
  const away = editRequest(format, outgoing, [{ op: 'model', model: 'another-model', scope: 'run' }]);
  expect(editRequest(format, away, [{ op: 'model', model: read?.model ?? '', scope: 'run' }]), exchange.name).toEqual(
    outgoing,
  );
  if (format.itemList !== undefined && items.length > 0 && !/"input"\s*:\s*"/.test(request.slice(0, 200_000))) {
    const longer = editRequest(format, outgoing, [
      { op: 'insert_message', item: items.length, role: 'user', text: 'one more' },
    ]);
    expect(call && format.readRequest(JSON.parse(longer.body), call.route).items.length, exchange.name).toBe(
      items.length + 1,
    );
    expect(editRequest(format, longer, [{ op: 'remove_message', item: items.length }]), exchange.name).toEqual(
      outgoing,
    );
  }
  return readAnswerBody(format, exchange.contentType, exchange.response);
}

/** What every format can carry of an answer. */
function carried(parts: readonly WirePart[]): unknown {
  return parts.flatMap((part) => {
    if (part.type === 'text') return part.text === '' ? [] : [`text ${part.text}`];
    return part.type === 'tool_call'
      ? [`call ${part.id} ${part.name} ${JSON.stringify(tryParse(part.arguments ?? ''))}`]
      : [];
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

describe.skipIf(!existsSync(corpus))('recorded wire traffic', () => {
  test.each([
    ['public', publicExchanges],
    ['captured', capturedExchanges],
  ] as const)('%s calls round-trip', (name, load) => {
    const counts = new Map<string, number>();
    const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
    for (const exchange of load()) {
      const call = recogniseCall('POST', exchange.path);
      if (!call || exchange.request === '' || !exchange.request.startsWith('{')) {
        count(`not a call that we speak: ${exchange.path.replace(/[^/]*\d[^/]*/g, '…')}`);
        continue;
      }
      const { format } = call;
      const answer = check(exchange, format, exchange.path);
      count(`${format.family} ${exchange.contentType} ${exchange.status}`);
      if (exchange.status >= 400) {
        expect(answer.error, exchange.name).toBeDefined();
        continue;
      }
      if (exchange.response === '') continue;
      // A filtered or cut answer may be empty, but says so.
      if (answer.parts.length === 0)
        expect(['content_filter', 'length', 'other'], `${exchange.name}: ${exchange.response.slice(0, 300)}`).toContain(
          answer.finish,
        );
      if (exchange.usage) {
        expect(answer.usage?.input, exchange.name).toBe(exchange.usage.input);
        // Asked without thinking, the server wrote and counted only what is visible; asked without a cache, it cached nothing.
        expect([exchange.usage.output, exchange.usage.visible], exchange.name).toContain(answer.usage?.output);
        expect([0, exchange.usage.cached], exchange.name).toContain(answer.usage?.cacheRead ?? 0);
      }
      for (const again of [
        readAnswerBody(format, 'application/json', format.writeAnswer(answer, 'm')),
        readAnswerBody(format, 'text/event-stream', format.writeStream(answer, 'm', { includeUsage: true })),
      ]) {
        expect(carried(again.parts), exchange.name).toEqual(carried(answer.parts));
        expect([again.usage?.input ?? 0, again.usage?.output ?? 0], exchange.name).toEqual([
          answer.usage?.input ?? 0,
          answer.usage?.output ?? 0,
        ]);
      }
    }
    console.log(
      `${name}:\n${[...counts]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([what, n]) => `  ${n} ${what}`)
        .join('\n')}`,
    );
  });
});

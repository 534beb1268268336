import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import type { Edit } from '../../../../shared/model/edit.ts';
import { nanos } from '../../../../shared/model/units.ts';
import { elementsOf, insertElement, memberOf, replaceWith, setMember, sourceOf } from '../../base/json-cursor.ts';
import { asList, asRecord, asText, parseJson, stableJson } from '../../base/json-values.ts';
import { createSecrets } from '../../base/secrets.ts';
import { modelPrompt } from '../providers/model-prompt.ts';
import { loadRecordedCalls } from '../recorded/recorded-calls.ts';
import { storedExchange } from '../recorded/stored-exchange.ts';
import { callSpan } from '../session/run-spans.ts';
import type { GatewayProgress } from './call/progress.ts';
import { editRequest } from './edit-request.ts';
import type { Exchange } from './exchange.ts';
import { startGateway } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import type { CallHandlerOptions } from './handle-call.ts';
import { createReplayPlan } from './replay-plan.ts';
import { formatSse } from './sse.ts';
import { chooseUpstreams } from './upstreams.ts';
import { recogniseCall, wireFormats } from './wire-formats.ts';
import type { WireFormat, WirePart } from './wire.ts';
import { listAt, withoutEmptyMembers } from './wires/tool-lists.ts';
import { locatedText, nothingAt } from './wires/wire-common.ts';

/**
 * A format that no provider has, known to nobody but the list: what a newcomer writes. The model is in the path, instructions are
 * `rules`, messages `talk: [{by, text}]`, tools `does: [{called}]`, the answer `{words}`, streamed as events `{piece}`.
 */
const said = (words: string): readonly WirePart[] => (words === '' ? [] : [{ type: 'text', text: words }]);
const tiny: WireFormat = {
  family: 'tiny.talk',
  provider: 'tiny',
  operation: 'talk',
  providerKind: 'openai-compatible',
  providerId: 'tiny',
  recognise(path) {
    const model = /\/talk\/([^/]+)$/.exec(path)?.[1];
    return model === undefined ? undefined : { family: 'tiny.talk', model, stream: undefined };
  },
  readRequest(body, route) {
    const request = asRecord(body);
    return {
      family: route.family,
      model: route.model ?? '',
      stream: request['live'] === true,
      system: said(asText(request['rules']) ?? ''),
      items: asList(request['talk']).map((entry) => {
        const { by, text } = asRecord(entry);
        return {
          role: by === 'user' ? 'user' : by === 'tool' ? 'tool' : 'assistant',
          parts:
            by === 'tool'
              ? [{ type: 'tool_result', id: 'only', result: asText(text) ?? '' }]
              : said(asText(text) ?? ''),
        };
      }),
      tools: asList(request['does']).map((tool) => ({ name: asText(asRecord(tool)['called']) ?? '' })),
      params: new Map(),
      continues: undefined,
    };
  },
  readAnswer: (body) => ({
    id: undefined,
    model: undefined,
    parts: said(asText(asRecord(body)['words']) ?? ''),
    finish: 'stop',
    usage: { input: 1, output: 1 },
    error: asText(asRecord(body)['wrong']),
  }),
  readStream: (events) =>
    tiny.readAnswer({ words: events.map(({ data }) => asText(asRecord(parseJson(data))['piece']) ?? '').join('') }),
  liveText: (event) => asText(event['piece']) ?? '',
  writeAnswer: ({ parts }) =>
    JSON.stringify({ words: parts.map((part) => (part.type === 'text' ? part.text : '')).join('') }),
  writeStream: ({ parts }) =>
    parts.map((part) => (part.type === 'text' ? formatSse(undefined, { piece: part.text }) : '')).join(''),
  writeError: (_status, message) => JSON.stringify({ wrong: message }),
  withModel: (request, model) => ({ ...request, path: request.path.replace(/\/talk\/.*/, `/talk/${model}`) }),
  withModelOf: (path, other) => path.replace(/\/talk\/.*/, /\/talk\/.*/.exec(other)?.[0] ?? '$&'),
  ownMembers: ['talk', 'rules'],
  tools: {
    listMembers: ['does'],
    choiceMembers: ['must'],
    lists: (root) => listAt(root, 'does').map((list) => ({ list, takesNew: true })),
    nameOf: ({ called }) => asText(called) ?? '',
    write: ({ name }) => JSON.stringify({ called: name }),
    writeList: (definitions) => definitions.join(','),
    withoutEmptyLists: (body) => withoutEmptyMembers(body, ['does']),
    plainTextNames: () => new Set(),
  },
  itemList: (root) => memberOf(root, 'talk'),
  placesOf: (root) => elementsOf(memberOf(root, 'talk') ?? nothingAt(root)).map((_, at) => [at]),
  systemTexts: (root) => locatedText(memberOf(root, 'rules')),
  itemTexts: (element) => locatedText(memberOf(element, 'text')),
  results: (root) =>
    elementsOf(memberOf(root, 'talk') ?? nothingAt(root)).flatMap((holder) => {
      const value = memberOf(holder, 'text');
      return value && memberOf(holder, 'by') && sourceOf(holder).includes('"tool"')
        ? [{ callId: 'only', name: undefined, value, holder }]
        : [];
    }),
  writeItem: (role, text) => JSON.stringify({ by: role, text }),
  addSystem: (root, text) =>
    setMember(root, 'rules', JSON.stringify(text)) ?? insertElement(root, 0, JSON.stringify(text)),
  systemMember: 'rules',
  writeResult: ({ value }, content) => [replaceWith(value, JSON.stringify(content))],
  pinnedElement: (pinned) => pinned.replace('"pinned":false', '"pinned":true'),
  plainResult: (result) => result.replace(/^<(.*)>$/, '$1'),
};
const formats = [...wireFormats, tiny];

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** Answers everything with the words it was last told, whole or as a stream, and keeps what it was asked. */
async function tinyModel(): Promise<{ readonly url: string; readonly asked: { path: string; body: unknown }[] }> {
  const asked: { path: string; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    request.on('end', () => {
      const body: unknown = JSON.parse(text);
      asked.push({ path: request.url ?? '', body });
      const answer = { ...tiny.readAnswer({ words: `answer ${asked.length}` }) };
      const live = asRecord(body)['live'] === true;
      response.writeHead(200, { 'content-type': live ? 'text/event-stream' : 'application/json' });
      response.end(live ? tiny.writeStream(answer, '', { includeUsage: false }) : tiny.writeAnswer(answer, ''));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(async () => {
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function open(url: string, more: Partial<CallHandlerOptions> = {}) {
  const exchanges: Exchange[] = [];
  const progress: GatewayProgress[] = [];
  const gateway = await startGateway({
    formats,
    upstreams: chooseUpstreams({}, url),
    secrets: createSecrets({}),
    now: () => nanos(1_000_000n),
    plan: undefined,
    recordedAnswer: () => Promise.reject(new Error('none')),
    recordedAuxiliary: () => Promise.resolve(undefined),
    beforeLive: () => Promise.resolve(undefined),
    onProgress: (told) => void progress.push(told),
    onExchange: (exchange) => void exchanges.push(exchange),
    ...more,
  });
  closing.push(() => gateway.close());
  return { gateway, exchanges, progress };
}

async function talk(gateway: Gateway, body: unknown): Promise<string> {
  const response = await fetch(`${gateway.url}/openai/talk/m1`, { method: 'POST', body: JSON.stringify(body) });
  return response.text();
}

const first = { rules: 'Be kind.', talk: [{ by: 'user', text: 'one' }], does: [{ called: 'look' }] };
const second = {
  ...first,
  live: true,
  talk: [...first.talk, { by: 'model', text: 'answer 1' }, { by: 'user', text: 'two' }],
};

test('a format that only the list knows is recognised, recorded, matched, edited, pinned and served', async () => {
  expect(recogniseCall('POST', '/v1/talk/m1')).toBeUndefined();
  expect(recogniseCall('POST', '/v1/talk/m1', formats)?.format).toBe(tiny);

  const model = await tinyModel();
  const recording = await open(model.url);
  await talk(recording.gateway, first);
  await talk(recording.gateway, second);
  await expect.poll(() => recording.exchanges.length).toBe(2);
  expect(recording.exchanges).toMatchObject([
    {
      format: { family: 'tiny.talk' },
      call: { model: 'm1', stream: false },
      answer: { parts: [{ text: 'answer 1' }] },
    },
    { call: { stream: true }, answer: { parts: [{ text: 'answer 2' }] } },
  ]);
  expect(recording.progress.map((told) => (told.kind === 'text' ? told.text : '')).join('')).toBe('answer 2');
  const identity = { traceId: '0'.repeat(32), rootSpanId: '1'.repeat(16), resource: {} };
  const span = callSpan(identity, recording.exchanges[0]!, '2'.repeat(16), undefined)?.toString();
  expect(span).toContain('"name":"talk m1"');
  expect(span).toContain('{"key":"gen_ai.provider.name","value":{"stringValue":"tiny"}}');

  const stored = recording.exchanges.map((exchange) => storedExchange(exchange, `span${exchange.seq}`, undefined));
  const services = {
    recording: () => Promise.resolve({ launch: launchOf(), exchanges: stored.map(({ seq }) => seq) }),
    exchange: (_run: string, seq: number) => Promise.resolve(stored[seq]),
    run: () => Promise.resolve({ notices: [] }),
    steps: () => Promise.resolve([]),
  };
  const recorded = await loadRecordedCalls(
    services as unknown as Parameters<typeof loadRecordedCalls>[0],
    'run',
    [],
    formats,
  );
  expect(recorded.calls.map(({ answer }) => answer.parts)).toMatchObject([
    [{ text: 'answer 1' }],
    [{ text: 'answer 2' }],
  ]);

  const edits: readonly Edit[] = [
    { op: 'message', item: 2, text: 'three' },
    { op: 'message', item: 'system', text: 'Be short.' },
    { op: 'tools', scope: 'run', add: [{ name: 'find' }], remove: ['look'] },
    { op: 'model', model: 'm2', scope: 'run' },
  ];
  const take = await open(model.url, {
    plan: createReplayPlan(
      {
        calls: recorded.calls.map((loaded) => loaded.recorded),
        forkSeq: 1,
        edits,
        afterFork: 'causal',
        recordedRequest: (seq) => recorded.calls[seq]!.request(),
        decide: () => Promise.resolve('stop'),
      },
      recorded.keys,
    ),
    recordedAnswer: (seq) => recorded.calls[seq]!.recordedAnswer(),
  });
  // The other way of streaming too: the recorded answer is written anew.
  expect(await talk(take.gateway, { ...first, live: true })).toBe('data: {"piece":"answer 1"}\n\n');
  await talk(take.gateway, second);
  expect(model.asked.at(-1)).toEqual({
    path: '/talk/m2',
    body: {
      ...second,
      rules: 'Be short.',
      does: [{ called: 'find' }],
      talk: [...second.talk.slice(0, 2), { by: 'user', text: 'three' }],
    },
  });
  const later = { ...second, talk: [...second.talk, { by: 'model', text: 'answer 3' }, { by: 'user', text: 'four' }] };
  await talk(take.gateway, later);
  expect(model.asked.at(-1)).toMatchObject({
    path: '/talk/m2',
    body: { rules: 'Be short.', does: [{ called: 'find' }], talk: [{}, {}, { text: 'three' }, {}, { text: 'four' }] },
  });
  await expect.poll(() => take.exchanges.map(({ served }) => served)).toEqual(['recording', 'live', 'live']);
});

test('its edits, its own members and its results are those of its file', () => {
  const body = JSON.stringify({ ...second, must: 'look', talk: [...second.talk, { by: 'tool', text: '<found>' }] });
  const request = { path: '/talk/m1', body };
  const edited = (edit: Edit): unknown => JSON.parse(editRequest(tiny, request, [edit]).body);
  expect(edited({ op: 'tool_result', callId: 'only', content: 'lost' })).toMatchObject({
    talk: [{}, {}, {}, { by: 'tool', text: 'lost' }],
  });
  expect(edited({ op: 'tools', scope: 'fork', remove: ['look'] })).not.toHaveProperty('must');
  expect(() => edited({ op: 'params', scope: 'fork', set: { talk: [] } })).toThrow('not a parameter');
  const call = tiny.readRequest(JSON.parse(body), tiny.recognise('/talk/m1')!);
  const { options, notes } = modelPrompt(call, { formats, customTools: new Set(), originOf: () => undefined });
  expect([stableJson(options.prompt), notes]).toEqual([expect.stringContaining('found'), expect.anything()]);
});

test('nothing outside the formats asks which one it is', () => {
  const backend = fileURLToPath(new URL('../..', import.meta.url));
  const ids = wireFormats.map(({ family }) => family).join('|');
  const branch = new RegExp(`family\\s*[!=]==?\\s*['"]|switch \\([^)]*family\\)|['"](?:${ids})['"]`);
  const found = readdirSync(backend, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !/\.(?:test|testing)\.ts$/.test(name) && !name.includes('gateway/wires/'))
    .filter((name) => branch.test(readFileSync(`${backend}/${name}`, 'utf8')));
  expect(found).toEqual([]);
});

function launchOf(): string {
  return JSON.stringify({ version: 1, name: 'a', command: ['a'], cwd: '/', changedVariables: [], executor: 'replay' });
}

import { deflateSync, gzipSync } from 'node:zlib';
import { knownKeys } from '../base/known-keys.testing.ts';

/** A secret as a generator plants it. */
export interface PlantedSecret {
  readonly kind: string;
  /** What is planted, and of what nothing may be left. */
  readonly value: string;
  /** The text that a tool would print around it. */
  readonly text: string;
}

/** The same numbers from the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const signs = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';

/** As many as are asked for, of all kinds in turn: known keys with other signs in them, tokens, mail addresses, folders, hosts, random texts. */
export function plantedSecrets(count: number, seed: number): readonly PlantedSecret[] {
  const random = createRandom(seed);
  const sign = (from: string): string => from[Math.floor(random() * from.length)] ?? '';
  const made = (length: number): string => Array.from({ length }, () => sign(signs)).join('');
  const changed = (key: string): string =>
    key.slice(0, 12) + key.slice(12).replaceAll(/[0-9]/g, () => sign('0123456789'));
  const keys = knownKeys
    .filter(({ key }) => !/\s|\\|^ey|^Basic /.test(key) && key.length > 12)
    .map(({ kind, key, text }) => () => {
      const value = changed(key);
      return { kind, value, text: text.replace(key, () => value) };
    });
  const others: readonly (() => PlantedSecret)[] = [
    () =>
      of(
        'mail',
        `${made(6).toLowerCase()}.${made(5).toLowerCase()}@acme-${made(4).toLowerCase()}.com`,
        'from @@, to all',
      ),
    () => of('home', `/home/${made(8).toLowerCase()}`, 'cd @@/code/app && ls'),
    () => of('home of a Mac', `/Users/${made(8).toLowerCase()}`, 'open @@/Library'),
    () => of('home on Windows', `C:\\Users\\${made(8)}`, 'dir @@\\code'),
    () => of('host', `ci-${made(5).toLowerCase()}.internal`, 'curl https://@@/api'),
    () =>
      of('address of a network', `10.${Math.floor(random() * 250)}.3.${Math.floor(random() * 250)}`, 'ping @@ -c 1'),
    () => of('bearer', made(36), 'Authorization: Bearer @@'),
    () => of('entropy', `9${made(30)}aZ7q${made(12)}`, 'value @@ was set'),
  ];
  const kinds = [...others, ...keys];
  return Array.from({ length: count }, (_, index) => kinds[index % kinds.length]?.() ?? of('mail', 'a@b.com', '@@'));
}

const of = (kind: string, value: string, around: string): PlantedSecret => ({
  kind,
  value,
  text: around.replace('@@', () => value),
});

/** The ways in which a text comes to stand in a span. */
export const writings: Readonly<Record<string, (text: string, value: string) => string>> = {
  plain: (text) => text,
  JSON: (text) => JSON.stringify([{ role: 'user', content: text }]),
  'JSON in JSON': (text) => JSON.stringify({ arguments: JSON.stringify({ body: JSON.stringify({ text }) }) }),
  base64: (text) => `data: ${Buffer.from(`-- ${text} --`).toString('base64')}`,
  'base64 in JSON, in lines': (text) =>
    JSON.stringify({
      file: Buffer.from(`# a file\n${text}\n# its end`)
        .toString('base64')
        .replaceAll(/(.{40})(?=.)/g, '$1\n'),
    }),
  'hexadecimal digits': (text) => `dump: ${Buffer.from(`-- ${text} --`).toString('hex')}`,
  'gzip in base64': (text) => JSON.stringify({ archive: gzipSync(`-- ${text} --`).toString('base64') }),
  'zlib in base64': (text) => `blob ${deflateSync(`-- ${text} --`).toString('base64')} end`,
  'URL-encoded twice': (text) => `https://a.com/?next=${encodeURIComponent(`/b?q=${encodeURIComponent(text)}`)}`,
  'escapes of JSON for every sign': (text) =>
    `{"text":"${Array.from(text, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"}`,
  'escapes of Python': (text) =>
    `b'${text.replaceAll(/[^A-Za-z0-9 \n]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`,
  'URL-encoded': (text) => `https://api.acme.com/v1?q=${encodeURIComponent(text)}&page=2`,
  'entities of HTML': (text) => `<p>${text.replaceAll(/[^A-Za-z0-9 \n]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</p>`,
  'split by a line end': (text, value) => {
    const middle = text.indexOf(value) + Math.ceil(value.length / 2);
    return `${text.slice(0, middle)}\n${text.slice(middle)}`;
  },
};

const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
const hex = (number: number, length: number): string => number.toString(16).padStart(length, '0');

/** Made by hand: a span for each secret, which has it in its name, its status, its messages, a tool's arguments and result, a header, an event and a list. */
export function plantedTrace(texts: readonly { readonly text: string; readonly value: string }[]): string {
  const spans = texts.map(({ text, value }, index) => ({
    traceId: hex(7, 32),
    spanId: hex(index + 1, 16),
    ...(index === 0 ? {} : { parentSpanId: hex(1, 16) }),
    name: index % 5 === 0 ? `execute_tool ${text.slice(0, 200)}` : 'chat m',
    kind: 1,
    startTimeUnixNano: String(1_780_000_000_000_000_000n + BigInt(index) * 1_000_000n),
    endTimeUnixNano: String(1_780_000_000_000_500_000n + BigInt(index) * 1_000_000n),
    attributes: [
      attribute('gen_ai.operation.name', index % 5 === 0 ? 'execute_tool' : 'chat'),
      attribute('gen_ai.request.model', 'm'),
      // A call with a price: what is paid for goes into the files of costs.
      attribute('gen_ai.response.model', 'gpt-5'),
      { key: 'gen_ai.usage.input_tokens', value: { intValue: '1000' } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: '10' } },
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.agent.name', `agent ${text.slice(0, 200)}`),
      attribute('gen_ai.system_instructions', JSON.stringify([{ type: 'text', content: text }])),
      attribute('gen_ai.tool.definitions', JSON.stringify([{ type: 'function', name: 'bash', description: text }])),
      attribute(
        'gen_ai.output.messages',
        JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: text }] }]),
      ),
      attribute('gen_ai.input.messages', JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }] }])),
      attribute('gen_ai.tool.call.arguments', JSON.stringify({ command: text })),
      attribute('gen_ai.tool.call.result', text),
      attribute('http.request.header.authorization', `Bearer ${value}`),
      {
        key: 'list',
        value: {
          arrayValue: { values: [{ stringValue: text }, { bytesValue: Buffer.from(text).toString('base64') }] },
        },
      },
      { key: `at ${text.slice(0, 300)}`, value: { boolValue: true } },
    ],
    events: [{ timeUnixNano: '1780000000000000001', name: text, attributes: [attribute('exception.message', text)] }],
    status: { code: 2, message: text },
  }));
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [attribute('service.name', 'planted')] },
        scopeSpans: [{ scope: { name: 'by hand', version: '1' }, spans }],
      },
    ],
  });
}

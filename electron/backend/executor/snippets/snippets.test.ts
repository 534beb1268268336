import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../backend.testing.ts';
import type { TemporaryDirectory } from '../../backend.testing.ts';
import { readTree } from '../../base/json-tree.ts';
import { endpointOf } from '../gateway/by-hand.ts';
import type { KnownFamily } from '../gateway/known-families.testing.ts';
import { formatOf, wireFormats } from '../gateway/wire-formats.ts';
import { writeCurl } from './curl.ts';
import type { CopiedCall } from './program.ts';
import { writePython } from './python.ts';
import { runProgram, startAskedServer } from './snippets.testing.ts';
import type { AskedServer } from './snippets.testing.ts';
import { writeTypescript } from './typescript.ts';

/** Programs out of hostile requests: each is really run, and asks for exactly what was recorded, and for nothing else. */

const python = process.env['RETAKE_TEST_PYTHON'] ?? 'python3';
let directory: TemporaryDirectory;
let server: AskedServer;

beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await startAskedServer();
  // Programs find the packages beside them, as in a user's project.
  symlinkSync(
    fileURLToPath(new URL('../../../../node_modules', import.meta.url)),
    join(directory.path, 'node_modules'),
  );
});
afterAll(async () => {
  await server.close();
  await directory.remove();
});

const owned = 'owned-by-a-trace';
const hostile = [
  '"; touch owned-by-a-trace; echo "',
  "'; touch owned-by-a-trace; echo '",
  '$(touch owned-by-a-trace) `touch owned-by-a-trace` ${HOME} $OPENAI_API_KEY',
  '\nRETAKE_REQUEST\ntouch owned-by-a-trace\n',
  '\r\nRETAKE_REQUEST\r\ntouch owned-by-a-trace',
  'EOF\nEOF\n!touch !! !$ !-1 ^a^b ! !"',
  '\\\\\\" \\u0022 \\x22 \\N{BULLET} \\',
  '"""\n__import__("os").system("touch owned-by-a-trace")\n"""',
  "'''+__import__('os').system('touch owned-by-a-trace')+'''",
  '${require("fs").writeFileSync("owned-by-a-trace","")} `+process.exit()+`',
  '*/ // # --> <!-- </script><script>alert(1)</script>',
  '\u0000\u0001\u0007\u001b[2J\u007f\u0085\u009b',
  '\u2028touch\u2029 \ufeff \u202e\u2066 \u200b \u{e0041}',
  'caf\u00e9 \u{1f600} \u{1f468}\u200d\u{1f469}',
  '%s %(x)s {x} {{x}} {0!r}',
];
const keys = ['__proto__', 'constructor', 'a-b', 'class', 'None', '', '1', '"', '$(x)', '\n', 'extra_body', 'timeout'];
const everything = Object.fromEntries(keys.map((key, at) => [key, hostile[at % hostile.length]]));
const text = hostile.join(' | ');

const requests: Readonly<Record<KnownFamily, string>> = {
  'openai.chat': JSON.stringify({
    model: hostile[0],
    messages: [{ role: 'system', content: text }, ...hostile.map((content) => ({ role: 'user', content }))],
    tools: [
      {
        type: 'function',
        function: { name: 'look', description: text, parameters: { type: 'object', properties: everything } },
      },
    ],
    temperature: 0.5,
    stop: hostile,
    reasoning_effort: 'low',
    unknown_member: [true, false, null, -1.5, 1e-7, everything, [], {}],
    ['__proto__']: 1,
  }).replace('"temperature":0.5', '"temperature":0.50,"seed":123456789'),
  'openai.responses': JSON.stringify({
    model: 'm',
    instructions: text,
    input: [
      { role: 'user', content: text },
      { type: 'function_call', call_id: 'c', name: 'look', arguments: JSON.stringify(everything) },
      { type: 'function_call_output', call_id: 'c', output: text },
    ],
    max_output_tokens: 9,
    prompt_cache_key: text,
    extra: everything,
  }),
  'anthropic.messages': JSON.stringify({
    model: 'm',
    max_tokens: 100,
    system: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }],
    messages: [
      { role: 'user', content: hostile.map((one) => ({ type: 'text', text: one })) },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'look', input: everything }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: text }] },
    ],
    service_tier: 'auto',
    extra: everything,
  }),
  'gemini.generate': JSON.stringify({
    systemInstruction: { parts: [{ text }] },
    contents: [
      { role: 'user', parts: hostile.map((one) => ({ text: one })) },
      { role: 'model', parts: [{ functionCall: { name: 'look', args: everything }, thoughtSignature: 'c2ln' }] },
      { role: 'user', parts: [{ functionResponse: { name: 'look', response: { result: text } } }] },
    ],
    tools: [
      { functionDeclarations: [{ name: 'look', description: text, parameters: { type: 'OBJECT', properties: {} } }] },
    ],
    generationConfig: {
      temperature: 0.5,
      maxOutputTokens: 9,
      stopSequences: ['"x"'],
      thinkingConfig: { thinkingBudget: 7 },
    },
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    extra: everything,
  }),
};
const families = Object.keys(requests) as KnownFamily[];

function callOf(family: KnownFamily, body: string, change: Partial<CopiedCall> = {}): CopiedCall {
  const { byHand } = formatOf(family);
  if (byHand === undefined) throw new Error(`${family} cannot be asked by hand.`);
  return {
    byHand,
    endpoint: endpointOf(byHand.home),
    model: "m'1 $(touch owned-by-a-trace) `x`",
    stream: false,
    body: readTree(body),
    notes: hostile,
    ...change,
  };
}

const key = 'the-key-of-the-environment';

/** Runs a program in a folder of its own, asking the server; says what came, and what the program left beside itself. */
async function asked(name: string, program: string, command: string, args: readonly string[]) {
  const cwd = join(directory.path, `run-${name}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(cwd);
  writeFileSync(join(cwd, name), program);
  const { code, output } = await runProgram(command, [...args, name], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: directory.path,
      PYTHONPATH: process.env['PYTHONPATH'],
      PYTHONDONTWRITEBYTECODE: '1',
      OPENAI_BASE_URL: `${server.url}/v1`,
      ANTHROPIC_BASE_URL: server.url,
      GOOGLE_GEMINI_BASE_URL: server.url,
      OPENAI_API_KEY: key,
      ANTHROPIC_API_KEY: key,
      GEMINI_API_KEY: key,
    },
  });
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
  expect(readdirSync(cwd)).toEqual([name]);
  const calls = server.take();
  expect(calls).toHaveLength(1);
  expect(calls[0]?.key).toBe(key);
  return calls[0];
}

test('every format of the list can be asked by hand', () => {
  expect(wireFormats.flatMap(({ family, byHand }) => (byHand === undefined ? [] : [family]))).toEqual(families);
});

describe.each(families)('%s asks for what was recorded', (family) => {
  const body = requests[family];
  const streamed = family === 'gemini.generate' ? body : body.replace('{', '{"stream":true,');

  test.each([false, true])('by curl, stream: %s', async (stream) => {
    const sent = stream ? streamed : body;
    const program = writeCurl(callOf(family, sent, { stream }));
    expect(program).not.toContain(key);
    // Signs that a terminal would act on are not in it.
    expect(/[^\n\x20-\x7e\u00a1-\uffff]/u.test(program.replaceAll(/[\u{1f000}-\u{1ffff}]/gu, ''))).toBe(false);
    expect(program.replaceAll('\\u0021', '')).not.toContain('!');
    const call = await asked('call.sh', program, 'bash', ['-eu']);
    expect(JSON.parse(call?.body ?? '')).toEqual(JSON.parse(sent));
    const byShell = await asked('call.sh', program, 'sh', ['-eu']);
    expect(byShell?.body).toBe(call?.body);
  });

  test.each([false, true])('in TypeScript, stream: %s', async (stream) => {
    const sent = stream ? streamed : body;
    const program = writeTypescript(callOf(family, sent, { stream }));
    const call = await asked('call.mts', program, process.execPath, ['--disable-warning=ExperimentalWarning']);
    expect(JSON.parse(call?.body ?? '')).toEqual(JSON.parse(sent));
  });

  const packages = {
    'openai.chat': 'openai',
    'openai.responses': 'openai',
    'anthropic.messages': 'anthropic',
    'gemini.generate': 'google.genai',
  }[family];
  const hasPackages = spawnSync(python, ['-c', `import ${packages}`]).status === 0;
  test.skipIf(!hasPackages).each([false, true])('in Python, stream: %s', async (stream) => {
    const sent = stream ? streamed : body;
    const call = await asked('call.py', writePython(callOf(family, sent, { stream })), python, []);
    expect(JSON.parse(call?.body ?? '')).toEqual(JSON.parse(sent));
  });
});

const hasPython = spawnSync(python, ['--version']).status === 0;

/** Any JSON, in texts of hostile pieces. */
const pieces = fc.constantFrom(
  ...hostile,
  '"',
  "'",
  '\\',
  '\n',
  'RETAKE_REQUEST',
  '\ud800',
  '\udc00',
  'a',
  ' ',
  '#',
  '!',
);
const anyText = fc.array(pieces, { maxLength: 4 }).map((list) => list.join(''));
const { tree: anyJson } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    anyText,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(anyText, tie('tree'), { maxKeys: 4 }),
  ),
}));
const samples = fc.sample(anyJson, { numRuns: 300, seed: 7 }).map((value) => ({ model: 'm', messages: [], value }));

test('any JSON reads back as itself in each language, and a shell sees one text', async () => {
  const calls = samples.map((body) => callOf('openai.chat', JSON.stringify(body), { notes: [] }));
  for (const [at, call] of calls.entries()) {
    const lines = writeCurl(call).split('\n');
    const from = lines.findIndex((line) => line.endsWith("<<'RETAKE_REQUEST'"));
    expect(lines.slice(-2)).toEqual(['RETAKE_REQUEST', '']);
    expect(lines.slice(from + 1, -2)).not.toContain('RETAKE_REQUEST');
    expect(JSON.parse(lines.slice(from + 1, -2).join('\n'))).toEqual(samples[at]);
    const literal = /create\(([^]*)\);\nconsole/.exec(writeTypescript(call))?.[1] ?? '';
    expect(runInThisContext(`(${literal})`)).toEqual(samples[at]);
  }
});

test.skipIf(!hasPython)('any JSON reads back as itself in Python', async () => {
  const programs = samples.map((body) => writePython(callOf('openai.chat', JSON.stringify(body), { notes: [] })));
  writeFileSync(join(directory.path, 'programs.json'), JSON.stringify(programs));
  // The call itself is replaced by one that prints its arguments.
  const reader = `
import json, types
class Client:
    def __getattr__(self, name): return self
    def __call__(self, **given):
        given.update(given.pop('extra_body', {}))
        print(json.dumps(given))
        return self
for program in json.load(open('programs.json', encoding='utf-8')):
    lines = program.split('\\n')
    call = '\\n'.join(lines[next(i for i, line in enumerate(lines) if line.startswith('response = ')):])
    exec(compile(call.replace('print(response.model_dump_json(indent=2))', ''), 'call', 'exec'), {'client': Client(), 'json': json})
`;
  const { code, output } = await runProgram(python, ['-c', reader], {
    cwd: directory.path,
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  });
  expect([code, code === 0 ? '' : output]).toEqual([0, '']);
  const read = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  // Half a sign cannot be sent: it is the sign for what cannot be read.
  const whole = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(/\\ud[89a-f][0-9a-f]{2}/g, '\ufffd'));
  expect(read).toEqual(samples.map(whole));
});

test('what is nested too deep for a literal is read as JSON', async () => {
  const deep = `${'['.repeat(900)}"${owned}\\""${']'.repeat(900)}`;
  const body = `{"model":"m","messages":[],"deep":${deep}}`;
  const call = callOf('openai.chat', body);
  const sent = await asked('call.mts', writeTypescript(call), process.execPath, [
    '--disable-warning=ExperimentalWarning',
  ]);
  expect(JSON.parse(sent?.body ?? '')).toEqual(JSON.parse(body));
  expect(JSON.parse((await asked('call.sh', writeCurl(call), 'bash', []))?.body ?? '')).toEqual(JSON.parse(body));
  expect(writePython(call)).toContain('json.loads(');
});

test('numbers keep every digit in curl and Python', () => {
  const body = '{"model":"m","messages":[],"seed":12345678901234567890,"x":0.10000000000000000001}';
  for (const written of [writeCurl(callOf('openai.chat', body)), writePython(callOf('openai.chat', body))]) {
    expect(written).toContain('12345678901234567890');
    expect(written).toContain('0.10000000000000000001');
  }
});

test('who is asked comes from a list or from the environment, never from a run', () => {
  const body = '{"model":"m","messages":[]}';
  const unknown = callOf('openai.chat', body, { endpoint: undefined });
  expect(writeCurl(unknown)).toContain('curl -sS "${OPENAI_BASE_URL:?}/chat/completions"');
  expect(writePython(unknown)).toContain('base_url=os.environ["OPENAI_BASE_URL"]');
  expect(writeTypescript(unknown)).toContain('baseURL: process.env["OPENAI_BASE_URL"]');
  const groq = callOf('openai.chat', body, { endpoint: endpointOf('groq') });
  expect(writeCurl(groq)).toContain('"https://api.groq.com/openai/v1/chat/completions"');
  expect(writeCurl(groq)).toContain('$GROQ_API_KEY');
  expect(writePython(groq)).toContain('base_url="https://api.groq.com/openai/v1", api_key=os.environ["GROQ_API_KEY"]');
});

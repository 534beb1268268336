import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startScriptedModel } from '../../e2e/agents/scripted-model.ts';
import { temporaryDirectory } from '../backend/backend.testing.ts';
import type { TemporaryDirectory } from '../backend/backend.testing.ts';
import { knownKeys } from '../backend/base/known-keys.testing.ts';

/** Keys that tools print, prompts hold and models repeat: in nothing that a recording, its takes and its exports leave behind. */
const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

/** Prints each key as the result of a tool and to its own output; the first ten stand in its instructions too. */
const agent = `
import { readFileSync } from 'node:fs';
const texts = JSON.parse(readFileSync(process.env.TEXTS, 'utf8'));
const messages = [{ role: 'system', content: 'You look after keys. ' + texts.slice(0, 10).join(' / ') }, { role: 'user', content: 'Show them.' }];
for (;;) {
  const response = await fetch(process.env.OPENAI_BASE_URL + '/chat/completions', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', messages, tools: [{ type: 'function', function: { name: 'print', parameters: { type: 'object' } } }] }) });
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls) { console.log(message.content); break; }
  for (const call of message.tool_calls) {
    const text = texts[JSON.parse(call.function.arguments).at];
    console.log(text);
    messages.push({ role: 'tool', tool_call_id: call.id, content: text });
  }
}`;

/** Everything that lies in a database, unpacked. */
function textsIn(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  const found: string[] = [];
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")
    .all()
    .map(({ name }) => String(name));
  for (const name of tables) {
    const rows = database.prepare(`SELECT * FROM "${name}"`);
    rows.setReadBigInts(true);
    for (const row of rows.iterate())
      for (const value of Object.values(row)) {
        if (typeof value === 'string') found.push(value);
        if (!(value instanceof Uint8Array)) continue;
        const bytes = Buffer.from(value);
        found.push(bytes.toString('latin1'));
        if (bytes.length > 4 && bytes.readUInt32LE(0) === 0xfd2f_b528)
          found.push(zstdDecompressSync(bytes).toString('latin1'));
      }
  }
  database.close();
  return found.join('\n');
}

test(
  `${knownKeys.length} kinds of keys, printed by tools, prompts and the model, are nowhere`,
  { timeout: 300_000 },
  async () => {
    const texts = knownKeys.map(({ text }) => text);
    writeFileSync(join(directory.path, 'texts.json'), JSON.stringify(texts));
    writeFileSync(join(directory.path, 'agent.mjs'), agent);
    const model = await startScriptedModel({
      script: ({ results }) =>
        results.length < texts.length
          ? Array.from({ length: 10 }, (_, step) => results.length + step)
              .filter((at) => at < texts.length)
              .map((at) => ({ name: 'print', arguments: { at } }))
          : undefined,
    });
    const environment = {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_BASE_URL$|^OTEL_|KEY/.test(name))),
      RETAKE_LIBRARY: join(directory.path, 'library'),
      TEXTS: join(directory.path, 'texts.json'),
    };
    const run = async (...words: readonly string[]) => {
      const child = spawn(process.execPath, [retake, ...words], {
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const [code] = (await once(child, 'close')) as [number | null];
      return { code, stdout, stderr };
    };
    const command = [process.execPath, join(directory.path, 'agent.mjs')];
    const recorded = await run('run', '--upstream', model.url, '--', ...command);
    expect([recorded.code, recorded.stderr]).toEqual([0, expect.stringContaining('recording run')]);
    const runId = recorded.stdout.trim().split('\n').at(-1) ?? '';
    // The model's last words repeat every result: the agent had each key as it was printed.
    const last = knownKeys.at(-1)?.key ?? '';
    expect(recorded.stdout).toContain(last);
    const take = await run('rerun', runId, '--from', '3', '--yes', '--upstream', model.url, '--', ...command);
    expect([take.code, take.stderr]).toEqual([0, expect.stringContaining('take ')]);
    await model.close();

    const exports = await Promise.all([
      run('export', runId),
      run('show', runId, '--messages'),
      run('show', runId, '--messages', '--json'),
    ]);
    for (const { code, stdout } of exports) expect([code, stdout.length > 10_000]).toEqual([0, true]);
    const library = environment.RETAKE_LIBRARY;
    const files = readdirSync(library).map((name) => join(library, name));
    const databases = files.filter((file) => file.endsWith('.db'));
    expect(databases.length).toBeGreaterThan(0);
    const places = {
      files: files.map((file) => readFileSync(file).toString('latin1')).join('\n'),
      databases: databases.map(textsIn).join('\n'),
      exports: exports.map(({ stdout }) => stdout).join('\n'),
      messages: `${recorded.stderr}${take.stderr}`,
    };
    // What is searched holds what was recorded.
    expect(places.databases).toContain('You look after keys.');
    const found = Object.entries(places).flatMap(([place, text]) =>
      knownKeys
        .filter(({ key }) => [key, JSON.stringify(key).slice(1, -1)].some((form) => text.includes(form)))
        .map(({ kind }) => `${kind} in ${place}`),
    );
    expect(found).toEqual([]);
  },
);

import { describe, expect, test } from 'vitest';
import { keyMark } from '../../../shared/model/key-mark.ts';
import { createKeyFinder, findKeys } from './key-shapes.ts';
import { knownKeys, ordinary } from './known-keys.testing.ts';
import { createSecrets } from './secrets.ts';

const clean = (text: string): string => createSecrets({}).cleanText(text);
/** As a key stands in JSON, with nothing around it. */
const inside = (text: string): string => JSON.stringify(text).slice(1, -1);

test('there are more than forty kinds', () => {
  expect(new Set(knownKeys.map(({ kind }) => kind)).size).toBeGreaterThan(40);
  expect(new Set(knownKeys.map(({ kind }) => kind)).size).toBe(knownKeys.length);
  for (const { text, key } of knownKeys) expect(text).toContain(key);
});

describe.each(knownKeys)('$kind', ({ text, key }) => {
  test('goes from a text, and nothing else does', () => {
    const [before, after] = text.split(key);
    expect(clean(text)).toBe(`${before}${keyMark}${after}`);
  });

  test('a text that was cleaned stays as it is', () => {
    expect(clean(clean(text))).toBe(clean(text));
  });

  test('goes from JSON, and from JSON inside JSON, which still read', () => {
    for (const depth of [1, 2, 3]) {
      let json = `so: ${text}\nand more`;
      let secret = key;
      for (let at = 0; at < depth; at++) [json, secret] = [JSON.stringify({ content: json }), inside(secret)];
      const cleaned = clean(json);
      expect(cleaned).not.toContain(secret);
      expect(cleaned).toContain(keyMark);
      let read: unknown = cleaned;
      for (let at = 0; at < depth; at++) read = (JSON.parse(read as string) as { readonly content: string }).content;
      expect(read).toBe(clean(`so: ${text}\nand more`));
    }
  });

  test('goes where .NET wrote the JSON', () => {
    const json = JSON.stringify({ content: `so:\n${text}\nand more` }).replace(
      /\\"|'|`|\+|&|<|>/g,
      (sign) => `\\u00${(sign.codePointAt(sign.length - 1) ?? 0).toString(16).toUpperCase()}`,
    );
    const cleaned = clean(json);
    expect((JSON.parse(cleaned) as { readonly content: string }).content).not.toContain(key);
  });

  test('goes from a stream, however it is cut', () => {
    for (const size of [1, 3, 7, 20]) {
      const stream = createSecrets({}).stream();
      let made = '';
      for (let at = 0; at < text.length; at += size) made += stream.take(text.slice(at, at + size));
      made += stream.end();
      expect(made).toBe(clean(text));
    }
  });

  test('goes from lines of output', () => {
    const line = createSecrets({}).lines();
    const kept = text.split('\n').map(line).join('\n');
    for (const part of key.split('\n')) expect(kept).not.toContain(part);
  });
});

test.each(ordinary)('stays: %s', (text) => {
  expect(clean(text)).toBe(text);
  expect(clean(JSON.stringify({ text }))).toBe(JSON.stringify({ text }));
});

test('numbers, lists and objects of JSON stay what they are', () => {
  for (const value of [123456, true, null, 1e21, [1, 2], { a: 'b' }, -1.5])
    expect(JSON.parse(clean(JSON.stringify({ password: value, api_key: value, secrets: value })))).toEqual({
      password: value,
      api_key: value,
      secrets: value,
    });
});

test('a key that was named goes from where it stands without its name, too', () => {
  const secrets = createSecrets({});
  const key = 'Zx9-Kq4w8Lm2Nv7Bp1Rt6';
  expect(secrets.cleanText(`SERVICE_TOKEN=${key}`)).toBe(`SERVICE_TOKEN=${keyMark}`);
  expect(secrets.cleanText(`It is ${key}.`)).toBe(`It is ${keyMark}.`);
  expect(secrets.cleanText('DB_PASSWORD=postgres, and postgres runs')).toBe(
    `DB_PASSWORD=${keyMark}, and postgres runs`,
  );
});

test('variables of the environment that hold keys by their names are known', () => {
  const secrets = createSecrets({
    MISTRAL_KEY: 'Zx9Kq4w8Lm2Nv7',
    DB_PASSWORD: 'p4ss-Word9',
    POSTGRES_PASSWORD: 'postgres',
    EDITOR: 'Zx9Kq4w8',
  });
  expect(secrets.cleanText('a Zx9Kq4w8Lm2Nv7 b p4ss-Word9 c postgres d Zx9Kq4w8')).toBe(
    `a ${keyMark} b ${keyMark} c postgres d Zx9Kq4w8`,
  );
});

test('hostile text is read once: what is looked at grows with the text, not with its square', () => {
  for (const piece of [
    'password=',
    'api_key="',
    "'token':'",
    'key=',
    '://a:',
    '-----BEGIN PRIVATE KEY-----',
    'Bearer ',
    'eyJaaaaaaaaaa.',
    'sk-',
    '\\\\',
    'API_KEYS=["',
  ])
    expect(findKeys(piece.repeat(20_000)).length).toBeLessThan(20_001);
});

test('texts that begin alike are looked through from where they part, with the same outcome', () => {
  const find = createKeyFinder(0);
  const blocks = knownKeys.map(({ text }) => `{"content":${JSON.stringify(text)}}, ${'some words '.repeat(400)}`);
  let text = '';
  for (const block of blocks) {
    text += block;
    expect(find(text)).toEqual(findKeys(text));
    expect(find(`${text.slice(0, -2_000)}API_KEY=`)).toEqual(findKeys(`${text.slice(0, -2_000)}API_KEY=`));
  }
});

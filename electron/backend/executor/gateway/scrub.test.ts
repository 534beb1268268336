import { describe, expect, test } from 'vitest';
import { scrub } from './scrub.ts';

/** As the clients write it; the folder is that of the run (Gemini CLI 0.61, Qwen Code 0.24). */
const gemini = (listing: string): string =>
  `<session_context>\nThis is the Gemini CLI.\n- **Workspace Directories:**\n  - /home/dev/shop\n- **Directory Structure:**\n\nShowing up to 200 items (files + folders).\n\n/home/dev/shop/\n${listing}\n\n\n</session_context>`;
const qwen = (listing: string): string =>
  `Here is the folder structure of the current working directories:\n\nShowing up to 20 items:\n\n/home/dev/shop/\n${listing}`;
const before = '├───notes.txt\n└───src/\n    └───a.ts';
const after = '├───left.txt\n├───notes.txt\n└───src/\n    ├───a.ts\n    │   └───b.ts\n    └───...';

describe('the folder that a client tells the model of', () => {
  test.each([
    ['Gemini CLI', gemini],
    ['Qwen Code', qwen],
  ])('%s: what the run left in it is no difference, and is said', (_client, text) => {
    const recorded = scrub(text(before));
    expect(scrub(text(after)).text).toBe(recorded.text);
    expect(scrub(text('')).text).toBe(recorded.text);
    expect(scrub(text('').trimEnd()).text).toBe(recorded.text);
    expect(recorded.hits).toContain('folder listing');
  });

  test('another folder, another task after it, and the output of a tool that lists files are differences', () => {
    const recorded = scrub(gemini(before)).text;
    expect(scrub(gemini(before).replaceAll('/shop', '/other')).text).not.toBe(recorded);
    expect(scrub(`${gemini(after)} Tidy up.`).text).not.toBe(scrub(`${gemini(before)} Say hello.`).text);
    expect(scrub(`tree .\n${after}`).text).not.toBe(scrub(`tree .\n${before}`).text);
  });

  test('a long text that looks like one is read to its end', () => {
    // With a pattern that starts again at each line's beginning this would not end before the test's limit.
    const long = qwen('│   '.repeat(2_000_000)) + '├'.repeat(2_000_000);
    expect(scrub(long).text.length).toBeGreaterThan(4_000_000);
  });
});

describe('an id leaves the same text, whatever chance has made of its characters', () => {
  test.each([
    ['a prefix and letters of both cases', ['ord_5ecad45g7a', 'ord_7SetYurHQz', 'ord_0FWN5DVALQ', 'ord_30vR44M249']],
    ['the first eight digits of a UUID', ['a1b2c3d4', '12345678', '9e8d7c6b', '00000001']],
    ['after a number sign', ['#a1b2c3d4', '#12345678']],
  ])('%s', (_name, ids) => {
    const texts = ids.map((id) => scrub(`Check KEY=${id}; and 54321.`));
    expect(new Set(texts.map(({ text }) => text)).size).toBe(1);
    // Where it stands among the values is the same as well: they are compared one for one.
    for (const { values } of texts) expect(values.at(-1)).toEqual({ kind: 'number', value: '54321' });
    expect(new Set(texts.map(({ values }) => values.length))).toEqual(new Set([2]));
  });

  test('what the prefix says is no chance', () => {
    expect(scrub('of ord_5ecad45g7a').text).not.toBe(scrub('of cus_5ecad45g7a').text);
  });
});

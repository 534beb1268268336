import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importParts, makeZip, tarHeader } from './archives.testing.ts';
import type { Part } from './archives.testing.ts';
import { fixturePath } from './otlp/otlp.testing.ts';
import { unpackBounds } from './reading/unpack-budget.ts';

/** Archives made by the system's own programs, where it has them. */
const folder = mkdtempSync(join(tmpdir(), 'retake-archives-'));
const tree = join(folder, 'tree');
const has = (program: string): boolean => {
  try {
    execFileSync(
      program,
      [program === 'python3' ? '-c' : '--version', 'pass'].slice(0, program === 'python3' ? 2 : 1),
      {
        stdio: 'ignore',
      },
    );
    return true;
  } catch {
    return false;
  }
};
const run = (program: string, ...given: readonly string[]): void =>
  void execFileSync(program, given, { cwd: tree, stdio: 'ignore' });
const python = (script: string): void => void execFileSync('python3', ['-c', script], { cwd: tree, stdio: 'ignore' });
const made = (name: string): Buffer => readFileSync(join(folder, name));

beforeAll(() => {
  mkdirSync(join(tree, 'runs'), { recursive: true });
  cpSync(fixturePath('tau-bench/1/results.json'), join(tree, 'runs/results.json'));
  cpSync(fixturePath('swe-agent/1.0/greeting.traj'), join(tree, 'runs/greeting.traj'));
  cpSync(fixturePath('otel-plain/proto/traces.jsonl'), join(tree, 'traces.jsonl'));
  writeFileSync(join(tree, 'traces.jsonl.gz'), gzipSync(readFileSync(join(tree, 'traces.jsonl'))));
  writeFileSync(join(tree, 'notes.txt'), 'not a trace');
});
afterAll(() => rmSync(folder, { recursive: true }));

const inTree: Readonly<Record<string, readonly [format: string, spans: number]>> = {
  'runs/results.json': ['tau-bench', 16],
  'runs/greeting.traj': ['swe-agent', 7],
  'traces.jsonl': ['otlp-json-lines', 18],
  'traces.jsonl.gz': ['otlp-json-lines+gzip', 18],
  'notes.txt': ['unknown', 0],
};

function expectTree(parts: readonly Part[], name: string): void {
  const found = parts.map(({ path, format, spans }): [string, [string, number]] => [
    path.replace(`${name} › `, '').replace(/^\.\//, ''),
    [format, spans],
  ]);
  expect(Object.fromEntries(found)).toEqual(inTree);
}

describe('each entry of an archive is read by its own source', () => {
  test.skipIf(!has('zip')).each([
    ['deflated', ['-q', '-r', '../made.zip', '.']],
    ['stored', ['-q', '-0', '-r', '../made.zip', '.']],
    ['streamed, with data descriptors and zip64', ['-q', '-fd', '-fz', '-r', '../made.zip', '.']],
  ])('zip, %s', async (_form, given) => {
    rmSync(join(folder, 'made.zip'), { force: true });
    run('zip', ...given);
    expectTree(await importParts(made('made.zip'), 'made.zip'), 'made.zip');
  });

  test.skipIf(!has('python3')).each([
    [
      'streamed to a pipe',
      `import zipfile, sys, os
class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): self.f.flush()
z = zipfile.ZipFile(Pipe(open('../made.zip', 'wb')), 'w', zipfile.ZIP_DEFLATED)
for root, _, names in os.walk('.'):
    for name in names: z.write(os.path.join(root, name))
z.close()`,
    ],
    [
      'zip64 and a program in front',
      `import zipfile, os
out = open('../made.zip', 'wb'); out.write(b'#!/usr/bin/env python3' + bytes([10]))
z = zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED)
for root, _, names in os.walk('.'):
    for name in names:
        with z.open(os.path.relpath(os.path.join(root, name), '.'), 'w', force_zip64=True) as entry: entry.write(open(os.path.join(root, name), 'rb').read())
z.close(); out.close()
data = open('../made.zip', 'rb').read(); open('../made.zip', 'wb').write(data[23:])`,
    ],
  ])('zip of Python, %s', async (_form, script) => {
    rmSync(join(folder, 'made.zip'), { force: true });
    python(script);
    expectTree(await importParts(made('made.zip'), 'made.zip'), 'made.zip');
  });

  test.skipIf(!has('tar')).each([
    ['gnu', ['--format=gnu', '-cf']],
    ['ustar', ['--format=ustar', '-cf']],
    ['pax', ['--format=pax', '-cf']],
    ['gzip', ['-czf']],
  ])('tar, %s', async (form, given) => {
    run('tar', ...given, '../made.tar', '.');
    const name = 'made.tar';
    expectTree(await importParts(made('made.tar'), name), name);
    if (form !== 'gzip') expectTree(await importParts(zstdCompressSync(made('made.tar')), name), name);
  });

  test.skipIf(!has('tar'))('tar with names longer than a header has room for, and links', async () => {
    const deep = join(tree, 'n'.repeat(90), 'm'.repeat(90), 'l'.repeat(90));
    mkdirSync(deep, { recursive: true });
    cpSync(join(tree, 'traces.jsonl'), join(deep, 'long.jsonl'));
    symlinkSync('/etc/hostname', join(deep, 'link'));
    for (const format of ['gnu', 'pax']) {
      run('tar', `--format=${format}`, '-cf', '../made.tar', 'n'.repeat(90));
      const parts = await importParts(made('made.tar'), 'made.tar');
      const [file] = parts.filter(({ path }) => path.endsWith('/long.jsonl'));
      expect([file?.path.length, file?.spans]).toEqual(['made.tar › '.length + 3 * 91 + 'long.jsonl'.length, 18]);
      expect(parts.find(({ path }) => path.endsWith('/link'))?.skipped[0]).toMatch(
        /links in archives are not followed/,
      );
    }
    rmSync(join(tree, 'n'.repeat(90)), { recursive: true });
  });

  test('archives in archives', async () => {
    const inner = makeZip([{ name: 'a.jsonl', content: readFileSync(join(tree, 'traces.jsonl')) }]);
    const outer = makeZip([
      { name: 'inner.zip', content: inner },
      { name: 'inner.zip.gz', content: gzipSync(inner) },
    ]);
    expect((await importParts(outer, 'outer.zip')).map(({ path, spans }) => [path, spans])).toEqual([
      ['outer.zip › inner.zip › a.jsonl', 18],
      ['outer.zip › inner.zip.gz › a.jsonl', 18],
    ]);
  });

  test('an archive of another program is named, its entries are not', async () => {
    const log = makeZip([
      { name: 'trace.trace', content: Buffer.from('{}') },
      { name: 'trace.network', content: Buffer.from('{}') },
    ]);
    const parts = await importParts(log, 'trace.zip');
    expect(parts.map(({ path, format }) => [path, format])).toEqual([['trace.zip', 'unknown']]);
    expect(parts[0]?.skipped[0]).toMatch(/^looks like a trace of Playwright: not read yet\. Retake reads/);
  });

  test('an archive without files says so', async () => {
    expect(await importParts(makeZip([]), 'empty.zip')).toMatchObject([
      { path: 'empty.zip', format: 'empty', warnings: ['the archive holds no files'] },
    ]);
  });
});

describe('hostile and broken archives', () => {
  const line = readFileSync(fixturePath('otel-plain/proto/traces.jsonl'));

  test('one that unpacks to far more than it is ends at its bounds; what came before is kept', async () => {
    const zeros = Buffer.alloc(64 * 1024 * 1024, ' ');
    const bounds = { ...unpackBounds, ratio: 100, ratioFrom: 1024 * 1024 };
    const bomb = makeZip([
      { name: 'first.jsonl', content: line },
      { name: 'bomb.bin', content: Buffer.concat([line, zeros]) },
      { name: 'never.jsonl', content: line },
    ]);
    const parts = await importParts(bomb, 'bomb.zip', { bounds });
    expect(parts.map(({ path, spans }) => [path, spans])).toEqual([
      ['bomb.zip › first.jsonl', 18],
      ['bomb.zip › bomb.bin', 18],
      ['bomb.zip', 0],
    ]);
    expect(parts.at(-1)?.skipped[0]).toMatch(
      /more than 100 times its size comes out of it: it is not unpacked any further/,
    );
    const [packed] = await importParts(gzipSync(Buffer.concat([line, zeros])), 'bomb.gz', { bounds });
    expect([packed?.spans, packed?.skipped.at(-1)]).toEqual([
      18,
      expect.stringMatching(/more than 100 times its size/),
    ]);
    const most = { ...unpackBounds, unpackedBytes: 1024 * 1024 };
    const [limited] = await importParts(zstdCompressSync(Buffer.concat([line, zeros])), 'bomb.zst', { bounds: most });
    expect(limited?.skipped.at(-1)).toMatch(/more than 1 MiB come out of it/);
  });

  test('nested without end: opened to a depth, then left out', async () => {
    let archive = makeZip([{ name: 'a.jsonl', content: line }]);
    for (let depth = 0; depth < 6; depth++) archive = makeZip([{ name: 'in.zip', content: archive }]);
    expect(await importParts(archive, 'nest.zip')).toMatchObject([
      {
        path: 'nest.zip › in.zip › in.zip › in.zip',
        format: 'unknown',
        skipped: ['archives are opened to a depth of 3; this one lies deeper and was left out'],
      },
    ]);
  });

  test('a large zip within another is not gathered', async () => {
    const inner = makeZip([{ name: 'a', content: Buffer.alloc(3 * 1024 * 1024), method: 0 }]);
    const parts = await importParts(makeZip([{ name: 'inner.zip', content: inner }]), 'outer.zip', {
      bounds: { ...unpackBounds, nestedZipBytes: 2 * 1024 * 1024 },
    });
    expect(parts[0]?.skipped[0]).toMatch(/^a zip archive of more than 2 MiB inside another file is not read/);
  });

  test('names that lead out are text: the content is read, nothing is written', async () => {
    const names = ['../../etc/passwd', '/etc/passwd', 'C:\\windows\\x', '__proto__', 'a\u0000b', 'x'.repeat(5_000)];
    const parts = await importParts(makeZip(names.map((name) => ({ name, content: line }))), 'names.zip');
    expect(parts.map(({ path, spans }) => [path.slice('names.zip › '.length), spans])).toEqual(
      names.map((name) => [name.slice(0, 1_000), 18]),
    );
  });

  test('entries that cannot be read are told one by one', async () => {
    const parts = await importParts(
      makeZip([
        { name: 'secret', content: line, flags: 1 },
        { name: 'lzma', content: line, method: 14 },
        { name: 'link', content: Buffer.from('/etc/passwd'), mode: 0o120_777 },
        { name: 'broken', content: line, crc: 1 },
        { name: 'good', content: line },
      ]),
      'mixed.zip',
    );
    expect(parts.map(({ spans, skipped }) => [spans, skipped[0]])).toEqual([
      [0, 'was not read: it is encrypted'],
      [0, 'was not read: it is compressed with method 14, which Retake does not read'],
      [0, 'was not read: it is a link; links in archives are not followed'],
      [18, expect.stringMatching(/its checksum is another than the archive says\); what came before was kept$/)],
      [18, undefined],
    ]);
  });

  test('cut off anywhere: never a failure, and a reason', async () => {
    const zip = makeZip([
      { name: 'a.jsonl', content: line },
      { name: 'b.jsonl', content: line },
    ]);
    const tar = Buffer.concat([
      tarHeader('a.jsonl', line.length),
      line,
      Buffer.alloc((512 - (line.length % 512)) % 512),
      tarHeader('b.jsonl', line.length),
      line,
    ]);
    for (const whole of [zip, tar, gzipSync(tar)]) {
      for (const share of [0.1, 0.4, 0.6, 0.99]) {
        const parts = await importParts(whole.subarray(0, Math.floor(whole.length * share)), 'cut');
        expect(parts.some(({ skipped }) => skipped.some((reason) => /cut off|broken/.test(reason)))).toBe(true);
      }
    }
    const parts = await importParts(tar.subarray(0, tar.length - 600), 'cut.tar');
    expect(parts[0]).toMatchObject({ path: 'cut.tar › a.jsonl', spans: 18, skipped: [] });
    expect(parts.at(-1)).toMatchObject({ path: 'cut.tar', format: 'unknown' });
  });

  test('bytes changed at random: never a failure', async () => {
    const zip = makeZip([
      { name: 'a.jsonl', content: line.subarray(0, 2_000) },
      { name: 'b.jsonl', content: line.subarray(0, 2_000) },
    ]);
    const tar = Buffer.concat([tarHeader('a', 2_000), line.subarray(0, 2_000), Buffer.alloc(48 + 1_024)]);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 300; round++) {
      for (const whole of [zip, tar]) {
        const bytes = Buffer.from(whole);
        for (let changes = 0; changes < 4; changes++) bytes[4 + random(bytes.length - 4)] = random(256);
        await importParts(bytes, 'changed');
      }
    }
  });

  test('more entries than are opened: the list is bounded and the rest is told', async () => {
    const content = Buffer.from('x');
    const many = makeZip(Array.from({ length: 1_200 }, (_, index) => ({ name: `${index}`, content, method: 0 })));
    const parts = await importParts(many, 'many.zip', { bounds: { ...unpackBounds, entries: 1_000 } });
    expect(parts).toHaveLength(1_001);
    expect(parts.at(-1)?.skipped[0]).toMatch(/it holds more than 1000 files: 200 were left out/);
  });
});

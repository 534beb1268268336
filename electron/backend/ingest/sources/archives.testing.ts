import { crc32, deflateRawSync } from 'node:zlib';
import type { Skipped } from '../../telemetry/raw-span.ts';
import type { ImportResult } from './file-import.ts';
import { importInto } from './import-file.ts';
import type { ImportOptions } from './import-file.ts';
import { collect } from './otlp/otlp.testing.ts';

/** For tests of archives: what came of each part of an import, and archives that no program would write. */
export interface Part {
  readonly path: string;
  readonly format: string;
  readonly spans: number;
  readonly skipped: readonly string[];
  readonly warnings: readonly string[];
}

export async function importParts(bytes: Buffer, name: string, options: ImportOptions = {}): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let collected = collect();
  await importInto(
    { name, bytes },
    {
      begin() {
        collected = collect();
        return collected.sink;
      },
      end({ path, format }: ImportResult) {
        const { spans, skipped, warnings } = collected;
        parts.push({
          path,
          format,
          spans: spans.length,
          skipped: skipped.map(({ reason }: Skipped) => reason),
          warnings,
        });
      },
    },
    options,
  );
  return parts;
}

export interface MadeEntry {
  readonly name: string;
  readonly content: Buffer;
  readonly flags?: number;
  readonly method?: number;
  /** As Unix has it. */
  readonly mode?: number;
  readonly crc?: number;
}

/** A zip archive with anything in its headers. */
export function makeZip(entries: readonly MadeEntry[]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const { name, content, flags = 0x800, method = 8, mode = 0o100_644, crc = crc32(content) } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content;
    const bytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(45, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(crc, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(bytes.length, 22);
    const local = Buffer.concat([Buffer.from('PK\u0003\u0004', 'latin1'), common, bytes, packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(at, 10);
    list.push(Buffer.concat([Buffer.from('PK\u0001\u0002', 'latin1'), Buffer.from([45, 3]), common, rest, bytes]));
    parts.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(list);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(Math.min(0xffff, entries.length), 8);
  end.writeUInt16LE(Math.min(0xffff, entries.length), 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, directory, end]);
}

export function tarHeader(name: string, size: number, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\0', 257);
  header.write('00', 263);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

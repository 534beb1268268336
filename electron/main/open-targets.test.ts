import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readArguments } from './open-targets.ts';

describe('arguments', () => {
  test('are files, relative to where the program was started', () => {
    expect(readArguments(['traces.jsonl', '/data/run.pb'], '/home/user').paths).toEqual([
      resolve('/home/user', 'traces.jsonl'),
      resolve('/data/run.pb'),
    ]);
  });

  test('switches of Electron and Chromium are passed over', () => {
    const given = readArguments(['--no-sandbox', '--inspect=0', '--user-data-dir=/tmp/x', 'a.json'], '/w');
    expect(given).toEqual({
      paths: [resolve('/w', 'a.json')],
      hash: undefined,
      library: undefined,
      otlpPort: undefined,
      otlpGrpcPort: undefined,
    });
  });

  test('name the library and the ports', () => {
    expect(readArguments(['--library', 'lib', '--otlp-port=0', '--otlp-grpc-port', '5317'], '/w')).toEqual({
      paths: [],
      hash: undefined,
      library: resolve('/w', 'lib'),
      otlpPort: '0',
      otlpGrpcPort: '5317',
    });
  });

  test('after `--` everything is a file, whatever it looks like', () => {
    expect(readArguments(['--', '--library'], '/w').paths).toEqual([resolve('/w', '--library')]);
  });

  test('a link is no file', () => {
    expect(readArguments(['retake://run/abc?step=10', 'a.json'], '/w')).toMatchObject({
      paths: [resolve('/w', 'a.json')],
      hash: '#/run/abc?step=10',
    });
  });
});

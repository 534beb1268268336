import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildWhatChanged } from '../../.config/build.ts';
import { wordsOf } from '../../shared/words-of.ts';
import { defaultLibraryDirectory } from '../backend/base/library-directory.ts';
import { runDesktop } from './start/desktop.ts';

/**
 * `npm start [-- FILES]`: builds what is out of date and opens Retake. The Electron window where its binary is there or can be
 * downloaded; otherwise the same app in a Chromium window or the default browser, with one line that says why; without a
 * display only the address. RETAKE_BROWSER=1 chooses the browser. Where a Retake runs with the same library, that one is shown.
 *
 * `--library DIR`, `--otlp-port N` and `--otlp-grpc-port N` are understood by both.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { library: { type: 'string' }, 'otlp-port': { type: 'string' }, 'otlp-grpc-port': { type: 'string' } },
  });
  const otlpPort = portOf(values['otlp-port'], 4318);
  const otlpGrpcPort = portOf(values['otlp-grpc-port'], 4317);
  const libraryDirectory =
    values.library === undefined ? defaultLibraryDirectory(process.env, process.platform) : resolve(values.library);
  const files = positionals.filter((text) => !/^retake:/i.test(text));
  const browser = await import('./start/browser-session.ts');
  if (await browser.handedOver(libraryDirectory, files)) return 0;
  await buildWhatChanged();
  const outcome = await runDesktop(root, argv, process.env);
  if (outcome.kind === 'ended') return outcome.exitCode;
  await browser.runInBrowser({ libraryDirectory, paths: files, otlpPort, otlpGrpcPort, reason: outcome.reason });
  return 0;
}

function portOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new Error(`${text} is not a port: give a whole number from 0 to 65535.`);
  return value;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`retake: ${wordsOf(error)}\n`);
  process.exitCode = 1;
}

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { hashOfLink, isDeepLink } from '../../shared/deep-link.ts';

/**
 * What the window is asked to show when Retake starts, when a second Retake is started, and when the system hands over
 * a file or a link: the arguments of a process, understood.
 */
export interface OpenTargets {
  /** Absolute paths of files and folders to import. */
  readonly paths: readonly string[];
  /** Where to go, as a hash of shared/location.ts; the last link wins. */
  readonly hash: string | undefined;
}

export interface LaunchArguments extends OpenTargets {
  /** Folder of the library when it is not the default one. */
  readonly library: string | undefined;
  readonly otlpPort: string | undefined;
  readonly otlpGrpcPort: string | undefined;
}

/** The values that are our own; Electron's and Chromium's switches stand in the same list and are passed over. */
const options = {
  library: { type: 'string' },
  'otlp-port': { type: 'string' },
  'otlp-grpc-port': { type: 'string' },
} as const;

/**
 * @param argv arguments without the executable and, in a checkout, without the folder of the app
 * @param directory what relative paths are relative to
 */
export function readArguments(argv: readonly string[], directory: string): LaunchArguments {
  const { values, positionals } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true });
  const links = positionals.filter(isDeepLink);
  const library = textOf(values['library']);
  return {
    paths: positionals.filter((text) => text !== '' && !isDeepLink(text)).map((path) => resolve(directory, path)),
    hash: hashOfLink(links.at(-1)),
    library: library === undefined ? undefined : resolve(directory, library),
    otlpPort: textOf(values['otlp-port']),
    otlpGrpcPort: textOf(values['otlp-grpc-port']),
  };
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { formatLocation, parseLocation } from '../../shared/location.ts';

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

export const deepLinkScheme = 'retake';

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

/**
 * `retake://run/<id>?step=10` → `#/run/<id>?step=10`. A link can only navigate: it passes the location's schema, and
 * anything that does not fit leads to the list of runs. Undefined when there is no link.
 */
export function hashOfLink(link: string | undefined): string | undefined {
  if (link === undefined || !isDeepLink(link)) return undefined;
  return formatLocation(parseLocation(link.slice(deepLinkScheme.length + 3).replace(/\/(?=\?|$)/, '')));
}

function isDeepLink(text: string): boolean {
  return text.toLowerCase().startsWith(`${deepLinkScheme}://`);
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

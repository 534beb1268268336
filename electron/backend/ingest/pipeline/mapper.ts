import type { RunMapping } from '../../library/library.ts';
import { assemblyVersion } from '../assemble/assemble.ts';
import type { Convention } from '../conventions/convention.ts';
import { conventions } from '../conventions/conventions.ts';
import type { LogConvention } from '../conventions/log-convention.ts';
import { logConventions } from '../conventions/log-conventions.ts';

/**
 * All that decides what becomes of spans and logs, with its versions: libraries keep what each run was mapped with, and what a change
 * applies to is mapped again (remap.ts).
 */
export interface Mapper {
  readonly conventions: readonly Convention[];
  readonly logConventions: readonly LogConvention[];
  readonly assemblyVersion: number;
}

/** What this program maps with. */
export const mapper: Mapper = { conventions, logConventions, assemblyVersion };

/** What had a part in a run as it was read last. */
export interface Applied {
  readonly conventions: ReadonlySet<Convention>;
  readonly logConventions: ReadonlySet<LogConvention>;
}

const assemblyKey = 'assembly';
const conventionKey = ({ id }: Convention): string => `convention ${id}`;
const logConventionKey = ({ id }: LogConvention): string => `logs ${id}`;

/** What the library keeps of a run: all versions there were, since what did not apply then may do so with another one. */
export function mappingOf(by: Mapper, applied: Applied): RunMapping {
  return {
    versions: versionsOf(by),
    applied: new Set([
      ...[...applied.conventions].map(conventionKey),
      ...[...applied.logConventions].map(logConventionKey),
    ]),
  };
}

/** For a run that stays as it is: nothing of what changed applies to it. */
export function unchangedMapping(by: Mapper, before: RunMapping): RunMapping {
  return { versions: versionsOf(by), applied: before.applied };
}

const knownVersions = new WeakMap<Mapper, ReadonlyMap<string, number>>();

function versionsOf(by: Mapper): ReadonlyMap<string, number> {
  let versions = knownVersions.get(by);
  if (versions === undefined) {
    versions = new Map([
      [assemblyKey, by.assemblyVersion],
      ...by.conventions.map((item): [string, number] => [conventionKey(item), item.version]),
      ...by.logConventions.map((item): [string, number] => [logConventionKey(item), item.version]),
    ]);
    knownVersions.set(by, versions);
  }
  return versions;
}

/** What a run needs that was mapped by another program. */
export type RemapPlan =
  | { readonly kind: 'nothing' }
  /** Something that had a part in it has another version now, or is gone. */
  | { readonly kind: 'assemble' }
  /** Only if one of these applies to it: new ones, and changed ones that did not apply before. */
  | {
      readonly kind: 'ask';
      readonly conventions: readonly Convention[];
      readonly logConventions: readonly LogConvention[];
    };

export function planRemap(by: Mapper, before: RunMapping): RemapPlan {
  const versions = versionsOf(by);
  const changed = (key: string): boolean => before.versions.get(key) !== versions.get(key);
  if (changed(assemblyKey) || [...before.applied].some(changed)) return { kind: 'assemble' };
  const asked = {
    conventions: by.conventions.filter((item) => changed(conventionKey(item))),
    logConventions: by.logConventions.filter((item) => changed(logConventionKey(item))),
  };
  return asked.conventions.length + asked.logConventions.length === 0 ? { kind: 'nothing' } : { kind: 'ask', ...asked };
}

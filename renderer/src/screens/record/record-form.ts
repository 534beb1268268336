import type { RecordRequest } from '../../../../shared/model/take.ts';
import { isAddress, readLaunch } from '../../lib/launch-form.ts';

export interface RecordForm {
  readonly command: string;
  readonly folder: string;
  readonly name: string;
  readonly upstream: string;
}

export const emptyRecord: RecordForm = { command: '', folder: '', name: '', upstream: '' };

export interface BuiltRecord {
  readonly request: RecordRequest | undefined;
  readonly problems: ReadonlyMap<keyof RecordForm, string>;
  /** What should be known of the command, and does not stand in the way. */
  readonly hint: string | undefined;
}

export function recordRequestOf(form: RecordForm): BuiltRecord {
  const problems = new Map<keyof RecordForm, string>();
  const hints = new Map<'command' | 'folder', string>();
  const launch = readLaunch(form.command, form.folder, problems, hints);
  if (launch === undefined && problems.size === 0) problems.set('command', 'The command that starts your agent.');
  const upstream = form.upstream.trim();
  if (upstream !== '' && !isAddress(upstream))
    problems.set('upstream', 'An http or https address, e.g. http://127.0.0.1:11434/v1');
  const name = form.name.trim();
  return {
    problems,
    hint: hints.get('command'),
    request:
      launch === undefined || problems.size > 0
        ? undefined
        : { launch, ...(name === '' ? {} : { name }), ...(upstream === '' ? {} : { upstream }) },
  };
}

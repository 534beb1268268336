import type { AgentBreaks, Break } from '../../../../shared/model/break.ts';
import { nameOf } from '../../../../shared/model/run-name.ts';
import type { RecordRequest } from '../../../../shared/model/take.ts';
import { emptyDraft, isEmptyDraft, notAddedText } from '../../lib/break-form.ts';
import type { BreakDraft } from '../../lib/break-form.ts';
import { splitCommand } from '../../lib/command-words.ts';
import { isAddress, readLaunch } from '../../lib/launch-form.ts';

export interface RecordForm {
  readonly command: string;
  readonly folder: string;
  readonly name: string;
  readonly upstream: string;
  /** Undefined: those that are kept for this agent. */
  readonly breaks: readonly Break[] | undefined;
  readonly breakDraft: BreakDraft;
}

export const emptyRecord: RecordForm = {
  command: '',
  folder: '',
  name: '',
  upstream: '',
  breaks: undefined,
  breakDraft: emptyDraft,
};

/** What the run will be called, so whose conditions are kept; undefined while there is no command. */
export function agentOf({ name, command }: RecordForm): string | undefined {
  if (name.trim() !== '') return name.trim();
  const split = splitCommand(command);
  return 'words' in split && split.words.length > 0 ? nameOf(split.words) : undefined;
}

/** The conditions as they stand: typed here, or kept for the agent. */
export function breaksOf(form: RecordForm, kept: readonly AgentBreaks[]): readonly Break[] {
  const agent = agentOf(form);
  return form.breaks ?? kept.find((one) => one.agent === agent)?.breaks ?? [];
}

export interface BuiltRecord {
  readonly request: RecordRequest | undefined;
  readonly problems: ReadonlyMap<keyof RecordForm, string>;
  /** What should be known of the command, and does not stand in the way. */
  readonly hint: string | undefined;
}

export function recordRequestOf(form: RecordForm, kept: readonly AgentBreaks[] = []): BuiltRecord {
  const problems = new Map<keyof RecordForm, string>();
  const hints = new Map<'command' | 'folder', string>();
  const launch = readLaunch(form.command, form.folder, problems, hints);
  if (launch === undefined && problems.size === 0) problems.set('command', 'The command that starts your agent.');
  const upstream = form.upstream.trim();
  if (upstream !== '' && !isAddress(upstream))
    problems.set('upstream', 'An http or https address, e.g. http://127.0.0.1:11434/v1');
  const name = form.name.trim();
  if (!isEmptyDraft(form.breakDraft)) problems.set('breakDraft', notAddedText);
  return {
    problems,
    hint: hints.get('command'),
    request:
      launch === undefined || problems.size > 0
        ? undefined
        : {
            launch,
            breaks: [...breaksOf(form, kept)],
            ...(name === '' ? {} : { name }),
            ...(upstream === '' ? {} : { upstream }),
          },
  };
}

import { toolActionSchema } from '../../../../../shared/model/take.ts';
import type { ExecutorKind, SavedLaunch, ToolRule, ToolRunner } from '../../../../../shared/model/take.ts';
import { quoteCommand } from '../../../lib/command-words.ts';
import { isAddress, readLaunch } from '../../../lib/launch-form.ts';

/** A saved start as it is typed. `tools`: one rule a line, `pattern = action`. */
export interface LaunchForm {
  readonly executor: ExecutorKind;
  readonly command: string;
  readonly folder: string;
  readonly upstream: string;
  readonly tools: string;
  readonly runners: readonly ToolRunner[];
}

export type LaunchProblems = ReadonlyMap<keyof LaunchForm, string>;

export function typedLaunch(saved: SavedLaunch): LaunchForm {
  return {
    executor: saved.executor,
    command: saved.launch === undefined ? '' : quoteCommand(saved.launch.command),
    folder: saved.launch?.cwd ?? '',
    upstream: saved.upstream ?? '',
    tools: saved.tools.map(({ tool, action }) => `${tool} = ${action}`).join('\n'),
    runners: saved.runners,
  };
}

/** The start, or what is wrong by field. */
export function launchOf(
  agent: string,
  form: LaunchForm,
): { readonly saved: SavedLaunch } | { readonly problems: LaunchProblems } {
  const problems = new Map<keyof LaunchForm, string>();
  const launch = readLaunch(form.command, form.folder, problems);
  if (launch === undefined && !problems.has('command') && form.executor === 'command')
    problems.set('command', 'The command of your checkpoint script.');
  if (launch === undefined && form.command.trim() === '' && form.folder.trim() !== '')
    problems.set('command', 'The command to start in this folder.');
  const upstream = form.upstream.trim();
  if (upstream !== '' && !isAddress(upstream)) problems.set('upstream', 'An http or https address.');
  const tools = readRules(form.tools);
  if ('problem' in tools) problems.set('tools', tools.problem);
  if (problems.size > 0 || 'problem' in tools) return { problems };
  return {
    saved: {
      agent,
      executor: form.executor,
      ...(launch === undefined ? {} : { launch }),
      ...(upstream === '' ? {} : { upstream }),
      tools: [...tools.rules],
      runners: [...form.runners],
    },
  };
}

function readRules(text: string): { readonly rules: readonly ToolRule[] } | { readonly problem: string } {
  const rules: ToolRule[] = [];
  const lines = text.split('\n');
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const cut = line.lastIndexOf('=');
    const tool = line.slice(0, Math.max(0, cut)).trim();
    const action = toolActionSchema.safeParse(line.slice(cut + 1).trim());
    if (cut < 0 || tool === '' || tool.length > 200 || !action.success)
      return { problem: `Line ${at + 1}: a tool, “=”, then one of ${toolActionSchema.options.join(', ')}.` };
    rules.push({ tool, action: action.data });
  }
  return rules.length > 200 ? { problem: 'At most 200 rules.' } : { rules };
}

import type { ToolRunner } from '../../../../../shared/model/take.ts';
import { quoteCommand } from '../../../lib/command-words.ts';
import { isAddress, readLaunch } from '../../../lib/launch-form.ts';

/** A tool runner as typed. */
export interface RunnerForm {
  readonly type: 'command' | 'mcp-command' | 'mcp-url' | 'http';
  readonly tool: string;
  readonly command: string;
  readonly folder: string;
  readonly url: string;
  readonly mutating: boolean;
}

export const emptyRunner: RunnerForm = { type: 'command', tool: '', command: '', folder: '', url: '', mutating: true };
const timeoutSeconds = 120;

export function typedRunner(runner: ToolRunner): RunnerForm {
  const form = { ...emptyRunner, tool: runner.tool, mutating: runner.mutating };
  switch (runner.type) {
    case 'command':
      return { ...form, type: 'command', command: quoteCommand(runner.command), folder: runner.cwd };
    case 'http':
      return { ...form, type: 'http', url: runner.url };
    case 'mcp':
      return 'url' in runner.server
        ? { ...form, type: 'mcp-url', url: runner.server.url }
        : { ...form, type: 'mcp-command', command: quoteCommand(runner.server.command), folder: runner.server.cwd };
    default:
      return runner satisfies never;
  }
}

/** The runner, or what is wrong by field. */
export function runnerOf(
  form: RunnerForm,
): { readonly runner: ToolRunner } | { readonly problems: ReadonlyMap<keyof RunnerForm, string> } {
  const problems = new Map<keyof RunnerForm, string>();
  const isMcp = form.type === 'mcp-command' || form.type === 'mcp-url';
  const tool = form.tool.trim() === '' && isMcp ? '*' : form.tool.trim();
  if (tool === '') problems.set('tool', 'The name of the tool.');
  const common = { tool, mutating: form.mutating };
  if (form.type === 'http' || form.type === 'mcp-url') {
    const url = form.url.trim();
    if (!isAddress(url)) problems.set('url', 'An http or https address.');
    if (problems.size > 0) return { problems };
    return {
      runner:
        form.type === 'http'
          ? { ...common, type: 'http', url, timeoutSeconds }
          : { ...common, type: 'mcp', server: { url } },
    };
  }
  const launchProblems = new Map<'command' | 'folder', string>();
  const launch = readLaunch(form.command, form.folder, launchProblems);
  for (const [field, problem] of launchProblems) problems.set(field, problem);
  if (launch === undefined && launchProblems.size === 0) problems.set('command', 'The command to run.');
  if (launch === undefined || problems.size > 0) return { problems };
  return {
    runner:
      form.type === 'command'
        ? { ...common, ...launch, type: 'command', timeoutSeconds }
        : { ...common, type: 'mcp', server: launch },
  };
}

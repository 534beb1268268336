/**
 * Every command by name: the static half of the command registry (handlers are registered in renderer/src/session/commands.ts).
 * Palette, menu, keys and the `?` sheet are all made from this list, and show those of it that something handles now: a
 * command without a handler is shown nowhere.
 *
 * Keys are in the notation of tinykeys: `$mod` is ⌘ on a Mac and Ctrl elsewhere, `g r` is two presses in a row,
 * `[Shift]` is a modifier that some keyboards need for the character. Commands of different screens may share keys:
 * only those whose screen is open have a handler.
 */
export const commandGroups = [
  'Go to',
  'File',
  'Runs',
  'Run',
  'Steps',
  'Takes',
  'Compare',
  'Share',
  'View',
  'Help',
] as const;
export type CommandGroup = (typeof commandGroups)[number];

interface CommandShape {
  readonly id: string;
  readonly title: string;
  readonly group: CommandGroup;
  readonly keys: readonly string[];
  /** Menu of the desktop window that holds it; commands without one are for keys and the palette only. */
  readonly menu?: 'file' | 'go' | 'view' | 'help';
}

const commands = [
  { id: 'palette.open', title: 'Search and commands', group: 'Go to', keys: ['$mod+k'], menu: 'go' },
  { id: 'go.runs', title: 'Runs', group: 'Go to', keys: ['g r'], menu: 'go' },
  { id: 'go.compare', title: 'Compare', group: 'Go to', keys: ['g c'], menu: 'go' },
  { id: 'go.costs', title: 'Costs', group: 'Go to', keys: ['g m'], menu: 'go' },
  { id: 'budgets.open', title: 'Budgets…', group: 'Go to', keys: ['g b'], menu: 'go' },
  { id: 'go.connect', title: 'Connect an agent', group: 'Go to', keys: ['g n'], menu: 'go' },
  { id: 'go.settings', title: 'Settings', group: 'Go to', keys: ['$mod+,'], menu: 'file' },
  { id: 'go.back', title: 'Back', group: 'Go to', keys: ['Alt+ArrowLeft'], menu: 'go' },
  { id: 'go.forward', title: 'Forward', group: 'Go to', keys: ['Alt+ArrowRight'], menu: 'go' },
  { id: 'go.copy-link', title: 'Copy a link to this view', group: 'Go to', keys: [], menu: 'go' },
  { id: 'file.open', title: 'Open files…', group: 'File', keys: ['$mod+o'], menu: 'file' },
  { id: 'file.paste', title: 'Import from the clipboard', group: 'File', keys: ['$mod+Shift+v'], menu: 'file' },
  { id: 'file.report', title: 'Show the last import report', group: 'File', keys: [], menu: 'file' },
  { id: 'library.backUp', title: 'Back up the library…', group: 'File', keys: [] },
  { id: 'prices.update', title: 'Update prices from a file…', group: 'File', keys: [] },
  { id: 'prices.look', title: 'Look for newer prices', group: 'File', keys: [] },
  { id: 'prices.back', title: 'Back to the prices before', group: 'File', keys: [] },
  { id: 'file.test-span', title: 'Send a test span', group: 'File', keys: [] },
  { id: 'run.record', title: 'Record a run…', group: 'File', keys: ['Shift+r'], menu: 'file' },
  { id: 'run.demo', title: 'Try re-run on the demo', group: 'File', keys: [] },
  { id: 'run.share', title: 'Share the run…', group: 'File', keys: ['$mod+Shift+e'], menu: 'file' },
  { id: 'run.export', title: 'Export the run…', group: 'File', keys: ['$mod+e'], menu: 'file' },
  { id: 'runs.next', title: 'Next run', group: 'Runs', keys: ['j', 'ArrowDown'] },
  { id: 'runs.previous', title: 'Previous run', group: 'Runs', keys: ['k', 'ArrowUp'] },
  { id: 'runs.open', title: 'Open the run', group: 'Runs', keys: ['Enter'] },
  { id: 'runs.select', title: 'Select the run', group: 'Runs', keys: ['x'] },
  { id: 'runs.select-next', title: 'Select on to the next run', group: 'Runs', keys: ['Shift+j', 'Shift+ArrowDown'] },
  {
    id: 'runs.select-previous',
    title: 'Select on to the previous run',
    group: 'Runs',
    keys: ['Shift+k', 'Shift+ArrowUp'],
  },
  { id: 'runs.select-all', title: 'Select all runs that are listed', group: 'Runs', keys: ['a'] },
  { id: 'runs.peek', title: 'Look at the run beside the list', group: 'Runs', keys: ['Space'] },
  {
    id: 'runs.select-none',
    title: 'Close the look beside the list, or clear the selection',
    group: 'Runs',
    keys: ['Escape'],
  },
  { id: 'runs.rename', title: 'Rename the run…', group: 'Runs', keys: ['F2'] },
  { id: 'runs.tags', title: 'Tags of the runs…', group: 'Runs', keys: ['t'] },
  { id: 'runs.note', title: 'Write a note on the run…', group: 'Runs', keys: ['e'] },
  { id: 'runs.pin', title: 'Pin or unpin the runs', group: 'Runs', keys: ['p'] },
  { id: 'runs.delete', title: 'Delete the runs', group: 'Runs', keys: ['Delete', 'Backspace'] },
  { id: 'runs.undo-delete', title: 'Have the deleted runs back', group: 'Runs', keys: ['z'] },
  { id: 'runs.group', title: 'Group runs', group: 'Runs', keys: ['Shift+g'] },
  { id: 'runs.collapse', title: 'Shut the group', group: 'Runs', keys: ['ArrowLeft'] },
  { id: 'runs.expand', title: 'Open the group', group: 'Runs', keys: ['ArrowRight'] },
  { id: 'runs.follow', title: 'Show new runs as they come, or hold the list', group: 'Runs', keys: ['Shift+End'] },
  { id: 'runs.show-new', title: 'Show what is new in the list', group: 'Runs', keys: ['n'] },
  { id: 'runs.compare', title: 'Compare the selected runs', group: 'Runs', keys: ['c'] },
  { id: 'runs.search', title: 'Filter runs by text', group: 'Runs', keys: ['/'] },
  { id: 'runs.filter', title: 'Add a filter', group: 'Runs', keys: ['f'] },
  { id: 'runs.clear-filters', title: 'Clear all filters', group: 'Runs', keys: ['Shift+f'] },
  { id: 'runs.columns', title: 'Choose columns', group: 'Runs', keys: ['Shift+c'] },
  { id: 'run.rename', title: 'Rename this run…', group: 'Run', keys: ['F2'] },
  { id: 'run.tags', title: 'Tags of this run…', group: 'Run', keys: ['[Shift]+#'] },
  { id: 'run.note', title: 'Write a note on this run…', group: 'Run', keys: ['n'] },
  { id: 'run.pin', title: 'Pin or unpin this run', group: 'Run', keys: ['p'] },
  { id: 'steps.next', title: 'Next step', group: 'Steps', keys: ['j', 'ArrowDown'] },
  { id: 'steps.previous', title: 'Previous step', group: 'Steps', keys: ['k', 'ArrowUp'] },
  { id: 'steps.next-llm', title: 'Next llm step', group: 'Steps', keys: ['Shift+j'] },
  { id: 'steps.previous-llm', title: 'Previous llm step', group: 'Steps', keys: ['Shift+k'] },
  { id: 'steps.next-error', title: 'Next error', group: 'Steps', keys: ['e'] },
  { id: 'steps.previous-error', title: 'Previous error', group: 'Steps', keys: ['Shift+e'] },
  { id: 'steps.next-sibling', title: 'Next sibling', group: 'Steps', keys: [']'] },
  { id: 'steps.previous-sibling', title: 'Previous sibling', group: 'Steps', keys: ['['] },
  { id: 'steps.first', title: 'First step', group: 'Steps', keys: ['Home'] },
  { id: 'steps.last', title: 'Last step', group: 'Steps', keys: ['End'] },
  { id: 'steps.follow', title: 'Follow the newest step', group: 'Steps', keys: ['Shift+End'] },
  { id: 'steps.collapse', title: 'Collapse, or go to the parent', group: 'Steps', keys: ['ArrowLeft'] },
  { id: 'steps.expand', title: 'Expand, or go to the first child', group: 'Steps', keys: ['ArrowRight'] },
  { id: 'steps.hidden', title: 'Show or hide wrapper and infrastructure steps', group: 'Steps', keys: ['h'] },
  { id: 'steps.mark', title: 'Mark the step, or unmark it', group: 'Steps', keys: ['m'] },
  { id: 'steps.next-mark', title: 'Next marked step', group: 'Steps', keys: ['Shift+m'] },
  { id: 'steps.previous-mark', title: 'Previous marked step', group: 'Steps', keys: ['Alt+m'] },
  { id: 'steps.finding', title: 'Show what was found at the step', group: 'Steps', keys: ['Enter'] },
  { id: 'steps.next-finding', title: 'Next step at which something was found', group: 'Steps', keys: ['Shift+f'] },
  { id: 'steps.previous-finding', title: 'Step before at which something was found', group: 'Steps', keys: ['Alt+f'] },
  { id: 'steps.filter', title: 'Filter steps', group: 'Steps', keys: ['/'] },
  { id: 'steps.find', title: 'Find in run, payloads included', group: 'Steps', keys: ['$mod+f'] },
  { id: 'steps.find-next', title: 'Next step with what is found', group: 'Steps', keys: ['$mod+g'] },
  { id: 'steps.find-previous', title: 'Step before with what is found', group: 'Steps', keys: ['$mod+Shift+g'] },
  { id: 'steps.rerun', title: 'Re-run from here', group: 'Steps', keys: ['r'] },
  { id: 'rerun.start', title: 'Run the takes', group: 'Steps', keys: ['$mod+Enter'] },
  { id: 'steps.compare', title: 'Compare with the parent take, or the previous run', group: 'Steps', keys: ['c'] },
  { id: 'steps.copy-link', title: 'Copy a link to this step', group: 'Steps', keys: ['Shift+l'] },
  { id: 'steps.copy-curl', title: 'Copy the model call as curl', group: 'Steps', keys: ['y c'] },
  { id: 'steps.copy-python', title: 'Copy the model call as Python', group: 'Steps', keys: ['y p'] },
  { id: 'steps.copy-typescript', title: 'Copy the model call as TypeScript', group: 'Steps', keys: ['y t'] },
  { id: 'takes.tree', title: 'Show or hide the tree of takes', group: 'Takes', keys: ['t'] },
  { id: 'takes.next', title: 'Next take', group: 'Takes', keys: ['Alt+ArrowDown'] },
  { id: 'takes.previous', title: 'Previous take', group: 'Takes', keys: ['Alt+ArrowUp'] },
  { id: 'take.resume-failed', title: 'Retry from the failed step', group: 'Takes', keys: ['Shift+t'] },
  { id: 'take.pause', title: 'Pause or resume the take', group: 'Takes', keys: ['Shift+p'] },
  { id: 'take.step', title: 'Let one live call through', group: 'Takes', keys: ['Shift+n'] },
  { id: 'take.stop', title: 'Stop the take', group: 'Takes', keys: ['Shift+x'] },
  { id: 'breaks.add', title: 'Add a condition to break at', group: 'Takes', keys: ['$mod+b'] },
  { id: 'take.breaks', title: 'Conditions to break at in the running take', group: 'Takes', keys: ['Shift+b'] },
  { id: 'take.output', title: 'Show or hide the output of the command', group: 'Takes', keys: ['l'] },
  { id: 'compare.next', title: 'Next pair', group: 'Compare', keys: ['j', 'ArrowDown'] },
  { id: 'compare.previous', title: 'Previous pair', group: 'Compare', keys: ['k', 'ArrowUp'] },
  { id: 'compare.next-change', title: 'Next change', group: 'Compare', keys: ['n'] },
  { id: 'compare.previous-change', title: 'Previous change', group: 'Compare', keys: ['p'] },
  { id: 'compare.first-divergence', title: 'Go to the first divergence', group: 'Compare', keys: ['f'] },
  { id: 'compare.open', title: 'Open the step in its run, or unfold', group: 'Compare', keys: ['Enter'] },
  { id: 'compare.open-left', title: 'Open the step of the left run', group: 'Compare', keys: ['Shift+Enter'] },
  { id: 'compare.swap', title: 'Swap the two runs', group: 'Compare', keys: ['s'] },
  { id: 'compare.changed-only', title: 'Show only what changed', group: 'Compare', keys: ['o'] },
  { id: 'compare.unfold', title: 'Fold or unfold all equal steps', group: 'Compare', keys: ['h'] },
  { id: 'compare.context', title: 'Show the full contexts', group: 'Compare', keys: ['m'] },
  { id: 'compare.rules', title: 'What is ignored', group: 'Compare', keys: ['r'] },
  { id: 'compare.pin', title: 'Pin two steps together, or unpin', group: 'Compare', keys: ['='] },
  { id: 'compare.cancel', title: 'Stop pinning', group: 'Compare', keys: ['Escape'] },
  { id: 'compare.choose', title: 'Choose runs to compare', group: 'Compare', keys: ['x'] },
  { id: 'compare.copy-link', title: 'Copy a link to this pair', group: 'Compare', keys: ['Shift+l'] },
  { id: 'share.next-hit', title: 'Next hit', group: 'Share', keys: ['$mod+g'] },
  { id: 'share.previous-hit', title: 'Previous hit', group: 'Share', keys: ['$mod+Shift+g'] },
  { id: 'share.write', title: 'Write the shared file', group: 'Share', keys: ['$mod+Enter'] },
  { id: 'view.timeline', title: 'Timeline lens', group: 'View', keys: ['1'] },
  { id: 'view.conversation', title: 'Conversation lens', group: 'View', keys: ['2'] },
  { id: 'view.context', title: 'Context lens', group: 'View', keys: ['3'] },
  { id: 'view.findings', title: 'What was found in the run', group: 'View', keys: ['f'] },
  { id: 'view.next-tab', title: 'Next inspector tab', group: 'View', keys: ['.'] },
  { id: 'view.previous-tab', title: 'Previous inspector tab', group: 'View', keys: [','] },
  { id: 'view.inspector', title: 'Show or hide the inspector', group: 'View', keys: ['i'] },
  { id: 'view.overview', title: 'Show or hide the overview strip', group: 'View', keys: ['o'] },
  { id: 'view.size-by', title: 'Size bars by time, tokens, cost', group: 'View', keys: ['[Shift]+$'] },
  {
    id: 'view.contents-as',
    title: 'Show contents as they are, as text, Markdown, JSON, raw',
    group: 'View',
    keys: ['v'],
  },
  { id: 'view.sort', title: 'Sort steps by order, time, tokens, cost', group: 'View', keys: ['Shift+s'] },
  { id: 'view.zoom-reset', title: 'Reset the zoom', group: 'View', keys: ['0'] },
  { id: 'view.zoom-in', title: 'Zoom in', group: 'View', keys: ['w'] },
  { id: 'view.zoom-out', title: 'Zoom out', group: 'View', keys: ['s'] },
  { id: 'view.pan-left', title: 'Pan left', group: 'View', keys: ['a'] },
  { id: 'view.pan-right', title: 'Pan right', group: 'View', keys: ['d'] },
  { id: 'view.theme-system', title: 'Appearance: as the system', group: 'View', keys: [], menu: 'view' },
  { id: 'view.theme-dark', title: 'Appearance: dark', group: 'View', keys: [], menu: 'view' },
  { id: 'view.theme-light', title: 'Appearance: light', group: 'View', keys: [], menu: 'view' },
  { id: 'help.keys', title: 'All keys', group: 'Help', keys: ['[Shift]+?'], menu: 'help' },
  { id: 'help.updates', title: 'Look for updates…', group: 'Help', keys: [], menu: 'help' },
  { id: 'help.log', title: 'Show the log', group: 'Help', keys: [], menu: 'help' },
] as const satisfies readonly CommandShape[];

export type CommandId = (typeof commands)[number]['id'];
export interface CommandInfo extends CommandShape {
  readonly id: CommandId;
}

export const commandList: readonly CommandInfo[] = commands;

const byId = new Map<string, CommandInfo>(commandList.map((command) => [command.id, command]));

/** The command of that id, or undefined: ids also come from menus of other builds. */
export function commandById(id: string): CommandInfo | undefined {
  return byId.get(id);
}

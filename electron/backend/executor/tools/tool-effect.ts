import type { PlannedTool } from '../../../../shared/model/take.ts';
import { clients } from '../clients/clients.ts';

/** What a tool may do to the world, as far as its name tells. `unknown` is treated like `changes`: it is asked for. */
export type ToolEffect = PlannedTool['effect'];

/** Tools that providers define themselves, by their full names. */
const providersOwn = [
  'str_replace_editor',
  'str_replace_based_edit_tool',
  'computer',
  'python',
  'code_interpreter',
] as const;

/** By full name: those, and the tools of the clients that Retake knows. */
const known: ReadonlyMap<string, ToolEffect> = new Map<string, ToolEffect>([
  ...clients.flatMap(({ tools }) => [
    ...(tools?.reads ?? []).map((name) => [name, 'reads'] as const),
    ...(tools?.changes ?? []).map((name) => [name, 'changes'] as const),
  ]),
  ...providersOwn.map((name) => [name, 'changes'] as const),
]);

/** Verbs and nothing else: one of these anywhere in the name tells. `get_or_create_user` creates. */
const changing = new Set(
  (
    'add append apply assign cancel create deactivate delete deliver deploy destroy disable edit enable erase exec execute insert install invoke kill launch modify overwrite persist publish purge reboot ' +
    'remove rename replace reschedule restart revoke rollback save send shutdown spawn submit subscribe terminate truncate unassign uninstall unlock unsubscribe update upload upsert write'
  ).split(' '),
);

/** Verbs that are nouns as well: `order_book` orders, `get_order` does not. */
const changingFirst = new Set(
  (
    'approve archive attach ban block book buy call charge clear click close comment commit connect convert copy detach drop email export fill fix flush forward generate grant import increment invite issue lock login logout mark ' +
    'merge message move navigate notify open order patch pay place post press purchase push put refund register reject release reply reserve reset resolve restore retry revert rm rotate run schedule set sh shell sign start stop store ' +
    'sync touch transfer trigger type upgrade'
  ).split(' '),
);

/** The name begins with one of these, and holds none of the others. */
const reading = new Set(
  'ask browse calculate check compare count describe diff echo exists fetch find get glob grep has head inspect is list load look lookup ls peek preview read retrieve scan search show stat status summarize tail think validate verify view weather which'.split(
    ' ',
  ),
);

/** `mcp__server__tool` is how clients name a tool of an MCP server: only the last part is the tool's own name. */
export function ownToolName(name: string): string {
  return /^mcp__.+?__(.+)$/s.exec(name)?.[1] ?? name;
}

const longestName = 200;

/** By name only, and never surer than a name can be. The plan of a take and the policy that holds in it both ask here. */
export function toolEffect(name: string): ToolEffect {
  const own = ownToolName(name.slice(0, longestName));
  const found = known.get(name) ?? known.get(own);
  if (found !== undefined) return found;
  const words = own
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');
  const [first = ''] = words;
  if (changingFirst.has(first) || words.some((word) => changing.has(word))) return 'changes';
  return reading.has(first) ? 'reads' : 'unknown';
}

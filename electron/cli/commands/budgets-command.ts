import { createInterface } from 'node:readline/promises';
import type { z } from 'zod';
import type { cliBudgetsSchema } from '../../../shared/cli-documents.ts';
import { budgetNotes, budgetOwner, plainUsd, shortUsd } from '../../../shared/model/budget.ts';
import type { Budget, BudgetsToday, BudgetToday } from '../../../shared/model/budget.ts';
import { printable, table, writeAll } from '../output.ts';
import { CommandFault } from './fault.ts';
import { withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

export interface BudgetsOptions extends LibraryOption {
  readonly json?: boolean;
}

export interface SetBudgetOptions extends BudgetsOptions {
  readonly agent?: string;
  readonly notify?: boolean;
  readonly yes?: boolean;
}

const sharing = { shareLibrary: true } as const;

/** `retake budgets`: what may be spent in a day, and how far it is. */
export async function budgetsCommand(options: BudgetsOptions): Promise<void> {
  await withBackend({ ...options, ...sharing }, async ({ client }) => show(await client.budgets.today(), options));
}

/** `retake budgets set USD`: for the agent, or for all; the one that does the same for the same agent is changed. */
export async function setBudgetCommand(usd: number, options: SetBudgetOptions): Promise<void> {
  await withBackend({ ...options, ...sharing }, async ({ client }) => {
    const action = options.notify === true ? 'notify' : 'hold';
    const agent = options.agent?.trim();
    if (agent === '') throw new CommandFault('--agent is empty. Leave it out for a budget over all agents.');
    const { budgets } = await client.budgets.today();
    const same = budgets.find((one) => one.agent === agent && one.action === action);
    const budget = {
      usd,
      action,
      ...(agent === undefined ? {} : { agent }),
      ...(same === undefined ? {} : { id: same.id }),
    } as const;
    const put = await client.budgets.put({ budget, isSure: options.yes === true });
    if (put.kind === 'asked') {
      await confirm(put.question);
      await client.budgets.put({ budget, isSure: true });
    }
    await show(await client.budgets.today(), options);
  });
}

/** `retake budgets remove WHICH`: by its id, the beginning of it, or its agent. */
export async function removeBudgetCommand(which: string, options: BudgetsOptions): Promise<void> {
  await withBackend({ ...options, ...sharing }, async ({ client }) => {
    for (const { id } of await found(client, which)) await client.budgets.remove({ id });
    await show(await client.budgets.today(), options);
  });
}

async function found(client: BackendClient, which: string): Promise<readonly Budget[]> {
  const { budgets } = await client.budgets.today();
  const byAgent = budgets.filter(({ agent }) => agent === which);
  const chosen = byAgent.length > 0 ? byAgent : budgets.filter(({ id }) => id.startsWith(which));
  if (chosen.length === 0) throw new CommandFault(`There is no budget “${which}”. \`retake budgets\` lists them.`);
  if (byAgent.length === 0 && chosen.length > 1)
    throw new CommandFault(`“${which}” is the beginning of ${chosen.length} ids. Give more of it.`);
  return chosen;
}

async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new CommandFault(`${question} Nothing was kept. Add --yes if it is right.`);
  const asked = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asked.question(`${question}\nKeep it? [y/N] `);
  asked.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) throw new CommandFault('Nothing was kept.');
}

async function show(today: BudgetsToday, { json }: BudgetsOptions): Promise<void> {
  await writeAll(process.stdout, [json === true ? budgetsJson(today) : budgetsText(today)]);
  if (today.problem !== undefined) process.stderr.write(`${printable(today.problem)}\n`);
}

function budgetsText({ day, zone, budgets }: BudgetsToday): string {
  if (budgets.length === 0)
    return 'No budgets. `retake budgets set 5 --agent shop` holds the calls that would make runs of shop cost more than $5 a day.\n';
  const rows = budgets.map((budget) => [
    budget.id.slice(0, 8),
    printable(budgetOwner(budget)),
    budget.action === 'hold' ? 'holds' : 'tells',
    `${plainUsd(budget.limitUsd)}${budget.limitUsd > budget.usd ? ' today' : ''}`,
    `${budget.unpricedCalls > 0 ? '≥' : ''}${shortUsd(budget.spentUsd)}`,
    shortUsd(budget.reservedUsd),
    shortUsd(budget.leftUsd),
    budget.heldCalls,
  ]);
  const notes = budgets.flatMap((budget) =>
    budgetNotes(budget).map((note) => `${budget.id.slice(0, 8)}: ${printable(note)}\n`),
  );
  return `${day}, ${zone}\n${table(['ID', 'AGENT', 'DOES', 'A DAY', 'SPENT', 'UNDER WAY', 'LEFT', 'HELD CALLS'], rows)}${notes.join('')}`;
}

function budgetsJson({ day, zone, budgets, problem }: BudgetsToday): string {
  const document: z.infer<typeof cliBudgetsSchema> = {
    schema: 1,
    day,
    zone,
    budgets: budgets.map(documentOf),
    problem: problem ?? null,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function documentOf(budget: BudgetToday): z.infer<typeof cliBudgetsSchema>['budgets'][number] {
  return {
    id: budget.id,
    agent: budget.agent ?? null,
    action: budget.action,
    usd: budget.usd,
    limitTodayUsd: budget.limitUsd,
    spentUsd: budget.spentUsd,
    assumedUsd: budget.assumedUsd,
    assumedCalls: budget.assumedCalls,
    unpricedCalls: budget.unpricedCalls,
    notHeldUsd: budget.besideUsd,
    underWayUsd: budget.reservedUsd,
    leftUsd: budget.leftUsd,
    heldCalls: budget.heldCalls,
    isSpent: budget.isSpent,
  };
}

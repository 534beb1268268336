import { threadsOf } from './agent-plan.ts';
import type { AgentPlan } from './agent-plan.ts';
import { editWords } from './edits.ts';
import { keyOf } from './sent-call.ts';
import type { JudgedRun } from './trial.ts';

/** What an agent was, what was done with it, and what went wrong, in a few lines. */
export function storyOf(plan: AgentPlan, { name, edit, verdicts, happened }: JudgedRun): string {
  const lines = [`Seed ${plan.seed}, ${name}. The model ${plan.model}, and ${plan.reaction} an edit.`];
  for (const thread of threadsOf(plan))
    lines.push(
      `  thread ${thread.path}: ${thread.wire}${thread.stream ? ' stream' : ''}, ${thread.turns.map(({ kind }) => kind).join(' ')}, history ${JSON.stringify(thread.history)}${thread.reminder ? ', reminder' : ''}${thread.group === undefined ? '' : `, one of ${thread.group}`}${Object.keys(thread.failures).length > 0 ? `, fails ${JSON.stringify(thread.failures)}` : ''}`,
    );
  if (edit) lines.push(`  edit: ${editWords(edit)}: ${JSON.stringify(edit.edits).slice(0, 300)}`);
  lines.push('  calls:');
  for (const call of happened.run.calls) {
    const exchange = happened.exchanges.get(call.id);
    const verdict = verdicts.find((one) => one.call === call);
    lines.push(
      `    ${String(exchange?.seq ?? '?').padStart(3)} ${keyOf(call)}${call.attempt > 0 ? ` again ${call.attempt}` : ''}: ${exchange?.served ?? 'no exchange'}${exchange?.isFork === true ? ' FORK' : ''}${exchange?.match ? ` from call ${exchange.match.seq} (${exchange.match.level})` : ''} -> ${verdict?.outcome ?? 'not judged'}`,
    );
  }
  for (const { call, outcome, kind, expected, got } of verdicts)
    if (outcome === 'lie' || outcome === 'held')
      lines.push(
        `  ${outcome.toUpperCase()} ${call ? keyOf(call) : ''}: ${kind}`,
        `    expected: ${expected}`,
        `    got: ${got}`,
        `    request: ${call?.body.slice(0, 1_500) ?? ''}`,
        ...(call?.seen ? [`    at the model: ${call.seen.body.slice(0, 1_500)}`] : []),
      );
  return lines.join('\n');
}

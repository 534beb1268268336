import { createInterface } from 'node:readline';
import type { Break, BreakCondition } from '../../../shared/model/break.ts';
import { questionOf } from '../../../shared/model/budget.ts';
import type { ForkItem, Hold, HoldResolution } from '../../../shared/model/take.ts';
import { printable } from '../output.ts';

export function breaksOf(conditions: readonly BreakCondition[] = []): Break[] {
  return conditions.map((condition) => ({ condition, enabled: true }));
}

/** Asks on the terminal, where there is one; otherwise what a condition fits is stopped, with words. */
export function breakHandling(): { readonly onHold?: (hold: Hold, signal: AbortSignal) => Promise<HoldResolution> } {
  return process.stdin.isTTY && process.stderr.isTTY ? { onHold: oneAfterTheOther(askAtBreak) } : {};
}

type Ask = (hold: Hold, signal: AbortSignal) => Promise<HoldResolution>;

function oneAfterTheOther(ask: Ask): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (hold, signal) => {
    const answer = last.then(() => ask(hold, signal));
    last = answer.catch(() => undefined);
    return answer;
  };
}

/** The agent has the terminal too; while its call is held it waits, as a rule, and the next line is ours. */
async function askAtBreak(hold: Hold, signal: AbortSignal): Promise<HoldResolution> {
  process.stderr.write(`\nretake: ${printable(hold.title)}\n`);
  if (hold.budget) return askForMoney(hold, hold.budget, signal);
  for (;;) {
    const answer = await nextLine('[g]o on, [o]ff and go on, [p]rint the request, [s]top? ', signal);
    switch (answer?.trim().toLowerCase()) {
      case 'g':
      case 'go':
        return { action: hold.break?.from === 'recording' ? 'serve' : 'send' };
      case 'o':
      case 'off':
        return { action: 'switch-off' };
      case 'p':
      case 'print':
        process.stderr.write(requestText(hold));
        break;
      // The end of the input, or of the take: nobody answers any more.
      case undefined:
        process.stderr.write(
          signal.aborted ? '\nretake: the agent has ended; nothing was sent.\n' : '\nretake: the input has ended.\n',
        );
        return { action: 'stop' };
      case 's':
      case 'stop':
        return { action: 'stop' };
      default:
        break;
    }
  }
}

/** It goes on by itself when the budget is raised elsewhere; then the question is over too. */
async function askForMoney(
  { actions }: Hold,
  { of, used }: NonNullable<Hold['budget']>,
  signal: AbortSignal,
): Promise<HoldResolution> {
  if (actions.includes('send')) {
    const answer = await nextLine('[g]o on with calls without a price today, [s]top? ', signal);
    return { action: /^g(?:o)?$/i.test(answer?.trim() ?? '') ? 'send' : 'stop' };
  }
  for (;;) {
    const answer = await nextLine(
      `A new limit for today, in US dollars (above ${Math.max(of, used)}), or [s]top? `,
      signal,
    );
    const text = answer?.trim().replace(/^\$/, '') ?? 's';
    if (/^s(?:top)?$/i.test(text)) return { action: 'stop' };
    const limit = Number(text);
    const question =
      /^\d+(?:\.\d+)?$/.test(text) && limit > Math.max(of, used)
        ? questionOf(limit, { limitUsd: Math.max(of, used) })
        : `“${printable(text)}” is no amount above ${Math.max(of, used)}.`;
    if (question === undefined) return { action: 'raise', limit };
    process.stderr.write(`retake: ${question}\n`);
  }
}

/** Undefined at the end of the input, and when the take ends. */
function nextLine(question: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(undefined);
    // Without the line editor: the terminal keeps its own ways, Ctrl+C among them.
    const lines = createInterface({ input: process.stdin, terminal: false });
    const end = (line: string | undefined): void => {
      signal.removeEventListener('abort', stop);
      lines.removeAllListeners();
      lines.close();
      process.stdin.pause();
      resolve(line);
    };
    const stop = (): void => end(undefined);
    signal.addEventListener('abort', stop);
    lines.once('line', end).once('close', stop);
    process.stderr.write(question);
  });
}

/** The messages as a person reads them, each line without control characters. */
export function requestText({ break: at, request }: Hold): string {
  if (!at) return '';
  const lines = [
    `${at.model} · ${at.characters.toLocaleString('en-US')} characters · ${at.tools} tools`,
    ...at.items.flatMap((item, index) => [
      ...(index === (at.items[0]?.item === 'system' ? 1 : 0) && at.itemsBefore > 0
        ? [`  … ${at.itemsBefore} earlier messages`]
        : []),
      ...itemLines(item),
    ]),
    ...(request === undefined ? ['  (longer than 1 MB: its JSON is not shown)'] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function itemLines({ role, texts, toolCalls, toolResults, others }: ForkItem): readonly string[] {
  return [
    `${role}:`,
    ...texts.flatMap(({ text, length }) => textLines(text, length)),
    ...toolCalls.map(({ name, arguments: given = '' }) => `  calls ${name} ${given}`),
    ...toolResults.flatMap(({ name, named, text, length }) => [
      `  result of ${name ?? named}:`,
      ...textLines(text, length),
    ]),
    ...others.map((other) => `  (${other})`),
  ];
}

function textLines(text: string, length: number): readonly string[] {
  return [
    ...text.split('\n').map((line) => `  ${line}`),
    ...(length > text.length ? [`  … ${(length - text.length).toLocaleString('en-US')} more characters`] : []),
  ];
}

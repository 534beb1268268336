import { wordsOfDamage } from '../../../shared/model/library-check.ts';
import type { CheckReport, SalvageReport } from '../../../shared/model/library-check.ts';
import { printable, writeAll } from '../output.ts';
import { CommandFault, faultText } from './fault.ts';
import { sayProblem, withBackend } from './session.ts';
import type { BackendClient, LibraryOption } from './session.ts';

interface DoctorOptions extends LibraryOption {
  readonly repair?: boolean;
  readonly json?: boolean;
}

/**
 * `retake doctor`: looks at everything that the library holds; ends with 1 where something is damaged. `--repair`: then it is set aside, and
 * what can be read is rebuilt into a new one.
 */
export async function doctorCommand(options: DoctorOptions): Promise<void> {
  await withBackend(options, async ({ client }) => {
    const check = await checked(client);
    const isWhole = typeof check !== 'string' && check.damage.length === 0;
    if (options.json !== true) await writeAll(process.stdout, [checkText(check)]);
    const repaired = isWhole || options.repair !== true ? undefined : await client.library.salvage();
    const report = {
      schema: 1,
      ...(typeof check === 'string' ? { unreadable: check } : check),
      ...(repaired === undefined ? {} : { repaired }),
    };
    await writeAll(process.stdout, [
      options.json === true ? `${JSON.stringify(report)}\n` : repaired === undefined ? '' : repairText(repaired),
    ]);
    if (isWhole) return sayProblem(client);
    if (repaired === undefined)
      throw new CommandFault(
        'The library is damaged. Close Retake and run `retake doctor --repair`: it sets the library aside and rebuilds what can be read into a new one. A backup from before holds everything.',
      );
  });
}

/** The report, or why there is none. */
async function checked(client: BackendClient): Promise<CheckReport | string> {
  try {
    return await client.library.check();
  } catch (error) {
    return faultText(error);
  }
}

function checkText(check: CheckReport | string): string {
  if (typeof check === 'string') return `${printable(check)}\n`;
  const { runs, spans, logs, exchanges, blocks } = check.checked;
  const lines = [
    `Looked at ${runs} runs, ${spans} spans, ${logs} logs and ${exchanges} recorded calls in ${blocks} blocks.`,
    ...(check.damage.length === 0 ? ['Nothing is damaged.'] : check.damage.map((one) => printable(wordsOfDamage(one)))),
  ];
  return `${lines.join('\n')}\n`;
}

function repairText({ asideFolder, kept, lost }: SalvageReport): string {
  const gone = [
    [lost.spans, 'spans'],
    [lost.values, 'values of spans (each span counts its own as dropped)'],
    [lost.logs, 'logs'],
    [lost.exchanges, 'recorded calls'],
  ] as const;
  const words = gone.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const unknown =
    lost.stretches === 0
      ? ''
      : ` ${lost.stretches} ${lost.stretches === 1 ? 'stretch' : 'stretches'} of rows could not be looked at: how many they held is not known.`;
  return `Rebuilt: ${kept.runs} runs, ${kept.spans} spans, ${kept.logs} logs, ${kept.exchanges} recorded calls.\nLost: ${words.length === 0 ? 'nothing that is known' : words.join(', ')}.${unknown}\nThe damaged library lies in ${printable(asideFolder)}; nothing of it was deleted.\n`;
}

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { breakForms, readBreak } from '../../shared/model/break.ts';
import type { BreakCondition } from '../../shared/model/break.ts';
import { costBySchema, costDimensions, costSortKeys } from '../../shared/model/costs.ts';
import type { CostBy } from '../../shared/model/costs.ts';
import { redactionKinds } from '../../shared/model/redaction.ts';
import { snippetLanguages } from '../../shared/model/snippet.ts';
import { queryKeyList } from '../../shared/query/query.ts';
import type { AdapterName } from '../backend/command-line.ts';
import type { BudgetsOptions, SetBudgetOptions } from './commands/budgets-command.ts';
import type { CostsOptions } from './commands/costs-command.ts';
import { exportFormats, shareForms } from './commands/export-command.ts';
import type { ExportOptions, ShareOptions } from './commands/export-command.ts';
import { CommandFault, exitCodes, faultText } from './commands/fault.ts';
import type { PricesOptions } from './commands/prices-command.ts';
import { afterForkChoices, divergencePolicies, executorChoices, workspaceChoices } from './commands/rerun-options.ts';
import type { RerunOptions, RunOptions } from './commands/rerun-options.ts';
import type { RunsOptions } from './commands/runs-command.ts';
import type { SearchOptions } from './commands/search-command.ts';
import type { ShowOptions } from './commands/show-command.ts';
import type { SnippetOptions } from './commands/snippet-command.ts';
import type { WrapperLanguage } from './commands/tools-wrapper-command.ts';
import { version } from './commands/version.ts';
import { endQuietlyOnClosedPipe, printable } from './output.ts';

/** The command line. Each command loads what it needs: `retake --version` and a mistyped option answer at once. */

const libraryHelp = 'library folder (default: RETAKE_LIBRARY, else the data folder of this system)';

function wholeNumber(maximum: number, minimum = 0): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value > maximum || value < minimum)
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
    return value;
  };
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function breakCondition(text: string, before: readonly BreakCondition[] = []): BreakCondition[] {
  const condition = readBreak(text);
  if (!condition) throw new InvalidArgumentError(`“${text}” is none. ${breakHelp}`);
  return [...before, condition];
}

const queryExample = 'status:error model:claude* cost>0.10 since:7d';
const queryHelp = `Fields; values with commas between them are one or the other, * stands for any signs, - before one is none of it:\n${queryKeyList
  .map(
    ({ key, means, choices }) =>
      `  ${key.padEnd(14)}${means}${choices === undefined ? '' : ` (${choices.join(', ')})`}`,
  )
  .join('\n')}`;

/** One line for each form, as `--help` shows them. */
const breakHelp = `Give one of:\n${breakForms.map(([form, words]) => `  --break '${form}'`.padEnd(30) + words).join('\n')}\n* in a NAME stands for any text.`;
const breakOption = (): Option =>
  new Option(
    '--break <condition>',
    "hold each model call that fits, such as 'tool=refund_order', and ask on the terminal; repeatable",
  ).argParser(breakCondition);

const keepOption = (): Option =>
  new Option(
    '--keep <kind>',
    `leave this kind as it is (${redactionKinds.map(({ kind }) => kind).join(', ')}); repeatable`,
  ).argParser((kind: string, before: readonly string[] | undefined) => {
    if (!redactionKinds.some((one) => one.kind === kind))
      throw new InvalidArgumentError(`Give one of ${redactionKinds.map((one) => one.kind).join(', ')}.`);
    return [...(before ?? []), kind];
  });

const keepValueOption = (): Option =>
  new Option('--keep-value <text>', 'leave this value as it is, whatever its kind; repeatable').argParser(collect);

const ruleOption = (): Option =>
  new Option(
    '--rule <text>',
    'replace this text too, beside the rules of the settings; * stands for any signs but blanks; repeatable',
  ).argParser(collect);

const patternOption = (): Option =>
  new Option('--pattern <regex>', 'replace what fits this regular expression (RE2) too; repeatable').argParser(collect);

const port = wholeNumber(65_535);

function costBy(text: string): CostBy {
  const parsed = costBySchema.safeParse(text);
  if (!parsed.success)
    throw new InvalidArgumentError(`It is one of ${costDimensions.join(', ')}, or attribute: and the key of one.`);
  return parsed.data;
}

function money(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text))
    throw new InvalidArgumentError('It must be an amount in US dollars, such as 0.50.');
  return value;
}

function program(): Command {
  const retake = new Command('retake')
    .description('Read agent runs: their steps, what each model saw, tokens and money.')
    .version(version(), '-v, --version')
    .showHelpAfterError('(`retake --help` shows what there is)')
    .addHelpText(
      'after',
      '\nEnvironment:\n  RETAKE_LIBRARY  the library folder\n  RETAKE_LOG      error, warn (default), info (slow queries by name) or debug: to the error stream',
    )
    .exitOverride();

  retake
    .command('import')
    .description('import trace files, archives or folders; what is read, a file that is none tells')
    .argument('<path...>')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .action(async (paths: string[], options: { library?: string; json?: boolean }) => {
      await (await import('./commands/import-command.ts')).importCommand(paths, options);
    });

  retake
    .command('follow')
    .description('read the sessions that coding agents keep on this machine as they grow, until interrupted')
    .argument('[folder...]', 'default: where the clients keep them')
    .option('--library <directory>', libraryHelp)
    .option('--list', 'only say what lies there: nothing is read but beginnings, nothing is stored')
    .action(async (folders: string[], options: { library?: string; list?: boolean }) => {
      await (await import('./commands/follow-command.ts')).followCommand(folders, options);
    });

  retake
    .command('runs')
    .description('list runs, newest first')
    .option('--library <directory>', libraryHelp)
    .option('--limit <n>', 'show at most n runs', wholeNumber(100_000_000))
    .option('--tag <tag...>', 'only runs with one of these tags')
    .option('--pinned', 'only pinned runs')
    .option('--where <query>', `only those that fit, such as '${queryExample}'`)
    .option('--json', 'print one JSON document')
    .action(async (options: RunsOptions) => {
      await (await import('./commands/runs-command.ts')).runsCommand(options);
    });

  retake
    .command('search')
    .description('find runs, and the steps that hold words: where they stood first, newest run first')
    .argument('<query>', `words, "phrases" and fields, such as '${queryExample} "timed out"'`)
    .option('--library <directory>', libraryHelp)
    .option('--limit <n>', 'show at most n steps', wholeNumber(100_000_000, 1))
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\n${queryHelp}`)
    .action(async (query: string, options: SearchOptions) => {
      await (await import('./commands/search-command.ts')).searchCommand(query, options);
    });

  retake
    .command('costs')
    .description('what model calls cost, by one dimension; or all of it as CSV')
    .option('--library <directory>', libraryHelp)
    .option(
      '--by <dimension>',
      `what to group by (default: model): ${costDimensions.join(', ')}, or attribute:KEY for any attribute of spans and resources`,
      costBy,
    )
    .addOption(new Option('--sort <column>', 'the order of the groups (default: cost)').choices(costSortKeys))
    .option('--ascending', 'the least first')
    .option('--days <n>', 'the last n days (UTC), today included (default: all)', wholeNumber(36_500, 1))
    .option('--agent <name...>', 'only calls of these agents')
    .option('--model <name...>', 'only calls of these models')
    .option('--limit <n>', 'show at most n groups, the rest as one', wholeNumber(10_000, 1))
    .option('--json', 'print one JSON document')
    .addOption(
      new Option('--csv', 'print CSV by day, model, provider, tier and agent').conflicts([
        'json',
        'by',
        'limit',
        'focus',
      ]),
    )
    .addOption(new Option('--focus', 'print CSV with the columns of FOCUS 1.0').conflicts(['json', 'by', 'limit']))
    .option('--redact', 'with --csv or --focus: names such as [key-1] in place of what is private in names')
    .addOption(keepOption())
    .addOption(keepValueOption())
    .addOption(ruleOption())
    .addOption(patternOption())
    .action(async (options: CostsOptions) => {
      await (await import('./commands/costs-command.ts')).costsCommand(options);
    });

  const budgets = retake
    .command('budgets')
    .description('what agents may spend in a day, and how far each budget is spent today')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .action(async (options: BudgetsOptions) => {
      await (await import('./commands/budgets-command.ts')).budgetsCommand(options);
    });
  budgets
    .command('set')
    .description('set a budget, or change the one that does the same for the same agent')
    .argument('<usd>', 'US dollars a day, from midnight to midnight of this machine', money)
    .option('--agent <name>', 'of runs of this agent, service or name; * stands for any text (default: of all runs)')
    .option('--notify', 'only say it when it is spent (default: hold each call that could pass it)')
    .option('--yes', 'keep an amount that looks mistyped')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .action(async (usd: number, _options: unknown, command: Command) => {
      await (
        await import('./commands/budgets-command.ts')
      ).setBudgetCommand(usd, command.optsWithGlobals<SetBudgetOptions>());
    });
  budgets
    .command('remove')
    .description('remove a budget')
    .argument('<which>', 'its id, the beginning of it, or its agent')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .action(async (which: string, _options: unknown, command: Command) => {
      await (
        await import('./commands/budgets-command.ts')
      ).removeBudgetCommand(which, command.optsWithGlobals<BudgetsOptions>());
    });

  retake
    .command('prices')
    .description(
      'where prices come from, and what a model costs; with an option, other prices from now on, for all runs',
    )
    .argument('[model]', 'such as gpt-5, or openai/gpt-5')
    .option('--library <directory>', libraryHelp)
    .addOption(
      new Option(
        '--update <file>',
        'take this catalogue: data.json or data_slim.json, as genai-prices publishes them',
      ).conflicts(['reset', 'download']),
    )
    .addOption(
      new Option('--download', 'ask raw.githubusercontent.com for the newest catalogue of genai-prices').conflicts(
        'reset',
      ),
    )
    .option('--reset', 'back to the catalogue before; again: to the one that comes with Retake')
    .option('--json', 'print one JSON document')
    .action(async (model: string | undefined, options: PricesOptions) => {
      await (await import('./commands/prices-command.ts')).pricesCommand(model, options);
    });

  retake
    .command('show')
    .description('show a run, or one of its steps')
    .argument('<run>', 'id of the run, or its beginning')
    .option('--library <directory>', libraryHelp)
    .option('--step <n>', 'only this step, counted from 0', wholeNumber(100_000_000))
    .option('--messages', 'with what the model saw and said')
    .option('--json', 'print one JSON document')
    .addOption(
      new Option('--as <language>', 'the model call of one step as a program that asks it again').choices(
        snippetLanguages.map(({ language }) => language),
      ),
    )
    .option('--no-redact', 'with --as: as it is, without names in the place of what is private')
    .addOption(keepOption())
    .addOption(keepValueOption())
    .addOption(ruleOption())
    .addOption(patternOption())
    .action(
      async (
        run: string,
        { as, ...options }: ShowOptions & Omit<SnippetOptions, 'as'> & Partial<Pick<SnippetOptions, 'as'>>,
      ) => {
        await (as === undefined
          ? (await import('./commands/show-command.ts')).showCommand(run, options)
          : (await import('./commands/snippet-command.ts')).snippetCommand(run, { ...options, as }));
      },
    );

  retake
    .command('run')
    .description('run a command and record its model calls, so that it can be run again from any step')
    .argument('<command...>', 'after --: the command and its arguments')
    .option('--library <directory>', libraryHelp)
    .option('--name <name>', 'name of the run (default: the program)')
    .option('--upstream <url>', 'who answers model calls (default: as the command would find it)')
    .addOption(breakOption())
    .addHelpText('after', `\n--break: ${breakHelp}`)
    .action(async (command: string[], options: RunOptions) => {
      process.exitCode = await (await import('./commands/run-command.ts')).runCommand(command, options);
    });

  retake
    .command('rerun')
    .description('run a recorded run again from a step: what came before is answered from the recording')
    .argument('<run>', 'id of the run, or its beginning')
    .argument('[command...]', 'after --: the command and its arguments (default: as it was recorded)')
    .option(
      '--from <n>',
      'the step to go live at, counted from 0; the next model call from there (default for a run that did not end well: --resume)',
      wholeNumber(100_000_000),
    )
    .option('--resume', 'all that was recorded is answered from the recording; what comes after its end goes live')
    .option('--library <directory>', libraryHelp)
    .option('--edit <file>', 'JSON of the edits to make there')
    .addOption(
      new Option(
        '--executor <kind>',
        'replay: the command again, behind the gateway; continue: no command, Retake calls the model; command: a checkpoint script',
      )
        .choices(executorChoices)
        .default('replay'),
    )
    .option('--model <name>', 'ask this model from there on; given several times, a take for each', collect)
    .addOption(
      new Option(
        '--workspace <where>',
        'copy: the command runs in a copy of its folder, kept when the take changes something there',
      )
        .choices(workspaceChoices)
        .default('inplace'),
    )
    .option('--tools <policy>', 'recorded, dry, live, ask or deny for all tools, or NAME=ACTION,…')
    .option('--name <name>', 'name of the take (default: that of the run)')
    .option('--upstream <url>', 'who answers live calls (default: as the command would find it)')
    .addOption(
      new Option('--on-divergence <policy>', 'when the agent leaves the recording before that step')
        .choices(divergencePolicies)
        .default('stop'),
    )
    .addOption(
      new Option('--after-fork <choice>', 'causal: calls whose input did not change stay on the recording')
        .choices(afterForkChoices)
        .default('causal'),
    )
    .option('--repeat <k>', 'make so many takes', wholeNumber(1_000), 1)
    .addOption(breakOption())
    .addHelpText('after', `\n--break: ${breakHelp}`)
    .option('--budget-steps <n>', 'stop the run after so many live calls', wholeNumber(1_000_000))
    .option('--budget-seconds <n>', 'make no live call after so many seconds', wholeNumber(1_000_000))
    .option('--trust', 'the run was not recorded here: I have read what its recorded answers would have my agent do')
    .option('--budget-usd <amount>', 'hold the run when live calls have cost so much', money)
    .option('--yes', 'do not ask before it starts')
    .option('--json', 'print one JSON document')
    .action(async (run: string, command: string[], options: RerunOptions) => {
      process.exitCode = await (await import('./commands/rerun-command.ts')).rerunCommand(run, command, options);
    });

  retake
    .command('mcp-proxy')
    .description('stand between an agent and its MCP server, so that takes can answer its tools from the recording')
    .argument('[command...]', 'after --: the command of the MCP server and its arguments')
    .option('--url <url>', 'address of an MCP server over Streamable HTTP, in place of a command')
    .option(
      '--header <header>',
      "for --url: 'Name: value'; ${VARIABLE} is read from the environment; repeatable",
      collect,
    )
    .option('--name <name>', 'name of the server in the configuration of the agent')
    .action(async (command: string[], options: { url?: string; header?: string[]; name?: string }) => {
      process.exitCode = await (await import('./commands/mcp-proxy-command.ts')).mcpProxyCommand(command, options);
    });

  retake
    .command('tools-wrapper')
    .description('print a small file for your agent, which asks Retake before its tool functions run')
    .addArgument(new Argument('<language>', 'of the agent').choices(['python', 'typescript', 'javascript']))
    .action(async (language: WrapperLanguage) => {
      await (await import('./commands/tools-wrapper-command.ts')).toolsWrapperCommand(language);
    });

  retake
    .command('adapter')
    .description('print a small file by which a script goes on from its own checkpoint, for --executor command')
    .addArgument(
      new Argument('<name>', 'of the framework').choices([
        'langgraph-javascript',
        'langgraph-python',
        'dbos-javascript',
        'dbos-python',
        'example',
      ]),
    )
    .action(async (name: AdapterName) => {
      await (await import('./commands/adapter-command.ts')).adapterCommand(name);
    });

  retake
    .command('diff')
    .description('compare two runs: the step where they part, and what it changed')
    .argument('<a>', 'id of a run, or its beginning')
    .argument('<b>', 'id of the run to compare it with')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .addOption(new Option('--markdown', 'print Markdown, for a pull request').conflicts('json'))
    .option(
      '--ignore <rule>',
      'do not count these differences: ids, times, process-ids, temporary-paths, key-order, white-space, float-noise (all on unless --count), or key:<name>; repeatable',
      collect,
    )
    .option('--count <rule>', 'count differences that this rule ignores, or all; repeatable', collect)
    .option(
      '--fail-on <condition>',
      "end with status 3 if it holds: 'cost>+10%', 'steps>+2', 'errors>0', 'divergence'; repeatable",
      collect,
    )
    .action(
      async (
        a: string,
        b: string,
        options: {
          library?: string;
          json?: boolean;
          markdown?: boolean;
          ignore?: string[];
          count?: string[];
          failOn?: string[];
        },
      ) => {
        process.exitCode = await (await import('./commands/diff-command.ts')).diffCommand(a, b, options);
      },
    );

  retake
    .command('export')
    .description('write a run as a file that other tools read')
    .argument('<run>', 'id of the run, or its beginning')
    .option('--library <directory>', libraryHelp)
    .addOption(new Option('--format <format>', 'what to write').choices(exportFormats).default('otlp-json'))
    .option('-o, --output <file>', 'write to this file instead of the standard output')
    .option(
      '--redact',
      'write names such as [key-1] in place of keys, tokens, mail addresses, home folders, host names and what looks random; the same value has the same name everywhere',
    )
    .addOption(keepOption())
    .addOption(keepValueOption())
    .addOption(ruleOption())
    .addOption(patternOption())
    .option('--takes', 'with its parent and all takes of it (OTLP, training data)')
    .option('--with-media', 'with --redact: images, files and other contents that are no text go along, not searched')
    .option('--structure-only', 'names, kinds, times, tokens and money; texts are left out and counted')
    .action(async (run: string, options: ExportOptions) => {
      await (await import('./commands/export-command.ts')).exportCommand(run, options);
    });

  retake
    .command('remove')
    .description('remove runs: shown nowhere at once, cleared after an hour; a pinned run stays')
    .argument('<run...>', 'ids of the runs, or their beginnings')
    .option('--undo', 'have them back; whole ids')
    .option('--library <directory>', libraryHelp)
    .action(async (runs: string[], options: { library?: string; undo?: boolean }) => {
      await (await import('./commands/keeping-commands.ts')).removeCommand(runs, options);
    });

  retake
    .command('pin')
    .description('keep runs, whatever the settings say of old ones')
    .argument('<run...>', 'ids of the runs, or their beginnings')
    .option('--off', 'pin them no longer')
    .option('--library <directory>', libraryHelp)
    .action(async (runs: string[], options: { library?: string; off?: boolean }) => {
      await (await import('./commands/keeping-commands.ts')).pinCommand(runs, options);
    });

  retake
    .command('tag')
    .description('add tags to a run; without any, print those it has')
    .argument('<run>', 'id of the run, or its beginning')
    .argument('[tag...]')
    .option('--off', 'take these away')
    .option('--library <directory>', libraryHelp)
    .action(async (run: string, tags: string[], options: { library?: string; off?: boolean }) => {
      await (await import('./commands/label-commands.ts')).tagCommand(run, tags, options);
    });

  retake
    .command('note')
    .description('write a note on a run; without a text, print the one it has')
    .argument('<run>', 'id of the run, or its beginning')
    .argument('[text]')
    .option('--off', 'take it away')
    .option('--library <directory>', libraryHelp)
    .action(async (run: string, text: string | undefined, options: { library?: string; off?: boolean }) => {
      await (await import('./commands/label-commands.ts')).noteCommand(run, text, options);
    });

  retake
    .command('rename')
    .description('give a run a name of yours; without one, print the name it has')
    .argument('<run>', 'id of the run, or its beginning')
    .argument('[name]')
    .option('--off', 'its own name again')
    .option('--library <directory>', libraryHelp)
    .action(async (run: string, name: string | undefined, options: { library?: string; off?: boolean }) => {
      await (await import('./commands/label-commands.ts')).renameCommand(run, name, options);
    });

  retake
    .command('share')
    .description('write a run as one file for somebody else, without what is private in it')
    .argument('<run>', 'id of the run, or its beginning')
    .option('--library <directory>', libraryHelp)
    .requiredOption('-o, --output <file>', 'the file')
    .addOption(
      new Option(
        '--as <form>',
        'html: one page, opens anywhere; otlp: for another Retake; markdown: the chain to the failure; training: messages and tools, a line for each conversation',
      )
        .choices(shareForms)
        .default('html'),
    )
    .addOption(keepOption())
    .addOption(keepValueOption())
    .addOption(ruleOption())
    .addOption(patternOption())
    .option('--takes', 'with its parent and all takes of it (OTLP, training data)')
    .option('--with-media', 'images, files and other contents that are no text go along, not searched')
    .option('--structure-only', 'names, kinds, times, tokens and money; texts are left out and counted')
    .action(async (run: string, options: ShareOptions) => {
      await (await import('./commands/export-command.ts')).shareCommand(run, options);
    });

  retake
    .command('backup')
    .description('copy the library into an empty folder, which is then a library too; Retake may be running')
    .argument('<directory>')
    .option('--library <directory>', libraryHelp)
    .action(async (directory: string, options: { library?: string }) => {
      await (await import('./commands/backup-command.ts')).backupCommand(directory, options);
    });

  retake
    .command('library')
    .description('what takes the room of the library, by agent and by what it is')
    .option('--library <directory>', libraryHelp)
    .option('--json', 'print one JSON document')
    .action(async (options: { library?: string; json?: boolean }) => {
      await (await import('./commands/library-command.ts')).libraryCommand(options);
    });

  retake
    .command('doctor')
    .description('look at everything that the library holds, and say what is damaged and what it belonged to')
    .option('--library <directory>', libraryHelp)
    .option('--repair', 'where something is: set the library aside, and rebuild what can be read into a new one')
    .option('--json', 'print one JSON document')
    .action(async (options: { library?: string; repair?: boolean; json?: boolean }) => {
      await (await import('./commands/doctor-command.ts')).doctorCommand(options);
    });

  retake
    .command('serve')
    .description('receive spans and show the window in a browser, until interrupted')
    .option('--library <directory>', libraryHelp)
    .option('--port <n>', 'port of the window (default: 4319, or a free one)', port)
    .option('--otlp-port <n>', 'port of the OTLP/HTTP receiver', port, 4318)
    .option('--otlp-grpc-port <n>', 'port of the OTLP/gRPC receiver', port, 4317)
    .option('--no-open', 'do not open a browser')
    .action(
      async (options: { library?: string; port?: number; otlpPort: number; otlpGrpcPort: number; open: boolean }) => {
        const { serveCommand } = await import('./commands/serve-command.ts');
        const { hasDisplay } = await import('./start/desktop.ts');
        const { openInDefaultBrowser } = await import('./start/browser-window.ts');
        // Without a display (SSH, a container) the printed address is for a browser elsewhere.
        await serveCommand(
          options,
          hasDisplay(process.platform, process.env) ? (url) => void openInDefaultBrowser(url) : undefined,
        );
      },
    );

  retake
    .command('open', { isDefault: true })
    .description('open the window in a browser, with these files; what `retake` alone does')
    .argument('[path...]')
    .option('--library <directory>', libraryHelp)
    .option('--otlp-port <n>', 'port of the OTLP/HTTP receiver', port, 4318)
    .option('--otlp-grpc-port <n>', 'port of the OTLP/gRPC receiver', port, 4317)
    .action(async (paths: string[], options: { library?: string; otlpPort: number; otlpGrpcPort: number }) => {
      const { runInBrowser } = await import('./start/browser-session.ts');
      const { libraryDirectory } = await import('./commands/session.ts');
      const { otlpPort, otlpGrpcPort } = options;
      await runInBrowser({
        libraryDirectory: libraryDirectory(options),
        paths,
        otlpPort,
        otlpGrpcPort,
        reason: undefined,
      });
    });

  return retake;
}

async function main(): Promise<number> {
  endQuietlyOnClosedPipe(process.stdout);
  endQuietlyOnClosedPipe(process.stderr);
  try {
    await program().parseAsync(process.argv);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    process.stderr.write(`retake: ${printable(faultText(error))}\n`);
    return error instanceof CommandFault ? error.exitCode : exitCodes.failed;
  }
}

process.exitCode = await main();

/** The command line: what can be asked for, and what happens when it is. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { version } from '../host/node/version.js'
import { addBaseline } from './baseline-command.js'
import { addCheck } from './check-command.js'
import { collect, noCache, pathsFromOption, shardOption, withoutCache } from './command-options.js'
import type { CompareFlags } from './compare.js'
import { type Shell, shells } from './completions.js'
import { type Console, exit, UsageError } from './console.js'
import type { DigestFlags } from './digest.js'
import type { Engine } from './engine.js'
import type { QuestionFlags } from './estimate-question.js'
import { addSharing } from './merge-command.js'
import {
  type CostFormat,
  costFormats,
  type GraphFormat,
  graphFormats,
  type ReportFormat,
  reportFormats,
} from './options.js'
import type { SelectionFlags } from './selection.js'

type Listing = 'full' | 'json'

/** Runs one command. @returns the exit code */
export async function run(args: readonly string[], engine: Engine, console: Console): Promise<number> {
  let code: number = exit.clean
  const program = build(engine, console, (result) => {
    code = result
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.clean : exit.failed
    if (error instanceof UsageError) {
      for (const line of error.message.split('\n')) console.err(`costlint: ${line}\n`)
      return exit.failed
    }
    if (console.signal.aborted) return exit.interrupted
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.err(`costlint: internal error: ${message}\n`)
    return exit.failed
  }
}

function build(engine: Engine, console: Console, done: (code: number) => void): Command {
  const program = new Command('costlint')
    .description(
      'Finds what training scripts and their launch files waste, what that costs, and how to fix it.',
    )
    .version(`costlint ${version}`, '-V, --version')
    .showSuggestionAfterError()
    .showHelpAfterError('(costlint --help lists the commands)')
    .exitOverride()
    .configureOutput({ writeOut: console.out, writeErr: console.err })
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage or an internal error, 3 over budget.',
    )

  const listing = () =>
    new Option('--output-format <format>', 'how to print').choices(['full', 'json']).default('full')
  const kept = (cache: boolean): Engine => (cache ? engine : withoutCache(engine))

  addCheck(program, engine, console, done)
  addBaseline(program, engine, console, done)
  addSharing(program, console, done)

  program
    .command('rules')
    .description('list all rules')
    .addOption(listing())
    .action(async (flags: { outputFormat: Listing }) => {
      const { listRules } = await import('./rules.js')
      done(await listRules(engine, console, flags.outputFormat))
    })

  program
    .command('explain')
    .description(
      'what a rule finds, why that costs, and how to fix it; or what an item of the checklist asks for; without a name the items',
    )
    .argument('[name]', 'of a rule (search/grid-search) or of an item (waste/replace-grid-search)')
    .action(async (name: string | undefined) => {
      const { explain } = await import('./explain.js')
      done(await explain(engine, console, name))
    })

  program
    .command('checklist')
    .description(
      'the cost checklist as Markdown: what the last lint says of each item, and how to measure what code cannot show',
    )
    .argument('[paths...]', 'what to report on; without paths the current folder')
    .option('--write <file>', 'write it there; what people have written into it stays')
    .addOption(noCache())
    .action(async (paths: string[], flags: { write?: string; cache: boolean }) => {
      const { showChecklist } = await import('./checklist.js')
      done(await showChecklist(kept(flags.cache), console, paths, flags.write))
    })

  program
    .command('why')
    .description('what stands at a place, what its settings are taken to be, and why rules report it or not')
    .argument('<place>', 'PATH, PATH:LINE, or in a notebook PATH:cell N:LINE')
    .argument('[rule]', 'only what this rule makes of it')
    .addOption(listing())
    .addOption(noCache())
    .action(
      async (place: string, rule: string | undefined, flags: { outputFormat: Listing; cache: boolean }) => {
        const { showWhy } = await import('./why.js')
        done(await showWhy(kept(flags.cache), console, place, { rule, format: flags.outputFormat }))
      },
    )

  program
    .command('graph')
    .description(
      'jobs, their machines and prices, the scripts that they launch, and what could not be resolved',
    )
    .argument('[paths...]', 'jobs and scripts to show')
    .addOption(new Option('--output-format <format>', 'how to print').choices(graphFormats).default('full'))
    .addOption(noCache())
    .action(async (paths: string[], flags: { outputFormat: GraphFormat; cache: boolean }) => {
      const { showGraph } = await import('./graph.js')
      done(await showGraph(kept(flags.cache), console, paths, flags.outputFormat))
    })

  program
    .command('cost')
    .description(
      'what each job costs: machine, hours, dollars for a run or a month, and what can be saved of it',
    )
    .argument('[paths...]', 'jobs and scripts to show')
    .addOption(new Option('--output-format <format>', 'how to print').choices(costFormats).default('full'))
    .option('--compare <revision>', 'what has been added or saved since this git revision')
    .addOption(shardOption())
    .addOption(pathsFromOption())
    .addOption(noCache())
    .action(
      async (
        paths: string[],
        flags: SelectionFlags & { outputFormat: CostFormat; compare?: string; cache: boolean },
      ) => {
        const { outputFormat: format, compare, shard, pathsFrom } = flags
        const { showCost } = await import('./cost.js')
        const options = { format, shard, pathsFrom, ...(compare === undefined ? {} : { compare }) }
        done(await showCost(kept(flags.cache), console, paths, options))
      },
    )

  program
    .command('report')
    .description(
      'what can be saved, the bill by job, the largest grids and the use of GPU memory, as a page or as Markdown',
    )
    .argument('[paths...]', 'what to report on; without paths the current folder')
    .addOption(new Option('--output-format <format>', 'how to write').choices(reportFormats).default('html'))
    .option('--output-file <path>', 'write to this file instead of standard output')
    .option(
      '--earlier <file>',
      'a report that was written before, to show how the findings went; may be repeated',
      collect,
    )
    .addOption(noCache())
    .action(
      async (
        paths: string[],
        flags: { outputFormat: ReportFormat; outputFile?: string; earlier?: string[]; cache: boolean },
      ) => {
        const { outputFormat: format, outputFile, earlier = [] } = flags
        const { writeReport } = await import('./cost-report.js')
        const options = { format, earlier, ...(outputFile === undefined ? {} : { outputFile }) }
        done(await writeReport(kept(flags.cache), console, paths, options))
      },
    )

  program
    .command('estimate')
    .description(
      'the memory that each training needs, item by item, and whether it fits its machine; with --model, memory, time and money of a run that no file describes',
    )
    .argument('[paths...]', 'scripts and folders to estimate')
    .option('--gpu <name>', 'accelerator or machine type, in place of what the job says')
    .option('--model <name>', 'a run without a file: the model, "ResNet-50" or "meta-llama/Llama-3.1-8B"')
    .option('--dataset <name>', 'the data set that it trains on, "ImageNet-1k"')
    .option('--samples <count>', 'samples of one epoch, in place of a data set')
    .option('--size <size>', 'pixels of an image ("224", "512x512"), tokens of a text, seconds of audio')
    .option('--batch <count>', 'samples that one device takes at a time')
    .option('--devices <count>', 'accelerators over all machines')
    .option('--precision <format>', 'fp32, tf32, fp16, bf16, fp16-mixed, bf16-mixed, fp8, 4-bit')
    .option('--optimizer <name>', 'adamw, 8-bit adam, adafactor, lion, sgd …')
    .option('--method <name>', 'full, lora, qlora; with +checkpointing, +zero-3, +fsdp')
    .option('--length <length>', 'how long it trains: "90 epochs", "300k steps", "22B tokens"')
    .option('--accumulation <count>', 'passes whose gradients make up one step')
    .addOption(listing())
    .addOption(noCache())
    .action(
      async (
        paths: string[],
        flags: QuestionFlags & { outputFormat: Listing; gpu?: string; cache: boolean },
      ) => {
        const { outputFormat: format, gpu, cache, model } = flags
        if (model !== undefined) {
          if (paths.length > 0)
            throw new UsageError('--model: asks about a run that no file describes, so no paths can be given')
          const { answerQuestion } = await import('./estimate-question.js')
          done(answerQuestion(flags, format, console))
          return
        }
        const { questionOptions } = await import('./estimate-question.js')
        const lone = questionOptions.find((option) => flags[option] !== undefined)
        if (lone !== undefined) throw new UsageError(`--${lone}: only together with --model`)
        const { showEstimates } = await import('./estimate.js')
        done(
          await showEstimates(kept(cache), console, paths, { format, ...(gpu === undefined ? {} : { gpu }) }),
        )
      },
    )

  program
    .command('gpus')
    .description('accelerators that are known: memory, speed, list price')
    .argument('[query...]', 'words of the name, the vendor or the generation')
    .addOption(listing())
    .action(async (query: string[], flags: { outputFormat: Listing }) => {
      const { listGpus } = await import('./hardware.js')
      done(listGpus(console, query, { format: flags.outputFormat }))
    })

  program
    .command('machines')
    .description('machine types that are known: accelerators, memory, list prices; the cheapest first')
    .argument('[query...]', 'words of the type, the provider or the accelerator')
    .option('--region <region>', 'prices of this region alone')
    .addOption(listing())
    .action(
      async (
        query: string[],
        { outputFormat: format, region }: { outputFormat: Listing; region?: string },
      ) => {
        const { listMachines } = await import('./hardware.js')
        done(listMachines(console, query, { format, ...(region === undefined ? {} : { region }) }))
      },
    )

  program
    .command('completions')
    .description('a script that completes commands, options and rules in the shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .action(async (shell: Shell) => {
      const { completions } = await import('./completions.js')
      console.out(
        completions(
          shell,
          program,
          (await engine.rules()).map(({ name }) => name),
        ),
      )
    })

  program
    .command('compare')
    .description('two runs, or two groups of equal runs, and the decision rule of the checklist')
    .argument(
      '<a>',
      'before: a file with figures (JSON, CSV, an export of W&B or MLflow), or a run that was measured',
    )
    .argument('<b>', 'after')
    .option('--metric <name>', 'what the runs are judged by')
    .option('--cost <name>', 'what they cost (default: usd or cost, else hours)')
    .option('--lower-is-better', 'of the metric (default: for losses and errors)')
    .option('--higher-is-better', 'of the metric')
    .option('--tolerance <percent>', 'change of the metric that counts as none', percentage, 0.5)
    .option('--worth <amount>', 'what one unit of the metric is worth, in units of the cost', amount)
    .addOption(listing())
    .action(
      async (
        a: string,
        b: string,
        { outputFormat: format, ...flags }: CompareFlags & { outputFormat: Listing },
      ) => {
        const { compare } = await import('./compare.js')
        done(await compare(console, a, b, { ...flags, format }))
      },
    )

  program
    .command('digest')
    .description('what to look at every day, week or month, from findings, the bill, and what was measured')
    .argument('[paths...]', 'what to report on; without paths the current folder')
    .option('--daily', 'failed jobs, idle capacity, runaway experiments')
    .option('--weekly', 'cost per run, utilisation, how well tuning works (default)')
    .option('--monthly', 'machine sizes, compression of models, autoscaling')
    .addOption(
      new Option('--output-format <format>', 'how to print').choices(['full', 'markdown']).default('full'),
    )
    .addOption(noCache())
    .action(async (paths: string[], flags: DigestFlags & { cache: boolean }) => {
      const { showDigest } = await import('./digest.js')
      done(await showDigest(flags.cache ? engine : withoutCache(engine), console, paths, flags))
    })

  const evidence = program
    .command('evidence')
    .description('what was measured of runs: findings and bills that it supports or contradicts say so')
  evidence
    .command('add')
    .description(
      'read a trace of the PyTorch profiler, CSV of nvidia-smi, output of DCGM, sacct --parsable2, an export of W&B or MLflow',
    )
    .argument('<files...>', 'also packed with gzip; 256 MiB each at most')
    .option('--run <script-or-job>', 'what the runs were of, where the files do not say')
    .action(async (files: string[], flags: { run?: string }) => {
      const { addEvidence } = await import('./evidence.js')
      done(await addEvidence(console, files, flags.run))
    })
  evidence
    .command('list')
    .description('the runs that were measured, the latest last')
    .addOption(listing())
    .action(async (flags: { outputFormat: Listing }) => {
      const { listEvidence } = await import('./evidence.js')
      done(await listEvidence(console, flags.outputFormat))
    })
  evidence
    .command('remove')
    .description('forget runs')
    .argument('[ids...]', 'as `evidence list` names them')
    .option('--all', 'all of them')
    .action(async (ids: string[], flags: { all?: boolean }) => {
      const { removeEvidence } = await import('./evidence.js')
      done(await removeEvidence(console, ids, flags.all === true))
    })

  program
    .command('clean')
    .description('throw away what earlier runs have kept about projects')
    .argument('[paths...]', 'files or folders of the projects; without paths the current folder')
    .action(async (paths: string[]) => {
      const { clean } = await import('./clean.js')
      done(await clean(engine, console, paths))
    })

  program
    .command('mcp')
    .description(
      'serve the Model Context Protocol over standard input and output, for coding agents; changes nothing',
    )
    .argument('[root]', 'the folder that may be read; without it the current one')
    .action(async (root = '.') => {
      const { serveMcp } = await import('./mcp.js')
      done(await serveMcp(engine, console, root))
    })

  program
    .command('server')
    .description('serve the language server protocol')
    .option('--stdio', 'over standard input and output')
    .action(async (flags: { stdio?: boolean }) => {
      if (flags.stdio !== true)
        throw new UsageError('server: --stdio is the only transport, and has to be given')
      await engine.serve()
    })

  return program
}

function percentage(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 100) return value
  throw new UsageError(`--tolerance: "${text}" is no percentage`)
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value
  throw new UsageError(`--worth: "${text}" is no amount`)
}

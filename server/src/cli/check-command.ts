/** `costlint check` and its options. */
import { type Command, Option } from 'commander'
import { failOnValues, matchSelectors, ownRules } from '../linter.js'
import { collect, noCache, pathsFromOption, shardOption, withoutCache } from './command-options.js'
import { type Console, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { type CheckOptions, configuration, outputFormats, outputs, selectors } from './options.js'

interface CheckFlags {
  outputFormat: CheckOptions['format']
  outputFile?: string
  output?: string[]
  select?: string[]
  ignore?: string[]
  exclude?: string[]
  respectExclude?: boolean
  config?: string[]
  since?: string
  watch?: boolean
  fix?: boolean
  unsafeFixes?: boolean
  diff?: boolean
  failOn?: CheckOptions['failOn']
  exitZero?: boolean
  failOnParseError?: boolean
  quiet?: boolean
  statistics?: boolean
  showHints?: boolean
  showSuppressed?: boolean
  stdinFilename?: string
  maxFiles?: number
  baseline?: string
  shard?: string
  pathsFrom?: string
  cache: boolean
}

export function addCheck(
  program: Command,
  engine: Engine,
  console: Console,
  done: (code: number) => void,
): void {
  program
    .command('check')
    .description('lint files, folders and notebooks; without paths the current folder')
    .argument('[paths...]', 'what to report on; the whole project around it is read')
    .addOption(new Option('--output-format <format>', 'how to print').choices(outputFormats).default('full'))
    .option('-o, --output-file <file>', 'write to this file instead of standard output')
    .option(
      '--output <format=file>',
      'also write a report in this format to a file; may be repeated',
      collect,
    )
    .option('--select <rules>', 'only these rules or families, separated by commas', collect)
    .option('--ignore <rules>', 'not these rules or families', collect)
    .option('--exclude <pattern>', 'leave out such files, as in `exclude`; may be repeated', collect)
    .option('--respect-exclude', 'let `exclude` hold for files that are named, too')
    .option(
      '--config <file|key=value>',
      'read this file in place of the configuration of the project; or set one key of it; may be repeated',
      collect,
    )
    .option('--since <revision>', 'only what has changed since this git revision, and what that reaches')
    .option('--watch', 'check again whenever a file changes')
    .option('--fix', 'carry out the fixes that keep the meaning of the code')
    .option(
      '--unsafe-fixes',
      'with --fix or --diff also the fixes that may change numerics, convergence or cost; alone, show what they change',
    )
    .option('--diff', 'print what --fix would change as a diff, and write nothing')
    .addOption(
      new Option(
        '--fail-on <severity>',
        'least severity that makes the exit code 1 (default: warning)',
      ).choices(failOnValues),
    )
    .option('--baseline <file>', 'leave out the findings in this file, which `costlint baseline` writes')
    .addOption(shardOption())
    .addOption(pathsFromOption())
    .option('--fail-on-parse-error', 'end with 2 where a file could not be read or does not parse')
    .option('--exit-zero', 'end with 0 whatever is found')
    .option('-q, --quiet', 'print findings and faults, nothing else')
    .option('--statistics', 'print how often each rule was found')
    .option('--show-hints', 'print hints too')
    .option('--show-suppressed', 'list what is suppressed as such, in sarif, json and jsonl')
    .option('--stdin-filename <path>', 'lint standard input as the file with this name')
    .option('--max-files <count>', 'stop at a project with more files (default: 200,000)', count)
    .addOption(noCache())
    .action(async (paths: string[], flags: CheckFlags) => {
      const options = await checkOptions(engine, paths, flags)
      const { check } = await import('./check.js')
      const run = (recorded: Console) =>
        check(flags.cache ? engine : withoutCache(engine), recorded, options, console)
      done(
        await (flags.cache && engine.kept !== undefined ? engine.kept(options, console, run) : run(console)),
      )
    })
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new UsageError(`--max-files: "${text}" is no number of files`)
}

async function checkOptions(engine: Engine, paths: string[], flags: CheckFlags): Promise<CheckOptions> {
  const known = async () => [...(await engine.rules()), ...ownRules].map((rule) => rule.name)
  const rules = flags.select === undefined && flags.ignore === undefined ? [] : await known()
  const stdin = flags.stdinFilename !== undefined || paths.includes('-')
  if (stdin && paths.some((path) => path !== '-'))
    throw new UsageError(
      `${flags.stdinFilename === undefined ? '-' : '--stdin-filename'}: standard input is the only file then, so no paths can be given`,
    )
  const alone = stdin ? (['since', 'watch'] as const) : flags.watch === true ? (['fix', 'diff'] as const) : []
  for (const option of alone)
    if (flags[option] !== undefined)
      throw new UsageError(`--${option}: not together with ${stdin ? 'standard input' : '--watch'}`)
  const select = flags.select === undefined ? undefined : selectors('--select', flags.select, rules)
  const ignore = selectors('--ignore', flags.ignore ?? [], rules)
  checkSelection(select, ignore, rules)
  const works = flags.fix === true || flags.diff === true
  return {
    paths,
    format: flags.outputFormat,
    outputFile: flags.outputFile,
    files: outputs(flags.output ?? []),
    select,
    ignore,
    exclude: flags.exclude ?? [],
    respectExclude: flags.respectExclude === true,
    ...configuration(flags.config ?? []),
    since: flags.since,
    watch: flags.watch === true,
    fix: !works ? 'none' : flags.unsafeFixes === true ? 'unsafe' : 'safe',
    showChanges: flags.unsafeFixes === true && !works,
    diff: flags.diff === true,
    failOn: flags.failOn,
    failOnParseError: flags.failOnParseError === true,
    exitZero: flags.exitZero === true,
    quiet: flags.quiet === true,
    statistics: flags.statistics === true,
    showSuppressed: flags.showSuppressed === true,
    showHints: flags.showHints === true,
    stdin,
    stdinFilename: flags.stdinFilename,
    maxFiles: flags.maxFiles,
    baseline: flags.baseline,
    shard: flags.shard,
    pathsFrom: flags.pathsFrom,
  }
}

/** A run of no rule finds nothing, which looks like praise. */
function checkSelection(
  select: readonly string[] | undefined,
  ignore: readonly string[],
  rules: readonly string[],
): void {
  if (select?.length === 0) throw new UsageError('--select: names no rule')
  const runs = (rule: string) => {
    const chosen = select === undefined ? 0 : matchSelectors(select, rule)
    const dropped = matchSelectors(ignore, rule)
    return chosen !== undefined && (dropped === undefined || chosen > dropped)
  }
  if (rules.length > 0 && !rules.some(runs)) throw new UsageError('no rule is left by --select and --ignore')
}

/** `costlint check`: lint, fix where asked, print, and say by the exit code how it went. */
import { relative, resolve } from 'node:path'
import { budgetRule, TooManyFiles } from '../linter.js'
import { CheckedProject, type Outcome } from './check-project.js'
import { type Console, exit, UsageError } from './console.js'
import { type Engine, mostFiles } from './engine.js'
import type { CheckOptions } from './options.js'
import { print } from './output.js'
import { ProgressBar } from './progress.js'
import { type FailOn, mergeReports, type Report, reachesLevel } from './report.js'
import { type Target, targetOf } from './roots.js'
import { selected } from './selection.js'
import { nameFor } from './stdin-name.js'
import { watchProjects } from './watch.js'

/** @param screen where progress is drawn, which is no part of what is printed */
export async function check(
  engine: Engine,
  console: Console,
  options: CheckOptions,
  screen: Console = console,
): Promise<number> {
  const progress = new ProgressBar(options.quiet ? { ...screen, interactive: false } : screen)
  const open = (target: Target) => CheckedProject.open(engine, console, options, target)
  try {
    if (options.stdin) {
      const input = await console.input()
      const target = targetOf(options.stdinFilename ?? nameFor(input), console.cwd)
      const outcome = await once(await open(target), progress, input)
      return await finish(engine, console, options, [outcome])
    }
    const { targets: found, missing } = await selected(options.paths, options, console, {
      maxFiles: options.maxFiles ?? mostFiles,
      signal: console.signal,
      onFolder: (count) => progress.search('folders', count),
      note: (text) => {
        if (options.format === 'full' && !options.quiet) console.err(`costlint: ${text}\n`)
      },
    })
    if (found.length > 1 && options.baseline !== undefined)
      throw new UsageError(`--baseline: these are ${found.length} projects, and each has one of its own`)
    if (options.watch) return await watching(engine, console, options, await Promise.all(found.map(open)))
    const outcomes: Outcome[] = []
    for (const target of found) {
      try {
        outcomes.push(await once(await open(target), progress))
      } catch (error) {
        // One of many projects that is too large must not take the others along.
        if (!(error instanceof TooManyFiles) || found.length === 1) throw error
        missing.push({ path: relative(console.cwd, target.root) || '.', message: error.message })
      }
    }
    if (missing.length > 0) outcomes.push({ ...nothing, report: { ...mergeReports([]), errors: missing } })
    return await finish(engine, console, options, outcomes, progress)
  } catch (error) {
    if (error instanceof TooManyFiles)
      throw new UsageError(
        `${error.message}: run costlint in a folder within it, or allow more with --max-files`,
      )
    throw error
  } finally {
    progress.clear()
  }
}

const nothing: Omit<Outcome, 'report'> = { fixed: 0, diff: '', output: undefined }

async function once(project: CheckedProject, progress: ProgressBar, input?: Uint8Array): Promise<Outcome> {
  try {
    return await project.check(progress, input)
  } finally {
    await project.dispose()
  }
}

async function watching(
  engine: Engine,
  console: Console,
  options: CheckOptions,
  projects: readonly CheckedProject[],
): Promise<number> {
  const written = [...options.files.map(({ file }) => file), options.outputFile ?? []].flat()
  const own = new Set(written.map((file) => resolve(console.cwd, file)))
  try {
    await watchProjects(projects, console, own, async () => {
      const progress = new ProgressBar(options.quiet ? { ...console, interactive: false } : console)
      const outcomes: Outcome[] = []
      for (const project of projects) outcomes.push(await project.check(progress))
      // What was found before is out of date: the terminal starts afresh.
      if (console.columns !== null) console.out('\u001b[2J\u001b[3J\u001b[H')
      await finish(engine, console, options, outcomes, progress)
      if (!options.quiet) console.err('Watching for changes; Ctrl-C ends it.\n')
    })
  } finally {
    for (const project of projects) await project.dispose()
  }
  return exit.interrupted
}

/** Prints what was found. @returns the exit code */
async function finish(
  engine: Engine,
  console: Console,
  options: CheckOptions,
  outcomes: readonly Outcome[],
  progress?: ProgressBar,
): Promise<number> {
  progress?.clear()
  const isPart = options.shard !== undefined || options.pathsFrom !== undefined
  const merged = mergeReports(outcomes.map((each) => each.report))
  // What several machines say of their parts is seen from one place.
  const report = isPart ? { ...merged, fromTop: (path: string) => path } : merged
  const failOn = options.failOn ?? report.failOn ?? 'warning'
  await print(engine, console, options, {
    report,
    failOn,
    fixed: outcomes.reduce((sum, each) => sum + each.fixed, 0),
    diff: outcomes.map((each) => each.diff).join(''),
    output: outcomes.find((each) => each.output !== undefined)?.output,
  })
  return codeOf(report, failOn, options)
}

function codeOf(report: Report, failOn: FailOn, options: CheckOptions): number {
  const { faults, problems, errors, unmatched } = report
  if (faults.length + problems.length + unmatched.length > 0) return exit.failed
  if (options.failOnParseError && errors.some(({ kind }) => kind !== 'left out')) return exit.failed
  if (options.exitZero) return exit.clean
  if (report.findings.some(({ finding }) => finding.rule === budgetRule)) return exit.budget
  const failed = report.findings.some((each) => reachesLevel(each.finding.severity, failOn))
  // What is not shown counts all the same; the summary says that it is there.
  return failed || (report.hiddenHints > 0 && reachesLevel('hint', failOn)) ? exit.findings : exit.clean
}

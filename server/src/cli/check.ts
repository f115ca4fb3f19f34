/** `costlint check`: lint, fix where asked, print, and say by the exit code how it went. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { budgetRule, type Choice, type FixRun, type LintResult, TooManyFiles } from '../linter.js'
import { type Console, exit, UsageError } from './console.js'
import { type Engine, mostFiles } from './engine.js'
import type { CheckOptions } from './options.js'
import { print } from './output.js'
import { ProgressBar } from './progress.js'
import { createReport, type FailOn, mergeReports, type Report, reachesLevel } from './report.js'
import { type Target, targetOf, targets } from './roots.js'
import { Texts } from './texts.js'
import { unifiedDiff } from './unified-diff.js'

interface Outcome {
  report: Report
  fixed: number
  /** For `--diff`. */
  diff: string
  /** For `--fix` with standard input: the text after the fixes. */
  output: Uint8Array | undefined
}

export async function check(engine: Engine, console: Console, options: CheckOptions): Promise<number> {
  const choice: Choice = { select: options.select, ignore: options.ignore }
  const outcomes: Outcome[] = []
  const progress = new ProgressBar(options.quiet ? { ...console, interactive: false } : console)
  try {
    if (options.stdinFilename !== undefined) {
      const target = targetOf(options.stdinFilename, console.cwd)
      const input = await console.input()
      outcomes.push(await checkTarget(engine, console, options, choice, target, progress, input))
    } else {
      const watcher = {
        maxFiles: options.maxFiles ?? mostFiles,
        signal: console.signal,
        onFolder: (count: number) => progress.search('folders', count),
        note: (text: string) => {
          if (options.format === 'full' && !options.quiet) console.err(`costlint: ${text}\n`)
        },
      }
      for (const target of await targets(options.paths, console.cwd, watcher)) {
        outcomes.push(await checkTarget(engine, console, options, choice, target, progress))
      }
    }
  } catch (error) {
    if (error instanceof TooManyFiles)
      throw new UsageError(
        `${error.message}: run costlint in a folder within it, or allow more with --max-files`,
      )
    throw error
  } finally {
    progress.clear()
  }
  const report = mergeReports(outcomes.map((each) => each.report))
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
  if (report.faults.length > 0 || report.problems.length > 0) return exit.failed
  if (options.exitZero) return exit.clean
  if (report.findings.some(({ finding }) => finding.rule === budgetRule)) return exit.budget
  const failed = report.findings.some((each) => reachesLevel(each.finding.severity, failOn))
  // What is not shown counts all the same; the summary says that it is there.
  return failed || (report.hiddenHints > 0 && reachesLevel('hint', failOn)) ? exit.findings : exit.clean
}

async function checkTarget(
  engine: Engine,
  console: Console,
  options: CheckOptions,
  choice: Choice,
  target: Target,
  progress: ProgressBar,
  input?: Uint8Array,
): Promise<Outcome> {
  const { root, paths, apart = [] } = target
  const { maxFiles = mostFiles } = options
  const project = await engine.open(root, { choice, explicit: paths, apart, maxFiles })
  try {
    const texts = new Texts(root, engine)
    const report = (result: LintResult) =>
      createReport(result, texts, {
        cwd: console.cwd,
        root,
        showHints: options.showHints,
        paths,
        changes: options.showChanges,
        fixes: needsFixes(options) ? project : undefined,
        ...(needsMore(options) ? { costs: (findings) => project.cost(findings) } : {}),
      })
    if (input !== undefined) {
      const path = paths[0]!
      texts.give(path, input)
      try {
        project.open(path, (await engine.source(path, input)).text)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        const result = { findings: [], errors: [{ path, message }], faults: [], files: 1, filesLinted: 0 }
        return { report: await report(result), fixed: 0, diff: '', output: input }
      }
    }
    const lint = () =>
      project.lint({
        ...(paths.includes('') ? {} : { paths }),
        signal: console.signal,
        onProgress: (step) => progress.update(step),
      })
    const first = await lint()
    if (options.fix === 'none') return { report: await report(first), fixed: 0, diff: '', output: undefined }
    // What a diff is about are the findings that are there now, so they are looked at before anything is fixed.
    const before = options.diff ? await report(first) : undefined
    const run = await engine.fix(project, {
      paths,
      unsafe: options.fix === 'unsafe',
      signal: console.signal,
      ...(input !== undefined && { given: new Map([[paths[0]!, input]]) }),
    })
    if (before === undefined && run.files.length > 0) {
      for (const file of run.files) {
        if (input !== undefined) texts.give(file.path, file.bytes)
        else await write(join(root, file.path), file.bytes)
      }
      texts.clear()
    }
    const shown = before ?? (await report(run.files.length > 0 ? await lint() : first))
    shown.notFixed.push(...run.rolledBack.map((each) => ({ ...each, path: shown.display(each.path) })))
    const difference = ({ path, before, after }: FixRun['files'][number]) =>
      unifiedDiff(`a/${shown.display(path)}`, `b/${shown.display(path)}`, before, after)
    return {
      report: shown,
      fixed: options.diff ? 0 : run.fixed,
      diff: options.diff ? run.files.map(difference).join('') : '',
      output: input === undefined || options.diff ? undefined : (run.files[0]?.bytes ?? input),
    }
  } finally {
    await project.dispose()
  }
}

/** One line per finding needs neither fixes nor bills. */
function needsMore({ format, files }: CheckOptions): boolean {
  return format !== 'concise' || files.some((each) => each.format !== 'concise')
}

function needsFixes(options: CheckOptions): boolean {
  return needsMore(options) || options.statistics || options.diff
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFile(path, bytes)
  } catch (error) {
    throw new UsageError(
      `the fixes cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

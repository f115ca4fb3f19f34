/** One project of `costlint check`: opened once, linted and fixed as often as somebody asks. */

import { statSync } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { readable, reasonOf, toPosix } from '../host/node/host.js'
import { noteInput, readNoted } from '../host/node/inputs.js'
import { type Choice, type FixRun, isReadableName, type LintResult, type Project } from '../linter.js'
import { isWithin } from '../text/location.js'
import { unifiedDiff } from '../text/unified-diff.js'
import { givenBaseline } from './baseline.js'
import { type Console, UsageError } from './console.js'
import { type Engine, mostFiles } from './engine.js'
import { harmless } from './format/width.js'
import type { CheckOptions } from './options.js'
import type { ProgressBar } from './progress.js'
import { createReport, type Report } from './report.js'
import type { Target } from './roots.js'
import { changedSince } from './since.js'
import { Texts } from './texts.js'
import { writeFileWhole } from './write-file.js'

export interface Outcome {
  report: Report
  fixed: number
  /** For `--diff`. */
  diff: string
  /** For `--fix` with standard input: the text after the fixes. */
  output: Uint8Array | undefined
}

export class CheckedProject {
  private readonly texts: Texts

  private constructor(
    private readonly engine: Engine,
    private readonly console: Console,
    private readonly options: CheckOptions,
    private readonly target: Target,
    private readonly project: Project,
  ) {
    this.texts = new Texts(target.root, engine)
  }

  static async open(
    engine: Engine,
    console: Console,
    options: CheckOptions,
    target: Target,
  ): Promise<CheckedProject> {
    const { root, paths, apart = [] } = target
    const { maxFiles = mostFiles, respectExclude } = options
    const choice: Choice = {
      select: options.select,
      ignore: options.ignore,
      exclude: exclusions(options.exclude, target, console.cwd),
      ...(options.config === undefined
        ? {}
        : { file: await configuration(root, resolve(console.cwd, options.config)) }),
      ...(options.settings.length === 0 ? {} : { settings: options.settings }),
      ...(options.baseline === undefined
        ? {}
        : { baseline: await givenBaseline(options.baseline, console.cwd) }),
    }
    const project = await engine.open(root, { choice, explicit: paths, apart, maxFiles, respectExclude })
    return new CheckedProject(engine, console, options, target, project)
  }

  get root(): string {
    return this.target.root
  }

  /** A file of the project is another on disk now. */
  changed(path: string): void {
    this.project.changedOnDisk(path)
    this.texts.clear()
  }

  /** @param input what stands in for the one path of the project (standard input) */
  async check(progress: ProgressBar, input?: Uint8Array): Promise<Outcome> {
    const { options, project, texts } = this
    const [path] = this.target.paths
    if (input !== undefined) {
      texts.give(path!, input)
      try {
        project.open(path!, (await this.engine.source(path!, input)).text)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        const result = {
          findings: [],
          errors: [{ path: path!, message }],
          faults: [],
          files: 1,
          filesLinted: 0,
        }
        return { report: await this.report(result), fixed: 0, diff: '', output: input }
      }
    }
    const paths = await this.reported(progress)
    const lint = () => this.lint(paths, progress)
    const first = await lint()
    if (options.fix === 'none')
      return { report: await this.report(first), fixed: 0, diff: '', output: undefined }
    // What a diff is about are the findings that are there now, so they are looked at before anything is fixed.
    const before = options.diff ? await this.report(first) : undefined
    const run = await this.engine.fix(project, {
      paths,
      unsafe: options.fix === 'unsafe',
      signal: this.console.signal,
      ...(input !== undefined && { given: new Map([[path!, input]]) }),
    })
    if (before === undefined && run.files.length > 0) {
      if (input === undefined)
        await requireWritable(
          this.root,
          run.files.map(({ path }) => path),
        )
      for (const file of run.files) {
        if (input !== undefined) texts.give(file.path, file.bytes)
        else await writeFileWhole(join(this.root, file.path), file.bytes, file.path)
      }
      texts.clear()
    }
    const shown = before ?? (await this.report(run.files.length > 0 ? await lint() : first))
    shown.notFixed.push(...run.rolledBack.map((each) => ({ ...each, path: shown.display(each.path) })))
    const difference = ({ path: name, before: old, after }: FixRun['files'][number]) =>
      unifiedDiff(`a/${shown.display(name)}`, `b/${shown.display(name)}`, old, after)
    return {
      report: shown,
      fixed: options.diff ? 0 : run.fixed,
      diff: options.diff ? run.files.map(difference).join('') : '',
      output: input === undefined || options.diff ? undefined : (run.files[0]?.bytes ?? input),
    }
  }

  async dispose(): Promise<void> {
    await this.project.dispose()
  }

  private lint(paths: readonly string[], progress: ProgressBar): Promise<LintResult> {
    return this.project.lint({
      ...(paths.includes('') ? {} : { paths: [...paths] }),
      signal: this.console.signal,
      onProgress: (step) => progress.update(step),
    })
  }

  /** What is reported on: the given paths; of them only what has changed, and what that reaches, where asked. */
  private async reported(progress: ProgressBar): Promise<readonly string[]> {
    const { since } = this.options
    const { paths } = this.target
    if (since === undefined) return paths
    const changed = await changedSince(this.root, since)
    if (changed.length === 0) {
      if (!this.options.quiet) this.console.err(`costlint: no file has changed since ${harmless(since)}\n`)
      return []
    }
    await this.lint([''], progress)
    const reached = new Set<string>()
    for (const path of changed) {
      // A configuration decides about everything below its folder.
      if (/(^|\/)costlint\.toml$/.test(path)) reached.add(path.slice(0, Math.max(0, path.lastIndexOf('/'))))
      for (const one of this.project.relatives(path)) reached.add(one)
    }
    return [...reached].flatMap((one) => {
      const inner = paths.filter((path) => isWithin(path, one))
      return paths.some((path) => isWithin(one, path)) ? [one] : inner
    })
  }

  private async report(result: LintResult): Promise<Report> {
    const { options, project } = this
    const report = await createReport(result, this.texts, {
      cwd: this.console.cwd,
      root: this.root,
      showHints: options.showHints,
      showSuppressed: options.showSuppressed,
      paths: this.target.paths,
      changes: options.showChanges,
      fixes: needsFixes(options) ? project : undefined,
      ...(needsMore(options) ? { costs: (findings) => project.cost(findings) } : {}),
    })
    const isEmpty = result.files === 0 && report.problems.length === 0
    if (options.paths.length === 0 && options.since === undefined && isEmpty && !options.quiet)
      this.console.err(`costlint: there is no file to check in ${harmless(this.root)}\n`)
    // A hook names files that are left out, and with --since nothing may have changed.
    if (!options.respectExclude && options.since === undefined && options.paths.length > 0)
      for (const path of this.target.paths)
        if (this.isUnmatched(path, result)) {
          const message = 'holds no file that CostLint reads'
          report.unmatched.push({ path: report.display(path), message })
        }
    return report
  }

  /** A file of a kind that nobody reads, or a folder without one that somebody does. */
  private isUnmatched(path: string, { files, unmatched = [] }: LintResult): boolean {
    // Of many projects one may hold nothing.
    if (path === '') return files === 0 && this.options.paths.length === 1
    return unmatched.includes(path) || !this.mayBeRead(path)
  }

  private mayBeRead(path: string): boolean {
    const absolute = join(this.root, path)
    noteInput('exists', absolute)
    if (isReadableName(basename(path)) || statSync(absolute, { throwIfNoEntry: false })?.isFile() !== true)
      return true
    // A script without an extension names its program.
    return readNoted(absolute).subarray(0, 2).toString('latin1') === '#!'
  }
}

/** Patterns with a slash in them are meant from the current folder, as `exclude` means them from that of its file. */
function exclusions(patterns: readonly string[], { root }: Target, cwd: string): string[] {
  const folder = toPosix(relative(root, cwd))
  if (folder === '' || folder.startsWith('..')) return [...patterns]
  return patterns.map((pattern) => {
    const [, sign, rest] = /^(!?)(.*)$/s.exec(pattern)!
    return /\/./.test(rest!) ? `${sign}${folder}/${rest!.replace(/^\//, '')}` : pattern
  })
}

/** A configuration file of any name, its path as seen from the root. */
async function configuration(root: string, path: string): Promise<NonNullable<Choice['file']>> {
  try {
    return { path: toPosix(relative(root, path)), text: readNoted(path).toString('utf8') }
  } catch (error) {
    throw new UsageError(`--config: ${path} ${readable(error).message}`)
  }
}

/** One line per finding needs neither fixes nor bills. */
function needsMore({ format, files }: CheckOptions): boolean {
  return format !== 'concise' || files.some((each) => each.format !== 'concise')
}

function needsFixes(options: CheckOptions): boolean {
  return needsMore(options) || options.statistics || options.diff
}

/** Half of the fixes would be worse than none: nothing is written where one file cannot be. */
async function requireWritable(root: string, paths: readonly string[]): Promise<void> {
  const refused: string[] = []
  for (const path of paths)
    try {
      await access(join(root, path), constants.W_OK)
    } catch (error) {
      refused.push(`${harmless(path)}: cannot be written: ${reasonOf(error)}`)
    }
  if (refused.length > 0) throw new UsageError([...refused, 'nothing was fixed'].join('\n'))
}

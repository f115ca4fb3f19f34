/** Options of `costlint check`, checked. */
import { type FailOn, isKnownSelector, selectorNames, suggestion } from '../linter.js'
import { UsageError } from './console.js'
import type { OutputFormat } from './format/index.js'
import type { SelectionFlags } from './selection.js'

/** Spelled out here so that `--help` loads no format. */
export const outputFormats = [
  'full',
  'concise',
  'json',
  'jsonl',
  'sarif',
  'github',
  'gitlab',
  'junit',
  'markdown',
  'html',
  'agent',
] as const satisfies readonly OutputFormat[]

export const graphFormats = ['full', 'json', 'dot'] as const
export type GraphFormat = (typeof graphFormats)[number]

export const costFormats = ['full', 'json', 'markdown', 'csv'] as const
export type CostFormat = (typeof costFormats)[number]

export const reportFormats = ['html', 'markdown'] as const
export type ReportFormat = (typeof reportFormats)[number]

export interface CheckOptions extends SelectionFlags {
  paths: string[]
  format: OutputFormat
  /** In place of standard output. */
  outputFile?: string
  /** Written beside what is printed. */
  files: { format: OutputFormat; file: string }[]
  select?: string[]
  ignore: string[]
  /** Patterns of files that are left out. */
  exclude: string[]
  /** `exclude` holds for files that are named, too. */
  respectExclude: boolean
  /** Read in place of the project's configuration files. */
  config?: string
  /** `key = value`: above what the configuration files say. */
  settings: string[]
  /** Only what has changed since this git revision, and what that reaches. */
  since?: string
  watch: boolean
  /** Which fixes are carried out. */
  fix: 'none' | 'safe' | 'unsafe'
  /** Show what the fixes would change beside the findings. */
  showChanges: boolean
  /** Print the fixes as a diff instead of writing them. */
  diff: boolean
  failOn?: FailOn
  /** Findings and faults only: no summary, no notes, no progress. */
  quiet: boolean
  /** What could not be read or does not parse makes the run fail. */
  failOnParseError: boolean
  /** Findings do not count for the exit code. */
  exitZero: boolean
  statistics: boolean
  showHints: boolean
  /** In formats for programs: with the findings that are silenced. */
  showSuppressed: boolean
  /** Lint standard input. */
  stdin: boolean
  stdinFilename?: string
  /** Files of one project. Default: `mostFiles`. */
  maxFiles?: number
  /** File with findings that are left out, in place of the one that the configuration names. */
  baseline?: string
}

/** Rule names of an option, given several times or separated by commas. */
export function selectors(option: string, given: readonly string[], rules: readonly string[]): string[] {
  const names = given
    .flatMap((each) => each.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '')
  for (const name of names) {
    if (isKnownSelector(name, rules)) continue
    throw new UsageError(`${option}: unknown rule "${name}"${suggestion(name, selectorNames(rules))}`)
  }
  return names
}

/** `--output FORMAT=FILE`, given several times. */
export function outputs(given: readonly string[]): CheckOptions['files'] {
  return given.map((each) => {
    const cut = each.indexOf('=')
    const [name, file] = [each.slice(0, Math.max(0, cut)), each.slice(cut + 1)]
    if (cut < 1 || file === '')
      throw new UsageError(`--output: "${each}" is not FORMAT=FILE, such as sarif=costlint.sarif`)
    const format = outputFormats.find((one) => one === name)
    if (format === undefined)
      throw new UsageError(`--output: unknown format "${name}"${suggestion(name, outputFormats)}`)
    return { format, file }
  })
}

/** `--config`, given several times: a file, or `KEY=VALUE` as a line of one. */
export function configuration(given: readonly string[]): Pick<CheckOptions, 'config' | 'settings'> {
  const isSetting = (each: string) => /^\s*[\w"'./-]+\s*=/.test(each)
  const files = given.filter((each) => !isSetting(each))
  if (files.length > 1)
    throw new UsageError(`--config: only one file can be given, not ${files.join(' and ')}`)
  return { config: files[0], settings: given.filter(isSetting) }
}

/** Options of `costlint check`, checked. */
import { type FailOn, isKnownSelector, selectorNames, suggestion } from '../linter.js'
import { UsageError } from './console.js'

export const outputFormats = ['full', 'concise', 'json'] as const
export type OutputFormat = (typeof outputFormats)[number]

export const graphFormats = ['full', 'json', 'dot'] as const
export type GraphFormat = (typeof graphFormats)[number]

export const costFormats = ['full', 'json', 'markdown', 'csv'] as const
export type CostFormat = (typeof costFormats)[number]

export interface CheckOptions {
  paths: string[]
  format: OutputFormat
  select?: string[]
  ignore: string[]
  /** Which fixes are carried out. */
  fix: 'none' | 'safe' | 'unsafe'
  /** Print the fixes as a diff instead of writing them. */
  diff: boolean
  failOn?: FailOn
  statistics: boolean
  showHints: boolean
  stdinFilename?: string
  /** Files of one project. Default: `mostFiles`. */
  maxFiles?: number
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

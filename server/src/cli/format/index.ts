/** The formats of `costlint check`, by name. */
import type { Colors } from '../console.js'
import type { FailOn, Report } from '../report.js'
import { formatAgent } from './agent.js'
import { formatConcise } from './concise.js'
import { formatFull } from './full.js'
import { formatGithub } from './github.js'
import { formatGitlab } from './gitlab.js'
import { formatHtml } from './html.js'
import { formatJson, formatJsonLines } from './json.js'
import { formatJunit } from './junit.js'
import { formatMarkdown } from './markdown.js'
import { formatSarif, type RuleTexts } from './sarif.js'
import { formatStatistics, formatSummary } from './summary.js'

export interface FormatContext extends RuleTexts {
  colors: Colors
  /** Columns of the terminal; null: no terminal. */
  columns: number | null
  /** Lowest severity that counts as a failure. */
  failOn: FailOn
  /** Findings that were fixed by this run. */
  fixed: number
  /** Findings and nothing else. */
  quiet: boolean
  /** Also how often each rule was found. */
  statistics: boolean
}

type Format = (report: Report, context: FormatContext) => string

const formats = {
  full: formatFull,
  concise: (report, { colors }) => formatConcise(report, colors),
  json: formatJson,
  jsonl: formatJsonLines,
  sarif: formatSarif,
  github: formatGithub,
  gitlab: formatGitlab,
  junit: (report, { failOn }) => formatJunit(report, failOn),
  markdown: formatMarkdown,
  html: formatHtml,
  agent: formatAgent,
} satisfies Record<string, Format>

export type OutputFormat = keyof typeof formats

export function formatted(format: OutputFormat, report: Report, context: FormatContext): string {
  return formats[format](report, context)
}

/** What people read below the findings; programs get nothing. */
export function formattedEnd(format: OutputFormat, report: Report, context: FormatContext): string {
  const parts: string[] = []
  if (context.statistics && (format === 'full' || format === 'concise')) parts.push(formatStatistics(report))
  if (format === 'full' && !context.quiet) parts.push(formatSummary(report, context.fixed))
  return parts
    .filter((part) => part !== '')
    .map((part, index) => (index === 0 && report.findings.length === 0 ? part : `\n${part}`))
    .join('')
}

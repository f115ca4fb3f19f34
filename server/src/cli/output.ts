/** Where the findings of `costlint check` go: to the streams, and to files in formats of their own. */
import { resolve } from 'node:path'
import picocolors from 'picocolors'
import type { Console } from './console.js'
import type { Engine } from './engine.js'
import { type FormatContext, formatted, formattedEnd } from './format/index.js'
import { formatTroubles, leftOutText } from './format/summary.js'
import type { CheckOptions } from './options.js'
import type { FailOn, Report } from './report.js'
import { writeFileWhole } from './write-file.js'

export interface Printed {
  report: Report
  failOn: FailOn
  /** Findings that were fixed. */
  fixed: number
  /** For `--diff`. */
  diff: string
  /** For `--fix` with standard input: the text after the fixes. */
  output: Uint8Array | undefined
}

export async function print(
  engine: Engine,
  console: Console,
  options: CheckOptions,
  printed: Printed,
): Promise<void> {
  const { report, failOn, fixed, diff, output } = printed
  const { format, files, outputFile, quiet, statistics } = options
  const all = [format, ...files.map((each) => each.format)]
  const context: FormatContext = {
    colors: console.colors,
    columns: console.columns,
    failOn,
    fixed,
    quiet,
    statistics,
    rules: all.includes('sarif') ? await engine.rules() : [],
    pages: all.includes('sarif') ? await engine.pages() : {},
  }
  const plain = { ...context, colors: picocolors.createColors(false), columns: null }
  const written = outputFile === undefined ? files : [...files, { format, file: outputFile }]
  for (const each of written) {
    const text = formatted(each.format, report, plain) + formattedEnd(each.format, report, plain)
    await writeFileWhole(resolve(console.cwd, each.file), text, each.file)
  }
  // The diff, or the fixed text, has standard output for itself.
  const aside = options.diff || output !== undefined
  if (options.diff) console.out(diff)
  if (output !== undefined) console.out(output)
  const say = outputFile !== undefined ? () => {} : aside ? console.err : console.out
  const shown = aside ? { ...context, colors: console.errColors } : context
  say(formatted(format, report, shown))
  console.err(formatTroubles(report, console.errColors))
  say(formattedEnd(format, report, shown))
  if (options.diff && !quiet) console.err(leftOutText(report, options.fix))
}

/** `costlint why PLACE [RULE]`: the subjects there, what their settings are taken to be, and what each rule makes of them. */
import { readFile, stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { toPosix } from '../host/node/host.js'
import {
  type ExplainedRule,
  type ExplainedSetting,
  type ExplainedSubject,
  type Explanation,
  suggestion,
} from '../linter.js'
import { NotebookPlaces } from '../text/notebook-places.js'
import { type Colors, type Console, exit, UsageError } from './console.js'
import type { Engine } from './engine.js'
import { severityColor } from './format/concise.js'
import { harmless, textWidth } from './format/width.js'
import { LineTable } from './positions.js'
import { targets } from './roots.js'

export interface WhyFlags {
  rule: string | undefined
  format: 'full' | 'json'
}

interface WrittenPlace {
  path: string
  cell?: number
  line?: number
}

export async function showWhy(
  engine: Engine,
  console: Console,
  written: string,
  { rule, format }: WhyFlags,
): Promise<number> {
  if (rule !== undefined) {
    const names = (await engine.rules()).map(({ name }) => name)
    if (!names.includes(rule)) throw new UsageError(`unknown rule "${rule}"${suggestion(rule, names)}`)
  }
  const { path, ...within } = await placeOf(written, console.cwd)
  const [target] = await targets([path], console.cwd)
  const { root, paths } = target!
  const project = await engine.open(root, { choice: {}, explicit: paths })
  try {
    const found = await project.why({ path: paths[0]!, ...within, ...(rule === undefined ? {} : { rule }) })
    const display = (inProject: string) => toPosix(relative(console.cwd, join(root, inProject)))
    const explanation = displayed(found, display)
    console.out(
      format === 'json'
        ? `${JSON.stringify({ version: 1, ...explanation }, null, 2)}\n`
        : drawn(
            rule === undefined ? withoutBystanders(explanation) : explanation,
            harmless(display(paths[0]!) || '.'),
            console.colors,
          ),
    )
  } finally {
    await project.dispose()
  }
  return exit.clean
}

/** Also with a column, as `check` prints places. A file may have any name, so one that exists is taken as it is. */
async function placeOf(written: string, cwd: string): Promise<WrittenPlace> {
  if (await exists(resolve(cwd, written))) return { path: written }
  const match = /^(.+?)(?::cell (\d+))?(?::(\d+))?(?::\d+)?$/.exec(written)
  if (match === null) return { path: written }
  const [, path, cell, line] = match
  if (cell === undefined && line !== undefined && path!.endsWith('.ipynb'))
    return { path: path!, ...(await lineOfCell(resolve(cwd, path!), Number(line))) }
  return {
    path: path!,
    ...(cell === undefined ? {} : { cell: Number(cell) }),
    ...(line === undefined ? {} : { line: Number(line) }),
  }
}

/** A line of a notebook's JSON, as the formats of `check` name it. */
async function lineOfCell(path: string, line: number): Promise<Partial<WrittenPlace>> {
  try {
    const text = await readFile(path, 'utf8')
    const table = new LineTable(text)
    return new NotebookPlaces(text).lineWithin(table.start(line), table.start(line + 1)) ?? { line }
  } catch {
    return { line }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

function displayed({ note, subjects }: Explanation, display: (path: string) => string): Explanation {
  const place = <T extends { path: string }>(each: T): T => ({ ...each, path: display(each.path) })
  return {
    note,
    subjects: subjects.map((subject) => ({
      ...place(subject),
      job: subject.job === null ? null : place(subject.job),
      launches: subject.launches.map(place),
      settings: subject.settings.map((setting) => ({ ...setting, place: place(setting.place) })),
      rules: subject.rules.map((rule) => ({ ...rule, findings: rule.findings.map(place) })),
    })),
  }
}

/** Rules about other kinds of things than these: nobody would ask why they are silent. */
function withoutBystanders({ note, subjects }: Explanation): Explanation {
  const speaks = ({ reasons }: ExplainedRule) =>
    reasons.length === 0 || reasons.some((one) => one.besideThePoint !== true)
  return { note, subjects: subjects.map((one) => ({ ...one, rules: one.rules.filter(speaks) })) }
}

function drawn({ note, subjects }: Explanation, path: string, colors: Colors): string {
  const blocks = subjects.map((subject) => block(subject, colors))
  if (note !== null) blocks.unshift(`${path}: ${note}`)
  return `${blocks.join('\n\n')}\n`
}

function placeText({ path, cell, line }: { path: string; cell: number | null; line: number }): string {
  return harmless(`${path}:${cell === null ? '' : `cell ${cell}:`}${line}`)
}

function block(subject: ExplainedSubject, colors: Colors): string {
  const lines = [`${colors.bold(`${placeText(subject)} ${subject.kind}`)} (${subject.reader})`]
  lines.push(`  ${evidenceText(subject)}`)
  if (subject.job !== null) lines.push(`  job at ${placeText(subject.job)}`)
  for (const launch of subject.launches) lines.push(`  launched at ${placeText(launch)}`)
  for (const { what } of subject.unseen) lines.push(`  ${colors.yellow('not seen')}: ${harmless(what)}`)
  if (subject.settings.length > 0) lines.push('', ...settingLines(subject, colors))
  if (subject.note !== null) lines.push('', `  ${subject.note}`)
  for (const [verdict, heading] of headings) {
    const rules = subject.rules.filter((one) => one.verdict === verdict)
    if (rules.length > 0) lines.push('', `  ${colors.underline(heading)}`, ...ruleLines(rules, colors))
  }
  return lines.join('\n')
}

const headings = [
  ['reported', 'Reported'],
  ['dropped', 'Found, but not shown'],
  ['silent', 'Not reported'],
] as const

function evidenceText({
  evidence: { role, accelerator, small, negligible, uncalled, notebook },
}: ExplainedSubject): string {
  const parts = [`role: ${role}`, `accelerator: ${accelerator}`]
  if (small !== null) parts.push(`small: ${harmless(small)}`)
  if (uncalled !== undefined) parts.push(`told lower: ${harmless(uncalled)}`)
  if (negligible !== undefined) parts.push(`only hints: ${harmless(negligible)}`)
  if (notebook) parts.push('notebook')
  return parts.join(', ')
}

function settingLines({ settings, launches }: ExplainedSubject, colors: Colors): string[] {
  const width = (texts: string[]) => Math.min(40, Math.max(...texts.map(textWidth)))
  const valueText = ({ value, because }: ExplainedSetting) =>
    harmless(value === null ? `not known: ${because}` : value)
  const names = width(settings.map(({ setting }) => setting))
  const values = width(settings.map(valueText))
  const padded = (text: string, to: number) => text + ' '.repeat(Math.max(0, to - textWidth(text)))
  return settings.map((one) => {
    const value = padded(valueText(one), values)
    const shown =
      one.state === 'unknown' ? colors.yellow(value) : one.state === 'default' ? colors.dim(value) : value
    const some = one.launches === null ? '' : `, in ${one.launches} of ${launches.length} launches`
    return `  ${padded(one.setting, names)}  ${shown}  ${originText(one)}${some}`
  })
}

function originText({ state, key, when, channel, overridable, option, place }: ExplainedSetting): string {
  const by = state === 'default' ? `default of \`${key}\`` : `\`${key}\`, ${channel}`
  const condition = when === null ? '' : `, if ${harmless(when)}`
  return `${harmless(by)}, ${placeText(place)}${condition}${replacedText(overridable, option)}`
}

function ruleLines(rules: ExplainedRule[], colors: Colors): string[] {
  const width = Math.max(...rules.map(({ rule }) => rule.length))
  return rules.flatMap(({ rule, findings, reasons }) => {
    const texts = [
      ...findings.map(
        (one) =>
          `${severityColor(colors, one.severity)(one.severity)} at ${placeText(one)}: ${harmless(one.message)}`,
      ),
      ...reasons.map(({ text }) => harmless(text)),
    ]
    return (texts.length > 0 ? texts : ['']).map((text, index) => {
      const name = index === 0 ? rule : ''
      return `    ${name.padEnd(width)}  ${text}`.trimEnd()
    })
  })
}

function replacedText(overridable: boolean, option: string | null): string {
  if (!overridable) return ''
  return option === null ? ', a launch may replace it' : `, \`${option}\` may replace it`
}

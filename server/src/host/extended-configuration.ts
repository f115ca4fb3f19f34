/** Configuration files that build on presets and on other files. */

import { lookUp } from '../text/records.js'
import type { ConfigurationFile, ConfigurationProblem } from './configuration-file.js'
import { suggestion } from './nearest.js'

/** What `extends` may name, as the files that they stand for. Documented in docs/configuration.md. */
export const presets: Readonly<Record<string, string>> = {
  recommended: '',
  strict: `preview = true
fail-on = "information"
[money]
information = 0
warning = 1
error = 25
`,
  ci: `fail-on = "warning"
[severity]
observability = "information"
[money]
warning = 20
error = 200
`,
  notebook: `[severity]
lifecycle = "hint"
observability = "off"
[search]
min-fits = 30
warn-fits = 100
[money]
warning = 10
`,
}

/** Reads and parses a file of the project; undefined: there is none. */
export type ReadFile = (path: string) => Promise<ConfigurationFile | undefined>

export interface Extended {
  file: ConfigurationFile
  problems: ConfigurationProblem[]
  /** Files that it builds on. */
  sources: string[]
}

/** @param preset the parsed file of a preset */
export async function extendedFile(
  file: ConfigurationFile,
  read: ReadFile,
  preset: (name: string) => ConfigurationFile,
  above: readonly string[] = [],
): Promise<Extended> {
  const problems: ConfigurationProblem[] = []
  const sources: string[] = []
  let base: ConfigurationFile | undefined
  for (const { name, line } of file.extends) {
    const problem = (message: string) => problems.push({ path: file.path, line, message })
    const isPath = name.includes('/') || name.endsWith('.toml')
    if (!isPath) {
      if (lookUp(presets, name) === undefined)
        problem(`"extends" knows no preset "${name}"${suggestion(name, Object.keys(presets))}`)
      else base = base === undefined ? preset(name) : laidOver(base, preset(name))
      continue
    }
    const path = resolved(file.path, name)
    if (path === undefined) problem(`"extends" leads out of the project: "${name}"`)
    else if (path === file.path || above.includes(path))
      problem(`"extends" goes round in a circle: "${name}"`)
    else {
      sources.push(path)
      const found = await read(path)
      if (found === undefined) problem(`"extends" names a file that is not there: "${name}"`)
      else {
        const inner = await extendedFile(found, read, preset, [...above, file.path])
        problems.push(...inner.problems)
        sources.push(...inner.sources)
        base = base === undefined ? inner.file : laidOver(base, inner.file)
      }
    }
  }
  return { file: base === undefined ? file : laidOver(base, file), problems, sources }
}

/** A path of the project, from a file of it; undefined: it leads out. */
function resolved(from: string, name: string): string | undefined {
  const parts = name.startsWith('/') ? undefined : from.split('/').slice(0, -1)
  if (parts === undefined) return undefined
  for (const part of name.split(/[/\\]/)) {
    if (part === '..' && parts.pop() === undefined) return undefined
    if (part !== '..' && part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

/** What the upper one says holds; lists of paths and of entries are those of both. */
export function laidOver(lower: ConfigurationFile, upper: ConfigurationFile): ConfigurationFile {
  return {
    path: upper.path,
    extends: [],
    select: upper.select ?? lower.select,
    ignore: [...lower.ignore, ...upper.ignore],
    severity: [...lower.severity, ...upper.severity],
    preview: upper.preview ?? lower.preview,
    exclude: [...lower.exclude, ...upper.exclude],
    include: upper.include ?? lower.include,
    lines: upper.lines,
    overrides: [...lower.overrides, ...upper.overrides],
    suppress: [...lower.suppress, ...upper.suppress],
    hardware: upper.hardware ?? lower.hardware,
    search: { ...lower.search, ...given(upper.search) },
    lifecycle: { ...lower.lifecycle, ...given(upper.lifecycle) },
    money: { ...lower.money, ...given(upper.money) },
    prices: {
      ...lower.prices,
      ...given(upper.prices),
      // The first that fits a machine is taken.
      machines: joined(upper.prices.machines, lower.prices.machines),
      accelerators: joined(upper.prices.accelerators, lower.prices.accelerators),
    },
    budget: { ...lower.budget, ...given(upper.budget) },
    runs: [...lower.runs, ...upper.runs],
    failOn: upper.failOn ?? lower.failOn,
    baseline: upper.baseline ?? lower.baseline,
  }
}

function joined<T>(first: T[] | undefined, second: T[] | undefined): T[] | undefined {
  return first === undefined && second === undefined ? undefined : [...(first ?? []), ...(second ?? [])]
}

/** Without the keys that a file leaves open. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

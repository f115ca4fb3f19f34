/** One configuration file: `costlint.toml`, or `[tool.costlint]` in `pyproject.toml`, checked value by value. */
import { gpu } from '../catalog/gpus.js'
import { allInstances, instance } from '../catalog/instances.js'
import type { OwnAcceleratorPrice, OwnPrice } from '../catalog/price-book.js'
import { gpuSpellings } from '../catalog/spellings.js'
import type { ConfigEntry, ConfigFacts, ConfigMap, ConfigNode } from '../config/node.js'
import type { Severity, ToldRun } from '../rules/rule.js'
import { lookUp } from '../text/records.js'
import { nearest, suggestion } from './nearest.js'
import { ownRuleNames } from './own-rules.js'
import { isKnownSelector, selectorNames } from './selector.js'

export type ConfiguredSeverity = Severity | 'off'
export type FailOn = Severity | 'never'

export const severities: readonly Severity[] = ['error', 'warning', 'information', 'hint']
const configuredSeverities: readonly ConfiguredSeverity[] = ['off', ...severities]
export const failOnValues: readonly FailOn[] = [...severities, 'never']

export interface ConfigurationProblem {
  path: string
  /** 1-based. */
  line: number
  message: string
}

/** What decides about rules: of a whole file, or of one of its overrides. */
export interface RuleChoice {
  /** Absent: every rule. */
  select?: string[]
  ignore: string[]
  severity: [selector: string, severity: ConfiguredSeverity][]
}

export interface Override extends RuleChoice {
  paths: string[]
}

/** A suppression for files that hold no comments. */
export interface ConfiguredSuppression {
  path: string
  rule: string
  reason: string
}

/** Limits of what jobs may cost; absent: none. */
export interface Budget {
  /** USD. */
  perRun?: number
  perMonth?: number
  /** Machine types and accelerators that jobs may use, as patterns with `*`. */
  machines?: string[]
  /** Jobs on machines must carry tags or labels. */
  tags?: boolean
}

/** What the user says of the runs of some files. */
export interface ConfiguredRun {
  path: string
  told: ToldRun
}

export interface ConfigurationFile extends RuleChoice {
  path: string
  exclude: string[]
  include?: string[]
  overrides: Override[]
  suppress: ConfiguredSuppression[]
  hardware?: string
  search: { warnFits?: number; errorFits?: number; minFits?: number }
  lifecycle: { minEpochs?: number }
  prices: {
    region?: string
    discount?: number
    machines?: OwnPrice[]
    accelerators?: OwnAcceleratorPrice[]
  }
  money: { information?: number; warning?: number; error?: number }
  budget: Budget
  runs: ConfiguredRun[]
  failOn?: FailOn
}

export interface Vocabulary {
  /** Names of all rules; the linter's own are added. */
  rules: readonly string[]
  /** Names that `hardware.default` may have; absent: any. */
  hardware?: readonly string[]
}

export interface ParsedConfiguration {
  /** Undefined for a `pyproject.toml` that does not speak of CostLint. */
  file: ConfigurationFile | undefined
  problems: ConfigurationProblem[]
}

/** Whether a `pyproject.toml` is worth parsing. */
export function mentionsConfiguration(text: string): boolean {
  return /\[\s*tool\s*\.\s*["']?costlint|^\s*costlint\b/m.test(text)
}

export function readConfigurationFile(
  path: string,
  text: string,
  facts: ConfigFacts,
  vocabulary: Vocabulary,
): ParsedConfiguration {
  return new FileReader(path, text, vocabulary).read(facts)
}

/** 'p4d.24xlarge', 'Standard_ND96asr_v4', 'a2-highgpu-1g'. */
const likeCloud = /^(ml\.)?[a-z]+\d+[a-z]*\.\w+$|^Standard_\w+$|^[a-z]\d[a-z]?-[a-z]+-\w+$/i

type Handler = (entry: ConfigEntry) => void

class FileReader {
  private readonly problems: ConfigurationProblem[] = []

  private readonly rules: readonly string[]

  constructor(
    private readonly path: string,
    private readonly text: string,
    private readonly vocabulary: Vocabulary,
  ) {
    this.rules = [...vocabulary.rules, ...ownRuleNames]
  }

  read(facts: ConfigFacts): ParsedConfiguration {
    const document = facts.documents[0]
    const root = document?.root
    if (document?.hasErrors) this.problem(errorOffset(this.text, document.root), 'this is not valid TOML')
    const table = this.path.endsWith('pyproject.toml') ? child(child(root, 'tool'), 'costlint') : root
    if (table === undefined) return { file: undefined, problems: [] }
    const file: ConfigurationFile = {
      path: this.path,
      ...noChoice(),
      exclude: [],
      overrides: [],
      suppress: [],
      search: {},
      lifecycle: {},
      prices: {},
      money: {},
      budget: {},
      runs: [],
    }
    this.table(table, 'the configuration', {
      ...this.choice(file),
      exclude: (entry) => {
        file.exclude = this.strings(entry) ?? []
      },
      include: (entry) => {
        file.include = this.strings(entry)
      },
      overrides: (entry) => {
        file.overrides = this.tables(entry).map((each) => this.override(each))
      },
      suppress: (entry) => {
        file.suppress = this.tables(entry).flatMap((each) => this.suppression(each))
      },
      hardware: (entry) =>
        this.table(entry.value, '"hardware"', {
          default: (inner) => {
            file.hardware = this.hardware(inner)
          },
        }),
      search: (entry) =>
        this.table(entry.value, '"search"', {
          'warn-fits': (inner) => {
            file.search.warnFits = this.count(inner)
          },
          'error-fits': (inner) => {
            file.search.errorFits = this.count(inner)
          },
          'min-fits': (inner) => {
            file.search.minFits = this.count(inner)
          },
        }),
      lifecycle: (entry) =>
        this.table(entry.value, '"lifecycle"', {
          'min-epochs': (inner) => {
            file.lifecycle.minEpochs = this.count(inner)
          },
        }),
      prices: (entry) =>
        this.table(entry.value, '"prices"', {
          region: (inner) => {
            file.prices.region = this.string(inner)
          },
          discount: (inner) => {
            file.prices.discount = this.amount(inner, 'a share from 0 to 1', 1)
          },
          machines: (inner) => {
            file.prices.machines = this.tables(inner).flatMap((each) => this.ownPrice(each))
          },
          accelerators: (inner) => {
            file.prices.accelerators = this.tables(inner).flatMap((each) => this.acceleratorPrice(each))
          },
        }),
      money: (entry) =>
        this.table(entry.value, '"money"', {
          information: (inner) => {
            file.money.information = this.amount(inner, 'dollars')
          },
          warning: (inner) => {
            file.money.warning = this.amount(inner, 'dollars')
          },
          error: (inner) => {
            file.money.error = this.amount(inner, 'dollars')
          },
        }),
      budget: (entry) =>
        this.table(entry.value, '"budget"', {
          'usd-per-run': (inner) => {
            file.budget.perRun = this.amount(inner, 'dollars')
          },
          'usd-per-month': (inner) => {
            file.budget.perMonth = this.amount(inner, 'dollars')
          },
          machines: (inner) => {
            file.budget.machines = this.strings(inner)
          },
          tags: (inner) => {
            file.budget.tags = this.boolean(inner)
          },
        }),
      runs: (entry) => {
        file.runs = this.tables(entry).flatMap((each) => this.toldRun(each))
      },
      'fail-on': (entry) => {
        file.failOn = this.oneOf(entry, failOnValues)
      },
    })
    return { file, problems: this.problems.sort((a, b) => a.line - b.line) }
  }

  private choice(target: RuleChoice): Record<string, Handler> {
    return {
      select: (entry) => {
        target.select = this.selectors(entry)
      },
      ignore: (entry) => {
        target.ignore = this.selectors(entry) ?? []
      },
      severity: (entry) => {
        if (entry.value.kind !== 'map') return this.wrongType(entry, 'a table of rule = "severity"')
        for (const each of entry.value.entries) {
          if (!this.knowsSelector(each.key, each.keyStart)) continue
          const severity = this.oneOf(each, configuredSeverities)
          if (severity !== undefined) target.severity.push([each.key, severity])
        }
      },
    }
  }

  private override(table: ConfigMap): Override {
    const override: Override = { paths: [], ...noChoice() }
    this.table(table, 'an override', {
      paths: (entry) => {
        override.paths = this.strings(entry) ?? []
      },
      ...this.choice(override),
    })
    if (!has(table, 'paths')) this.problem(table.start, 'an override needs "paths"')
    return override
  }

  private suppression(table: ConfigMap): ConfiguredSuppression[] {
    const found: Partial<ConfiguredSuppression> = {}
    this.table(table, 'a suppression', {
      path: (entry) => {
        found.path = this.string(entry)
      },
      rule: (entry) => {
        const rule = this.string(entry)
        if (rule !== undefined && this.knowsSelector(rule, entry.value.start)) found.rule = rule
      },
      reason: (entry) => {
        found.reason = this.string(entry)
      },
    })
    for (const key of ['path', 'rule', 'reason']) {
      if (!has(table, key)) this.problem(table.start, `a suppression needs "${key}"`)
    }
    const { path, rule, reason } = found
    return path === undefined || rule === undefined || reason === undefined ? [] : [{ path, rule, reason }]
  }

  private ownPrice(table: ConfigMap): OwnPrice[] {
    const found: OwnPrice = { type: '', region: null, onDemand: null, spot: null }
    this.table(table, 'a price', {
      type: (entry) => {
        found.type = this.machineType(entry) ?? ''
      },
      region: (entry) => {
        found.region = this.string(entry) ?? null
      },
      'usd-per-hour': (entry) => {
        found.onDemand = this.amount(entry, 'dollars per hour') ?? null
      },
      'spot-usd-per-hour': (entry) => {
        found.spot = this.amount(entry, 'dollars per hour') ?? null
      },
    })
    if (!has(table, 'type')) this.problem(table.start, 'a price needs "type"')
    if (!has(table, 'usd-per-hour') && !has(table, 'spot-usd-per-hour'))
      this.problem(table.start, 'a price needs "usd-per-hour" or "spot-usd-per-hour"')
    return found.type === '' || (found.onDemand === null && found.spot === null) ? [] : [found]
  }

  /** Machines of one's own have any name; one that is spelled like a cloud's must be one of its. */
  private machineType(entry: ConfigEntry): string | undefined {
    const type = this.string(entry)
    if (type === undefined || !likeCloud.test(type) || instance(type) !== undefined) return type
    const prefix = /^ml\./i.test(type) ? 'ml.' : ''
    const names = allInstances().map((one) => `${prefix}${one.type}`)
    const hint = nearest(type, names)
    // A new machine may be one that the catalogue does not hold yet.
    if (hint !== undefined)
      this.problem(entry.value.start, `unknown machine type "${type}", did you mean "${hint}"?`)
    return type
  }

  private acceleratorPrice(table: ConfigMap): OwnAcceleratorPrice[] {
    let name: string | undefined
    let usd: number | undefined
    this.table(table, 'a price', {
      name: (entry) => {
        name = this.hardware(entry)
      },
      'usd-per-hour': (entry) => {
        usd = this.amount(entry, 'dollars per hour')
      },
    })
    for (const key of ['name', 'usd-per-hour'])
      if (!has(table, key)) this.problem(table.start, `a price needs "${key}"`)
    return name === undefined || usd === undefined ? [] : [{ name, usd }]
  }

  private toldRun(table: ConfigMap): ConfiguredRun[] {
    let path: string | undefined
    const told: ToldRun = { samples: null, hours: null }
    this.table(table, 'a run', {
      path: (entry) => {
        path = this.string(entry)
      },
      samples: (entry) => {
        told.samples = this.count(entry) ?? null
      },
      hours: (entry) => {
        const hours = this.amount(entry, 'hours')
        if (hours !== undefined) told.hours = { low: hours, high: hours }
      },
    })
    if (!has(table, 'path')) this.problem(table.start, 'a run needs "path"')
    return path === undefined ? [] : [{ path, told }]
  }

  private table(node: ConfigNode, what: string, handlers: Record<string, Handler>): void {
    if (node.kind !== 'map') {
      if (node.kind !== 'unknown') this.problem(node.start, `${what} must be a table`)
      return
    }
    for (const entry of node.entries) {
      const handler = lookUp(handlers, entry.key)
      if (handler !== undefined) handler(entry)
      else {
        const names = Object.keys(handlers)
        const hint = nearest(entry.key, names)
        const end = hint === undefined ? `; it may hold ${names.join(', ')}` : `, did you mean "${hint}"?`
        this.problem(entry.keyStart, `unknown key "${entry.key}" in ${what}${end}`)
      }
    }
  }

  private tables(entry: ConfigEntry): ConfigMap[] {
    const { value } = entry
    if (value.kind !== 'list') {
      this.wrongType(entry, `a list of tables, [[${entry.key}]]`)
      return []
    }
    return value.items.filter((item): item is ConfigMap => {
      if (item.kind !== 'map' && item.kind !== 'unknown')
        this.wrongType(entry, `a list of tables, [[${entry.key}]]`)
      return item.kind === 'map'
    })
  }

  private string(entry: ConfigEntry): string | undefined {
    const { value } = entry
    if (value.kind === 'scalar' && typeof value.value === 'string') return value.value
    this.wrongType(entry, 'a string')
    return undefined
  }

  private strings(entry: ConfigEntry): string[] | undefined {
    return this.placedStrings(entry)?.map((each) => each.text)
  }

  private placedStrings(entry: ConfigEntry): { text: string; start: number }[] | undefined {
    const { value } = entry
    const found: { text: string; start: number }[] = []
    for (const item of value.kind === 'list' ? value.items : [value]) {
      if (item.kind !== 'scalar' || typeof item.value !== 'string' || value.kind !== 'list') {
        this.wrongType(entry, 'a list of strings')
        return undefined
      }
      found.push({ text: item.value, start: item.start })
    }
    return found
  }

  private selectors(entry: ConfigEntry): string[] | undefined {
    return this.placedStrings(entry)
      ?.filter((each) => this.knowsSelector(each.text, each.start))
      .map((each) => each.text)
  }

  private knowsSelector(selector: string, at: number): boolean {
    if (isKnownSelector(selector, this.rules)) return true
    const names = selectorNames(this.rules)
    this.problem(at, `unknown rule "${selector}"${suggestion(selector, names)}`)
    return false
  }

  private count(entry: ConfigEntry): number | undefined {
    const { value } = entry
    if (value.kind === 'scalar' && typeof value.value === 'number' && Number.isInteger(value.value)) {
      if (value.value >= 0) return value.value
    }
    this.wrongType(entry, 'a whole number, 0 or more')
    return undefined
  }

  /** Zero or more, and not more than `most`. */
  private amount(entry: ConfigEntry, expected: string, most = Number.MAX_VALUE): number | undefined {
    const { value } = entry
    if (value.kind === 'scalar' && typeof value.value === 'number' && value.value >= 0 && value.value <= most)
      return value.value
    this.wrongType(entry, expected)
    return undefined
  }

  private boolean(entry: ConfigEntry): boolean | undefined {
    const { value } = entry
    if (value.kind === 'scalar' && typeof value.value === 'boolean') return value.value
    this.wrongType(entry, 'true or false')
    return undefined
  }

  private oneOf<T extends string>(entry: ConfigEntry, values: readonly T[]): T | undefined {
    const { value } = entry
    const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
    const found = values.find((each) => each === text)
    if (found === undefined) this.wrongType(entry, `one of ${values.join(', ')}`)
    return found
  }

  private hardware(entry: ConfigEntry): string | undefined {
    const name = this.string(entry)
    const known = this.vocabulary.hardware
    if (name === undefined || known === undefined || known.includes(name)) return name
    const same = known.find((each) => each.toLowerCase() === name.toLowerCase())
    // 'H100' stands for one of its forms, and a P100 is no slip of the hand for it.
    const meant = gpu(name)?.name
    if (same !== undefined) return same
    if (meant !== undefined && known.includes(meant)) return meant
    const series = gpuSpellings(name).filter((each) => known.includes(each))
    const hint = suggestion(name, series.length > 0 ? series : known)
    this.problem(entry.value.start, `unknown hardware "${name}"${hint}`)
    return undefined
  }

  private wrongType(entry: ConfigEntry, expected: string): void {
    // What cannot be read at all has been reported as a syntax error.
    if (entry.value.kind !== 'unknown') this.problem(entry.keyStart, `"${entry.key}" must be ${expected}`)
  }

  private problem(offset: number, message: string): void {
    let line = 1
    for (let at = this.text.indexOf('\n'); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1))
      line++
    this.problems.push({ path: this.path, line, message })
  }
}

function noChoice(): RuleChoice {
  return { ignore: [], severity: [] }
}

function has(table: ConfigMap, key: string): boolean {
  return table.entries.some((entry) => entry.key === key)
}

function child(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}

/** Where the text stops to be TOML: the first value that could not be read, or the first line that gave no value. */
function errorOffset(text: string, root: ConfigNode): number {
  const nodes = [root]
  const read: { start: number; end: number }[] = []
  let unknown = Number.POSITIVE_INFINITY
  while (nodes.length > 0) {
    const node = nodes.pop()!
    if (node.kind === 'unknown') unknown = Math.min(unknown, node.start)
    else if (node.kind === 'list') nodes.push(...node.items)
    else if (node.kind === 'map') {
      for (const { keyStart, value } of node.entries) {
        if (value.kind === 'scalar' || value.kind === 'list') read.push({ start: keyStart, end: value.end })
        nodes.push(value)
      }
    }
  }
  read.sort((a, b) => a.start - b.start)
  let next = 0
  for (const { index, 0: line } of text.matchAll(/[^\r\n]+/g)) {
    const start = index + (line.length - line.trimStart().length)
    if (start >= unknown) break
    while (next < read.length && read[next]!.end <= start) next++
    const covered = next < read.length && read[next]!.start <= index + line.length
    if (!covered && !/^\s*(?:#|$|\[{1,2}[^\]]*\]{1,2}\s*(?:#|$))/.test(line)) return start
  }
  return Number.isFinite(unknown) ? unknown : root.start
}

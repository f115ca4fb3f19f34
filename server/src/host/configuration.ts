/** What the user's configuration files, taken together, say about each file of the project. */
import { listPrices } from '../catalog/price-book.js'
import type { RunRecord } from '../measured/record.js'
import type { Rule, RuleOptions, Severity, ToldRun } from '../rules/rule.js'
import { lookUp } from '../text/records.js'
import type { Baseline } from './baseline.js'
import type {
  Budget,
  ConfigurationFile,
  ConfigurationProblem,
  ConfiguredSeverity,
  ConfiguredSuppression,
  FailOn,
  OptionChoice,
  Override,
  RuleChoice,
} from './configuration-file.js'
import { given } from './extended-configuration.js'
import { PatternLayer } from './gitignore.js'
import { ownRules } from './own-rules.js'
import { PatternTable } from './pattern-table.js'
import { matchSelectors, type Specificity } from './selector.js'

export type { ConfigurationProblem, FailOn } from './configuration-file.js'

/** What rules are known: all that the configuration needs of them. */
export type KnownRule = Pick<Rule, 'name' | 'offFor'>

export const defaultOptions: RuleOptions = {
  defaultHardware: null,
  search: { warnFits: 30, errorFits: 500, minFits: 12 },
  lifecycle: { minEpochs: 20 },
  prices: listPrices,
  told: { samples: null, hours: null },
  money: { information: 1, warning: 5, error: 100 },
}

/** What a command line or an editor asks for: stronger than any file. */
export interface Choice {
  /** Only these rules; replaces the `select` of every file. */
  select?: readonly string[]
  /** Not these, whatever the files say. */
  ignore?: readonly string[]
  severity?: readonly [selector: string, severity: ConfiguredSeverity][]
  /** Used where no file gives `hardware.default`. */
  hardware?: string
  /** Patterns as in `exclude`, from the root. */
  exclude?: readonly string[]
  /** Files and folders that somebody named: `exclude` and `include` have no say in them. */
  named?: readonly string[]
  /** Read in place of every configuration file of the project, as if it stood at the root. */
  file?: { path: string; text: string }
  /** Lines of a configuration file that hold above all files; a single word may lack its quotes. */
  settings?: readonly string[]
  /** Findings that are known, in place of those that the configuration names. */
  baseline?: Baseline
  /** Used where no file gives them. */
  prices?: { region?: string; discount?: number }
}

/** What holds for one file of the project. */
export interface FileConfiguration {
  /** Whether the rule judges what this reader says; without a reader: whether it runs at all. */
  enabled(rule: string, reader?: string): boolean
  /** The user's severity for the rule, which replaces the rule's own; undefined: none given. */
  severity(rule: string): Severity | undefined
  /** `[[suppress]]` entries whose path covers the file. */
  suppressions: ConfiguredSuppression[]
  /** Of the file, whatever the rule. */
  options: RuleOptions
  /** With what holds for this rule only. */
  optionsFor(rule: string): RuleOptions
}

export interface Configuration {
  forFile(path: string): FileConfiguration
  /** `exclude` of the files above: true: not even read; false: brought back by a `!` pattern; undefined: not mentioned. */
  excluded(path: string, folder?: boolean): boolean | undefined
  /** Whether findings of the file are shown: not excluded, and named by `include` where that is given. */
  reported(path: string): boolean
  /** Of the configuration at the root: what rules about the whole project use. */
  ruleOptions: RuleOptions
  failOn: FailOn | undefined
  /** Of the configuration at the root. */
  budget: Budget
  problems: ConfigurationProblem[]
  /** What is wrong with it in a project of these files: patterns that match none of them. */
  problemsWith(files: readonly string[]): ConfigurationProblem[]
  /** What was measured of runs. */
  measured: readonly RunRecord[]
  /** Findings that are known. */
  baseline: Baseline | undefined
  /** Where the configuration at the root keeps them. */
  baselineFile: string | undefined
  /** Files beside the configuration files that it was made of. */
  sources: ReadonlySet<string>
}

export interface ConfigurationSources {
  files: ConfigurationFile[]
  problems: ConfigurationProblem[]
  rules: readonly KnownRule[]
  choice?: Choice
  measured?: readonly RunRecord[]
  baseline?: Baseline
  sources?: ReadonlySet<string>
}

export function createConfiguration(sources: ConfigurationSources): Configuration {
  return new ProjectConfiguration(sources)
}

class ProjectConfiguration implements Configuration {
  readonly problems: ConfigurationProblem[]
  readonly ruleOptions: RuleOptions
  readonly failOn: FailOn | undefined
  readonly budget: Budget
  readonly measured: readonly RunRecord[]
  readonly baseline: Baseline | undefined
  readonly baselineFile: string | undefined
  readonly sources: ReadonlySet<string>
  /** By folder; the deepest folder above a file decides. */
  private readonly scopes = new Map<string, Scope>()
  private readonly none: Scope
  /** `exclude` of the command line. */
  private readonly left: PatternLayer
  private readonly named: readonly string[]
  private readonly byFile = new Map<string, FileConfiguration>()

  constructor(sources: ConfigurationSources) {
    this.problems = [...sources.problems]
    this.measured = sources.measured ?? []
    this.baseline = sources.baseline
    this.sources = sources.sources ?? new Set()
    const choice = sources.choice ?? {}
    const rules = new Map([...sources.rules, ...(ownRules as KnownRule[])].map((rule) => [rule.name, rule]))
    this.none = new Scope(undefined, '', rules, choice)
    this.left = new PatternLayer('', choice.exclude ?? [])
    this.named = choice.named ?? []
    for (const file of sources.files) {
      const folder = file.path.slice(0, Math.max(0, file.path.lastIndexOf('/')))
      // Beside a costlint.toml the table in pyproject.toml has no say.
      if (this.scopes.has(folder) && file.path.endsWith('pyproject.toml')) continue
      this.scopes.set(folder, new Scope(file, folder, rules, choice))
    }
    const root = this.scopes.get('') ?? this.none
    this.ruleOptions = root.options
    this.failOn = root.file?.failOn
    this.budget = root.file?.budget ?? {}
    this.baselineFile = root.file?.baseline?.path
    const isSilent = [...this.scopes.values()].every((scope) => !scope.runsAny())
    if (root.file !== undefined && choice.select === undefined && isSilent && this.problems.length === 0)
      this.problems.push({
        path: root.file.path,
        line: root.file.lines.select ?? 1,
        message: 'no rule is left: none is selected, or all are ignored',
      })
  }

  problemsWith(files: readonly string[]): ConfigurationProblem[] {
    return [...this.scopes.values()].flatMap(({ file }) => {
      const line = file?.lines.include
      if (file === undefined || line === undefined) return []
      const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1)
      const own = files.filter((path) => path.startsWith(folder) && this.scope(path).file === file)
      if (own.length === 0 || own.some((path) => this.scope(path).includes(path))) return []
      return [{ path: file.path, line, message: '`include` matches no file' }]
    })
  }

  forFile(path: string): FileConfiguration {
    let found = this.byFile.get(path)
    if (found === undefined) {
      found = this.scope(path).forFile(path)
      this.byFile.set(path, found)
    }
    return found
  }

  excluded(path: string, folder = false): boolean | undefined {
    if (this.left.verdict(path, folder) === true) return true
    const verdict = this.configured(path, folder)
    return verdict === true && this.isNamed(path) ? undefined : verdict
  }

  /** A file is named by itself, or by a folder that is left out as a whole. */
  private isNamed(path: string): boolean {
    return this.named.some(
      (one) => one === path || (path.startsWith(`${one}/`) && this.configured(one, true) === true),
    )
  }

  private configured(path: string, folder: boolean): boolean | undefined {
    for (const scope of this.above(path)) {
      const verdict = scope.exclude.verdict(path, folder)
      if (verdict !== undefined) return verdict
    }
    return undefined
  }

  reported(path: string): boolean {
    if (this.excluded(path) === true) return false
    return this.named.includes(path) || this.scope(path).includes(path)
  }

  private scope(path: string): Scope {
    for (const scope of this.above(path)) return scope
    return this.none
  }

  /** Configurations above a path, the nearest first. */
  private *above(path: string): Generator<Scope> {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const scope = this.scopes.get(path.slice(0, end))
      if (scope !== undefined) yield scope
    }
    const root = this.scopes.get('')
    if (root !== undefined) yield root
  }
}

/** One configuration file with what it covers. */
class Scope {
  readonly options: RuleOptions
  readonly exclude: PatternLayer
  private readonly include: PatternLayer | undefined
  private readonly overrides: PatternTable<Override>
  private readonly runs: PatternTable<{ path: string; told: ToldRun }>
  private readonly suppress: PatternTable<ConfiguredSuppression>

  constructor(
    readonly file: ConfigurationFile | undefined,
    folder: string,
    private readonly rules: Map<string, KnownRule>,
    private readonly choice: Choice,
  ) {
    this.exclude = new PatternLayer(folder, file?.exclude ?? [])
    this.include = file?.include === undefined ? undefined : new PatternLayer(folder, file.include)
    this.overrides = new PatternTable(folder, file?.overrides ?? [], ({ paths }) => paths)
    this.suppress = new PatternTable(folder, file?.suppress ?? [], ({ path }) => [path])
    this.runs = new PatternTable(folder, file?.runs ?? [], ({ path }) => [path])
    const preferred = {
      ...defaultOptions,
      defaultHardware: choice.hardware ?? null,
      prices: { ...defaultOptions.prices, ...given(choice.prices ?? {}) },
    }
    this.options =
      file === undefined
        ? preferred
        : { ...optionsUnder(preferred, file), prices: { ...preferred.prices, ...given(file.prices) } }
  }

  /** Whether any rule runs on any file. */
  runsAny(): boolean {
    const layers = this.file?.overrides ?? []
    return [...this.rules.keys()].some(
      (rule) =>
        this.enabled([], rule, undefined) || layers.some((layer) => this.enabled([layer], rule, undefined)),
    )
  }

  includes(path: string): boolean {
    return this.include === undefined || this.include.verdict(path, false) === true
  }

  forFile(path: string): FileConfiguration {
    const layers = this.overrides.holding(path)
    const told = this.runs.holding(path).at(-1)?.told
    const byRule = new Map<string, RuleOptions>()
    return {
      enabled: (rule, reader) => this.enabled(layers, rule, reader),
      severity: (rule) => {
        const severity = this.severity(layers, rule)
        return severity === 'off' ? undefined : severity
      },
      suppressions: this.suppress.holding(path),
      options: this.optionsOf(told, layers, undefined),
      optionsFor: (rule) => {
        let options = byRule.get(rule)
        if (options === undefined) {
          options = this.optionsOf(told, layers, rule)
          byRule.set(rule, options)
        }
        return options
      },
    }
  }

  /** @param rule undefined: without what holds for some rules only */
  private optionsOf(
    told: ToldRun | undefined,
    overrides: readonly Override[],
    rule: string | undefined,
  ): RuleOptions {
    const holding = overrides.filter(
      ({ rules }) => rules === undefined || (rule !== undefined && matchSelectors(rules, rule) !== undefined),
    )
    const options = holding.reduce<RuleOptions>(optionsUnder, this.options)
    return told === undefined ? options : { ...options, told }
  }

  private enabled(overrides: RuleChoice[], rule: string, reader: string | undefined): boolean {
    const select = this.choice.select ?? this.file?.select
    const selected = matchSelectors(select ?? ['*'], rule)
    if (this.choice.select !== undefined && selected === undefined) return false
    let on = decides(selected, matchSelectors(this.file?.ignore ?? [], rule)) ?? false
    let exact = selected === 2
    for (const override of overrides) {
      const chosen = matchSelectors(override.select ?? [], rule)
      on = decides(chosen, matchSelectors(override.ignore, rule)) ?? on
      exact ||= chosen === 2
    }
    const dropped = matchSelectors(this.choice.ignore ?? [], rule)
    if (dropped !== undefined && !decides(this.choice.select && selected, dropped)) return false
    if (!on || this.severity(overrides, rule) === 'off') return false
    // Off by default for a reader, until the user asks for this very rule, or for all of them.
    const preview = overrides.reduce((before, each) => each.preview ?? before, this.file?.preview)
    if (preview === true) return true
    return reader === undefined || exact || lookUp(this.rules.get(rule)?.offFor, reader) === undefined
  }

  private severity(overrides: RuleChoice[], rule: string): ConfiguredSeverity | undefined {
    const layers = [
      this.file?.severity ?? [],
      ...overrides.map((each) => each.severity),
      this.choice.severity ?? [],
    ]
    let found: ConfiguredSeverity | undefined
    for (const layer of layers) {
      let best = -1
      for (const [selector, severity] of layer) {
        const match = matchSelectors([selector], rule)
        if (match !== undefined && match >= best) {
          best = match
          found = severity
        }
      }
    }
    return found
  }
}

/** The more specific wins, and of two equals the one that leaves out; undefined: neither names the rule. */
function decides(selected: Specificity | undefined, ignored: Specificity | undefined): boolean | undefined {
  if (selected === undefined && ignored === undefined) return undefined
  return (selected ?? -1) > (ignored ?? -1)
}

/** What a file or an override says, over what holds without it. */
function optionsUnder(
  options: RuleOptions,
  { hardware, search, lifecycle, money }: OptionChoice,
): RuleOptions {
  return {
    ...options,
    defaultHardware: hardware ?? options.defaultHardware,
    search: { ...options.search, ...given(search) },
    lifecycle: { ...options.lifecycle, ...given(lifecycle) },
    money: { ...options.money, ...given(money) },
  }
}

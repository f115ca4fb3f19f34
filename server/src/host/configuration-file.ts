/** One configuration file: `costlint.toml`, or `[tool.costlint]` in `pyproject.toml`, checked value by value. */
import { parse, TomlError } from 'smol-toml'
import type { OwnAcceleratorPrice, OwnPrice } from '../catalog/price-book.js'
import type { ConfigFacts, ConfigNode } from '../config/node.js'
import type { MoneyThresholds, RuleOptions, ToldRun } from '../rules/rule.js'
import { type Problems, readTable, type Values } from './configuration-fields.js'
import { type ConfiguredSeverity, type FailOn, shapeOf, type Vocabulary } from './configuration-shape.js'
import { checkHardware } from './unknown-hardware.js'

export {
  type ConfiguredSeverity,
  type FailOn,
  failOnValues,
  severities,
} from './configuration-shape.js'

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
  /** Rules run also for readers for which they are off by default. */
  preview?: boolean
}

/** Thresholds and facts that rules are told; absent: what holds elsewhere. */
export interface OptionChoice {
  hardware?: string
  search: Partial<RuleOptions['search']>
  lifecycle: Partial<RuleOptions['lifecycle']>
  money: Partial<MoneyThresholds>
}

export interface Override extends RuleChoice, OptionChoice {
  paths: string[]
  /** Selectors of the rules that its thresholds are for; absent: all. */
  rules?: string[]
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

export interface ConfigurationFile extends RuleChoice, OptionChoice {
  path: string
  /** Presets and files whose settings hold where this one says nothing. */
  extends: { name: string; line: number }[]
  exclude: string[]
  include?: string[]
  overrides: Override[]
  /** 1-based, of what can be found wrong only once the project is known. */
  lines: { include?: number; select?: number }
  suppress: ConfiguredSuppression[]
  prices: {
    region?: string
    discount?: number
    machines?: OwnPrice[]
    accelerators?: OwnAcceleratorPrice[]
  }
  budget: Budget
  runs: ConfiguredRun[]
  failOn?: FailOn
  /** A file with findings that are known, relative to the project, and where it is named. */
  baseline?: { path: string; from: string; line: number }
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
  const problems: ConfigurationProblem[] = []
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length
  const document = facts.documents[0]
  const root = document?.root
  const broken = syntaxError(text)
  if (broken !== undefined) problems.push({ path, ...broken })
  else if (document?.hasErrors)
    problems.push({ path, line: lineOf(document.root.start), message: 'cannot be read in full' })
  const node = path.endsWith('pyproject.toml') ? child(child(root, 'tool'), 'costlint') : root
  if (node === undefined) return { file: undefined, problems: [] }
  const told: Problems = {
    add: (offset, message) => problems.push({ path, line: lineOf(offset), message }),
  }
  const values = readTable(node, 'the configuration', shapeOf(vocabulary), told)
  const keyLine = (key: string) =>
    lineOf((node.kind === 'map' ? node.entries.find((one) => one.key === key)?.keyStart : undefined) ?? 0)
  const file = toFile(path, values ?? {}, lineOf, keyLine)
  checkHardware(node, file.prices.machines ?? [], told)
  return { file, problems: problems.sort((a, b) => a.line - b.line) }
}

/** What TOML itself forbids, with its line. */
function syntaxError(text: string): { line: number; message: string } | undefined {
  try {
    parse(text)
    return undefined
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const reason = error.message.split('\n', 1)[0]!.replace(/^Invalid TOML document: /, '')
    // An end that comes too soon is on the last line that says something.
    const last = text.trimEnd().split('\n').length
    return { line: Math.min(error.line, last), message: `not valid TOML: ${reason}` }
  }
}

type FileValues = Values<ReturnType<typeof shapeOf>>
type OverrideValues = NonNullable<FileValues['overrides']>[number]

function toFile(
  path: string,
  values: FileValues,
  lineOf: (offset: number) => number,
  keyLine: (key: string) => number,
): ConfigurationFile {
  const { prices, budget, baseline } = values
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return {
    path,
    ...choiceOf(values),
    ...optionsOf(values),
    extends: (values.extends ?? []).map(({ text, start }) => ({ name: text, line: lineOf(start) })),
    exclude: values.exclude ?? [],
    include: values.include,
    lines: {
      ...(values.include === undefined ? {} : { include: keyLine('include') }),
      ...(values.select === undefined ? {} : { select: keyLine('select') }),
    },
    overrides: (values.overrides ?? []).map((each) => ({
      paths: each.paths ?? [],
      rules: each.rules,
      ...choiceOf(each),
      ...optionsOf(each),
    })),
    suppress: (values.suppress ?? []).flatMap(({ path, rule, reason }) =>
      path === undefined || rule === undefined || reason === undefined ? [] : [{ path, rule, reason }],
    ),
    prices: {
      region: prices?.region,
      discount: prices?.discount,
      machines: prices?.machines?.map((each) => ({
        type: each.type ?? '',
        region: each.region ?? null,
        onDemand: each['usd-per-hour'] ?? null,
        spot: each['spot-usd-per-hour'] ?? null,
      })),
      accelerators: prices?.accelerators?.map((each) => ({
        name: each.name ?? '',
        usd: each['usd-per-hour'] ?? 0,
      })),
    },
    budget: {
      perRun: budget?.['usd-per-run'],
      perMonth: budget?.['usd-per-month'],
      machines: budget?.machines,
      tags: budget?.tags,
    },
    runs: (values.runs ?? []).map(({ path = '', samples = null, hours }) => ({
      path,
      told: { samples, hours: hours === undefined ? null : { low: hours, high: hours } },
    })),
    failOn: values['fail-on'],
    baseline:
      baseline === undefined
        ? undefined
        : { path: `${folder}${baseline}`, from: path, line: keyLine('baseline') },
  }
}

function choiceOf({ select, ignore, severity, preview }: OverrideValues | FileValues): RuleChoice {
  return { select, ignore: ignore ?? [], severity: severity ?? [], preview }
}

function optionsOf({ hardware, search, lifecycle, money }: OverrideValues | FileValues): OptionChoice {
  return {
    hardware: hardware?.default,
    search: {
      minFits: search?.['min-fits'],
      warnFits: search?.['warn-fits'],
      errorFits: search?.['error-fits'],
    },
    lifecycle: { minEpochs: lifecycle?.['min-epochs'] },
    money: { ...money },
  }
}

function child(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}

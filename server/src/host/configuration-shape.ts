/** Every key of a configuration file. What reads it, and its JSON schema, are made of this. */
import { gpu } from '../catalog/gpus.js'
import { allInstances, instance } from '../catalog/instances.js'
import { gpuSpellings } from '../catalog/spellings.js'
import type { ConfigEntry } from '../config/node.js'
import type { Severity } from '../rules/rule.js'
import {
  amount,
  count,
  type Field,
  flag,
  has,
  type JsonSchema,
  oneOf,
  type Placed,
  type Problems,
  placedTexts,
  readOneOf,
  table,
  tables,
  text,
  texts,
  wrongType,
} from './configuration-fields.js'
import { nearest, suggestion } from './nearest.js'
import { ownRuleNames } from './own-rules.js'
import { isKnownSelector, selectorNames } from './selector.js'

export type ConfiguredSeverity = Severity | 'off'
export type FailOn = Severity | 'never'

export const severities: readonly Severity[] = ['error', 'warning', 'information', 'hint']
const configuredSeverities: readonly ConfiguredSeverity[] = ['off', ...severities]
export const failOnValues: readonly FailOn[] = [...severities, 'never']

export interface Vocabulary {
  /** Names of all rules; the linter's own are added. */
  rules: readonly string[]
  /** Names that `hardware.default` may have; absent: any. */
  hardware?: readonly string[]
}

/** 'p4d.24xlarge', 'Standard_ND96asr_v4', 'a2-highgpu-1g'. */
const likeCloud = /^(ml\.)?[a-z]+\d+[a-z]*\.\w+$|^Standard_\w+$|^[a-z]\d[a-z]?-[a-z]+-\w+$/i

/** Keys that hold for the files of an override as well. */
function optionKeys(hardware: Field<string>) {
  return {
    hardware: table('What code runs on that no job file launches.', '"hardware"', { default: hardware }),
    search: table('When a search is worth advice.', '"search"', {
      'min-fits': count('Fewer fits: no advice at all.'),
      'warn-fits': count('From so many fits on a search is a warning.'),
      'error-fits': count('From so many fits on an expensive search is an error.'),
    }),
    lifecycle: table('When a training is long.', '"lifecycle"', {
      'min-epochs': count('Training with fewer epochs needs no early stopping.'),
    }),
    money: table('USD of waste, per run or month, from which findings are of a severity.', '"money"', {
      information: amount('Below, a finding is a hint.', 'dollars'),
      warning: amount('From here on a finding is a warning.', 'dollars'),
      error: amount('From here on a finding is an error.', 'dollars'),
    }),
  }
}

/** What a schema made of the shape refers to. */
export function definitionsOf({ rules }: Vocabulary): JsonSchema {
  const words = selectorNames([...rules, ...ownRuleNames])
  return { selector: { type: 'string', anyOf: [{ enum: ['*', ...words] }, { pattern: '^[a-z]+/\\*$' }] } }
}

/** The keys of a file, with the names that they may hold. */
export function shapeOf({ rules, hardware: known }: Vocabulary) {
  const names = [...rules, ...ownRuleNames]
  const words = selectorNames(names)
  const selectorSchema: JsonSchema = { $ref: '#/definitions/selector' }

  const isKnown = (selector: string, at: number, problems: Problems): boolean => {
    if (isKnownSelector(selector, names)) return true
    problems.add(at, `unknown rule "${selector}"${suggestion(selector, words)}`)
    return false
  }
  const selectors = (doc: string): Field<string[]> => ({
    doc,
    schema: { type: 'array', items: selectorSchema },
    read: (entry, problems) =>
      placedTexts(entry, problems)
        ?.filter((each) => isKnown(each.text, each.start, problems))
        .map((each) => each.text),
  })
  const rule: Field<string> = {
    ...text('A rule or a family of rules.', selectorSchema),
    read: (entry, problems) => {
      const name = text('').read(entry, problems)
      return name !== undefined && isKnown(name, entry.value.start, problems) ? name : undefined
    },
  }
  const severity: Field<[selector: string, severity: ConfiguredSeverity][]> = {
    doc: 'The severity of rules and families, in place of their own.',
    schema: {
      type: 'object',
      propertyNames: selectorSchema,
      additionalProperties: { enum: [...configuredSeverities] },
    },
    read: (entry, problems) => {
      if (entry.value.kind !== 'map') return wrongType(entry, 'a table of rule = "severity"', problems)
      return entry.value.entries.flatMap((each): [string, ConfiguredSeverity][] => {
        if (!isKnown(each.key, each.keyStart, problems)) return []
        const chosen = readOneOf(each, configuredSeverities, problems)
        return chosen === undefined ? [] : [[each.key, chosen]]
      })
    },
  }
  const hardware: Field<string> = {
    ...text('An accelerator of the catalogue.', known === undefined ? {} : { examples: [...known] }),
    read: (entry, problems) => readHardware(entry, known, problems),
  }
  const choiceKeys = {
    select: selectors('Rules that run: names, families, "*".'),
    ignore: selectors('Rules that do not run.'),
    severity,
    preview: flag('Rules also run for frameworks for which their precision is too low to be on by default.'),
  }
  const options = optionKeys(hardware)
  return {
    extends: extended,
    ...choiceKeys,
    'fail-on': oneOf('Least severity that makes the exit code 1.', failOnValues),
    baseline: text('File with findings that are known and not reported, relative to this one.'),
    exclude: texts('Patterns as in .gitignore: files that are not even read.'),
    include: texts('Patterns as in .gitignore: everything is read, only these files are reported on.'),
    ...options,
    prices: table('What you pay.', '"prices"', {
      region: text('Region of jobs that name none.'),
      discount: amount('Share of on-demand list prices that you do not pay.', 'a share from 0 to 1', 1),
      machines: tables(
        'What you pay for a machine, instead of its list price.',
        'a price',
        {
          type: machineType,
          region: text('Left out: in every region.'),
          'usd-per-hour': amount('On demand.', 'dollars per hour'),
          'spot-usd-per-hour': amount('Spot.', 'dollars per hour'),
        },
        ['type'],
        (price, problems) => {
          const isPriced = has(price, 'usd-per-hour') || has(price, 'spot-usd-per-hour')
          if (!isPriced) problems.add(price.start, 'a price needs "usd-per-hour" or "spot-usd-per-hour"')
          return isPriced
        },
      ),
      accelerators: tables(
        'What you pay for an accelerator where no machine is named.',
        'a price',
        { name: hardware, 'usd-per-hour': amount('For one.', 'dollars per hour') },
        ['name', 'usd-per-hour'],
      ),
    }),
    budget: table('What breaks it is reported, and the exit code is 3.', '"budget"', {
      'usd-per-run': amount('Of each job.', 'dollars'),
      'usd-per-month': amount('Of each service, endpoint and pool.', 'dollars'),
      machines: texts('Machine types and accelerators that jobs may use; * stands for anything.'),
      tags: flag('Jobs on machines must carry tags or labels.'),
    }),
    runs: tables(
      'What cannot be read about runs.',
      'a run',
      {
        path: text('Files that it is said of.'),
        samples: count('Samples of one epoch.'),
        hours: amount('How long a run takes.', 'hours'),
      },
      ['path'],
    ),
    overrides: tables(
      'What holds for some files; the last one that matches applies.',
      'an override',
      {
        paths: texts('Patterns as in .gitignore.'),
        rules: selectors('Rules that the thresholds of this override are for; left out: all.'),
        ...choiceKeys,
        ...options,
      },
      ['paths'],
    ),
    suppress: tables(
      'Suppressions for files that cannot hold comments.',
      'a suppression',
      { path: text('Pattern as in .gitignore.'), rule, reason: text('Why it is right as it is.') },
      ['path', 'rule', 'reason'],
    ),
  }
}

const extended: Field<Placed[]> = {
  doc: 'Presets (recommended, strict, ci, notebook) or paths of other configuration files; what stands here is stronger.',
  schema: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  read: (entry, problems) => placedTexts(entry, problems, true),
}

/** Machines of one's own have any name; one that is spelled like a cloud's must be one of its. */
const machineType: Field<string> = {
  ...text('As jobs name it.'),
  read: (entry, problems) => {
    const type = text('').read(entry, problems)
    if (type === undefined || !likeCloud.test(type) || instance(type) !== undefined) return type
    const prefix = /^ml\./i.test(type) ? 'ml.' : ''
    const hint = nearest(
      type,
      allInstances().map((one) => `${prefix}${one.type}`),
    )
    // A new machine may be one that the catalogue does not hold yet.
    if (hint !== undefined)
      problems.add(entry.value.start, `unknown machine type "${type}", did you mean "${hint}"?`)
    return type
  },
}

function readHardware(
  entry: ConfigEntry,
  known: readonly string[] | undefined,
  problems: Problems,
): string | undefined {
  const name = text('').read(entry, problems)
  if (name === undefined || known === undefined || known.includes(name)) return name
  const same = known.find((each) => each.toLowerCase() === name.toLowerCase())
  // 'H100' stands for one of its forms, and a P100 is no slip of the hand for it.
  const meant = gpu(name)?.name
  if (same !== undefined) return same
  if (meant !== undefined && known.includes(meant)) return meant
  const series = gpuSpellings(name).filter((each) => known.includes(each))
  const hint = suggestion(name, series.length > 0 ? series : known)
  problems.add(entry.value.start, `unknown hardware "${name}"${hint}`)
  return undefined
}

/**
 * Classes whose fields the environment fills. Source: pydantic-settings 2.6 (`env_prefix`, `env_nested_delimiter`,
 * `validation_alias`, variables in any case) and pydantic 1.10 (`class Config`, `Field(env=…)`).
 */
import type { Argument, Expr, Stmt } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { isFromEnvironment } from './data-classes.js'
import { unknown } from './folded.js'
import type { Folded, Klass } from './module.js'
import { plainWord } from './plain-word.js'

/** Which variables fill the fields of a class. */
export interface EnvironmentFields {
  /** What the names of its variables begin with; null: it cannot be read. */
  prefix: string | null
  /** What stands between a field and the fields of what it holds. */
  delimiter?: string
  /** Fields whose variable is called otherwise; null: it cannot be read. */
  names?: Record<string, string | null>
  /** A file holds variables as well: `.env`. */
  file?: true
}

/** Null: the environment fills none of its fields. */
export function environmentFields(analysis: Analysis, klass: Klass): EnvironmentFields | null {
  if (!isFromEnvironment(klass.bases)) return null
  const found: EnvironmentFields = { prefix: '' }
  for (const one of [klass, ...baseClasses(analysis, klass)].reverse()) {
    for (const { name, value } of optionsOf(one.node.bases, one.node.body)) {
      const text = textOf(analysis, value)
      if (name === 'env_prefix') found.prefix = text
      else if (name === 'env_nested_delimiter' && text !== null) found.delimiter = text
      else if (name === 'env_file' && !isNone(value)) found.file = true
    }
    for (const [field, value] of aliasesOf(one.node.body)) {
      found.names ??= {}
      define(found.names, field, textOf(analysis, value))
    }
  }
  return found
}

type Option = { name: string; value: Expr }

/** `class Settings(BaseSettings, env_prefix='APP_')`, `model_config = SettingsConfigDict(…)`, `class Config: env_prefix = 'APP_'`. */
function optionsOf(bases: readonly Argument[], body: readonly Stmt[]): Option[] {
  const found: Option[] = bases.flatMap(({ name, value }) => (name === null ? [] : [{ name, value }]))
  for (const statement of body) {
    if (statement.type === 'class' && statement.name === 'Config') found.push(...assigned(statement.body))
    const [own] = assigned([statement])
    if (own?.name !== 'model_config') continue
    if (own.value.type === 'call')
      found.push(...own.value.args.flatMap(({ name, value }) => (name === null ? [] : [{ name, value }])))
    else if (own.value.type === 'dict')
      for (const { key, value } of own.value.entries)
        if (key?.type === 'constant' && typeof key.value === 'string') found.push({ name: key.value, value })
  }
  return found
}

/** `policy: str = Field('float32', validation_alias='POLICY')`. */
function aliasesOf(body: readonly Stmt[]): [field: string, value: Expr][] {
  return assigned(body).flatMap(({ name, value }): [string, Expr][] => {
    if (value.type !== 'call' || lastName(value.callee) !== 'Field') return []
    const alias = value.args.find((one) => /^(env|alias|validation_alias)$/.test(one.name ?? ''))
    return alias === undefined ? [] : [[name, alias.value]]
  })
}

function assigned(body: readonly Stmt[]): Option[] {
  return body.flatMap((statement) => {
    const target = statement.type === 'assign' ? statement.targets[0] : undefined
    return statement.type === 'assign' && target?.type === 'name' && statement.value !== null
      ? [{ name: target.id, value: statement.value }]
      : []
  })
}

function textOf(analysis: Analysis, value: Expr): string | null {
  const folded = analysis.fold(value)
  return folded.state === 'known' && typeof folded.value === 'string' ? folded.value : null
}

const isNone = (value: Expr): boolean => value.type === 'constant' && value.value === null

/** What the launch that is bound sets a field to; null: nothing. */
export function fieldFromEnvironment(
  { binding }: Analysis,
  { prefix, delimiter, names }: EnvironmentFields,
  keys: readonly (string | number)[],
): Folded | null {
  const [first, ...further] = keys.map(String)
  if (binding === null || first === undefined || (further.length > 0 && delimiter === undefined)) return null
  const own = lookUp(names ?? {}, first)
  if (own === null || (own === undefined && prefix === null)) return null
  const variable = [own ?? `${prefix}${first}`, ...further].join(delimiter ?? '').toLowerCase()
  const set = Object.entries(binding.launch.environment).find(
    ([name]) => name.toLowerCase() === variable,
  )?.[1]
  if (set === undefined) return null
  if (typeof set.value !== 'string') return unknown('the environment')
  return {
    state: 'known',
    value: listed(set.value) ?? plainWord(set.value),
    channel: 'launch environment',
    overridable: set.overridable === true,
    location: set.location,
  }
}

/** Lists and dictionaries are written as JSON: `SEARCH_RATES='[0.1, 1]'`. */
function listed(text: string): Json | null {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}

/** Whether a variable that nobody has read could still fill a field: in a container all of them are listed. */
export function mayBeSet({ binding }: Analysis, { prefix, file }: EnvironmentFields): boolean {
  return binding?.launch.contained !== true || prefix === null || file === true
}

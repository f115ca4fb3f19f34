/** Objects of classes that a configuration fills: `Config(**data)`, `dacite.from_dict`, `tyro.cli`, or the class as it is. */

import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { dictionaryPath } from './attribute-containers.js'
import { argumentOf, type ConfiguredPath } from './configured-path.js'
import { isFromEnvironment } from './data-classes.js'
import { type EnvironmentFields, environmentFields } from './environment-fields.js'
import { classElsewhere, fieldsElsewhere, fieldValues } from './field-values.js'
import { declaredName } from './import-targets.js'
import { takingOf } from './mapping-classes.js'
import type { Klass, ModuleSummary } from './module.js'
import { bindingsOf } from './names.js'
import { projectMember } from './project-members.js'

/** Functions that make an object of a class from a mapping, with the places of both. */
export const structuring: Record<string, { data: [string, number]; klass: [string, number] }> = {
  'dacite.from_dict': { klass: ['data_class', 0], data: ['data', 1] },
  'dacite.core.from_dict': { klass: ['data_class', 0], data: ['data', 1] },
  'cattrs.structure': { data: ['obj', 0], klass: ['cl', 1] },
  'cattr.structure': { data: ['obj', 0], klass: ['cl', 1] },
  'msgspec.convert': { data: ['obj', 0], klass: ['type', 1] },
}

/** Functions that fill an object of a class from the command line, with the place of the class. */
export const classParsers: Record<string, [string, number]> = {
  'tyro.cli': ['f', 0],
  'simple_parsing.parse': ['config_class', 0],
  'pyrallis.parse': ['config_class', 0],
  'draccus.parse': ['config_class', 0],
  'chz.entrypoint': ['target', 0],
  'jsonargparse.CLI': ['components', 0],
  'jsonargparse.auto_cli': ['components', 0],
}

/** Methods that libraries give a class for the same; what they are given is data, text, or a file. */
export const structuringMethods =
  /^(model_validate(_json|_strings)?|parse_(obj|raw|file)|from_(dict|json|yaml|toml|yaml_file|json_file)|structure)$/

/** A class that is handed on as it is: `main(CFG)`. What its constructor sets it does not hold. */
export function pathOfClass(analysis: Analysis, expr: Expr): ConfiguredPath | null {
  const named = classNamed(analysis, expr)
  if (named === null) return null
  const values =
    'klass' in named
      ? named.klass.methods.has('__init__') || isFromEnvironment(named.klass.bases)
        ? null
        : fieldValues(analysis, named.klass)
      : classElsewhere(analysis, named.summary, named.name)
  return values === null || values.size === 0 ? null : { root: null, keys: [], fields: { from: 0, values } }
}

/**
 * `cfg: TrainConfig` of a function that nothing in the project calls: what the class gives its objects by itself, which
 * whoever calls the function may replace. Null: it is no class of the project that holds options.
 */
export function pathDeclared(analysis: Analysis, annotation: Expr): ConfiguredPath | null {
  const name = declaredName(analysis, annotation)
  const named = name === null ? null : classNamed(analysis, name)
  if (named === null) return null
  const isOwn = 'klass' in named
  const values = isOwn
    ? computes(named.klass)
      ? null
      : fieldValues(analysis, named.klass)
    : classElsewhere(analysis, named.summary, named.name)
  if (values === null || values.size === 0) return null
  const environment = isOwn
    ? environmentFields(analysis, named.klass)
    : lookUp(named.summary.classes, named.name)?.environment
  return {
    root: null,
    keys: [],
    fields: { from: 0, values },
    overridable: true,
    ...(environment == null ? {} : { environment }),
  }
}

/** A network, a loader: what its objects hold is no set of options. */
function computes({ methods }: Klass): boolean {
  return ['forward', 'call', '__call__', '__getitem__', '__iter__'].some((name) => methods.has(name))
}

/** `Config(**data)`, `Config(data)`, `Config()`. */
export function constructed(
  analysis: Analysis,
  expr: CallExpr,
  inner: (part: Expr) => ConfiguredPath | null,
): ConfiguredPath | null {
  const { callee, args } = expr
  const klass = classNamed(analysis, callee)
  if (klass === null) return null
  const spread = args.filter((one) => one.star === 2)
  if (isMapping(klass) && args.length === 1 && args[0]!.star !== 1 && args[0]!.name === null)
    return inner(args[0]!.value) ?? written(analysis, args[0]!.value)
  const taking = 'klass' in klass ? takingOf(analysis, klass.klass) : klass.taking
  if (taking === 'keywords' && spread.length === 1 && args.every((one) => one.star !== 1))
    return filled(analysis, callee, expr, inner(spread[0]!.value))
  if (taking !== null && taking !== 'keywords') {
    const data = argumentOf(expr, taking.name, taking.position)
    return data === null ? null : filled(analysis, callee, expr, inner(data))
  }
  if (args.some((one) => one.star > 0)) return null
  const object = filled(analysis, callee, expr, { root: null, keys: [] })
  const paths = taking === 'keywords' && object !== null ? partsGiven(expr, inner) : {}
  return object === null || Object.keys(paths).length === 0
    ? object
    : { ...object, parts: { from: 0, paths } }
}

/** `AttrDict({'lr': 0.1})` */
function written(analysis: Analysis, data: Expr): ConfiguredPath | null {
  return data.type === 'dict' ? dictionaryPath(analysis, data) : null
}

/** What keywords are given that stands in a file. */
function partsGiven(
  { args }: CallExpr,
  inner: (part: Expr) => ConfiguredPath | null,
): Record<string, ConfiguredPath> {
  const paths: Record<string, ConfiguredPath> = {}
  for (const { name, value } of args) {
    const path = name === null ? null : inner(value)
    if (name !== null && path !== null && (path.root !== null || path.parts !== undefined))
      define(paths, name, path)
  }
  return paths
}

/** `class AttrDict(dict)`: what it is given it holds, whatever its constructor does besides. */
function isMapping(named: NamedClass): boolean {
  const bases =
    'klass' in named ? named.klass.bases : (lookUp(named.summary.classes, named.name)?.bases ?? [])
  return bases.some((base) => mappings.test(base))
}

const mappings =
  /^(dict|collections\.(OrderedDict|UserDict|defaultdict)|addict\.Dict|easydict\.EasyDict|box\.Box|munch\.Munch)$/

type NamedClass = { klass: Klass } | { summary: ModuleSummary; name: string; taking: Taken }

type Taken = NonNullable<ModuleSummary['classes'][string]['takes']> | null

function classNamed(analysis: Analysis, expr: Expr): NamedClass | null {
  const klass = analysis.classOf(expr) ?? ownClass(analysis, expr)
  if (klass !== null) return { klass }
  if (expr.type !== 'name' && expr.type !== 'attribute') return null
  const found = projectMember(analysis, expr)
  const summary = found === null ? undefined : lookUp(found.summary.classes, found.rest)
  if (found === null || summary === undefined) return null
  return { summary: found.summary, name: found.rest, taking: summary.takes ?? null }
}

/** `cls` of a method of the class. */
export function ownClass(analysis: Analysis, expr: Expr): Klass | null {
  if (expr.type !== 'name' || expr.id !== 'cls') return null
  const bindings = bindingsOf(analysis, expr.id, expr.start)
  const owner = bindings[0]?.kind === 'param' ? analysis.parameterOwner(bindings[0]) : null
  return owner?.func.class ?? null
}

/** `data` in an object of a class; null: the data are not known. */
export function filled(
  analysis: Analysis,
  named: Expr,
  made: CallExpr,
  data: ConfiguredPath | null,
): ConfiguredPath | null {
  const klass = data === null ? null : classNamed(analysis, named)
  if (data === null || klass === null) return null
  const from = data.keys.length
  if (!('klass' in klass)) {
    const values = fieldsElsewhere(analysis, klass.summary, klass.name, made, klass.taking === 'keywords')
    const { environment } = lookUp(klass.summary.classes, klass.name) ?? {}
    return { ...data, fields: { from, values }, ...filledBy(environment, made) }
  }
  const constructs = analysis.classOf(made.callee) === klass.klass && made.args.every((one) => one.star === 0)
  const values = fieldValues(analysis, klass.klass, constructs ? made : null)
  return { ...data, fields: { from, values }, ...filledBy(environmentFields(analysis, klass.klass), made) }
}

/** What its constructor is given holds over the environment. */
function filledBy(
  fields: EnvironmentFields | null | undefined,
  { args }: CallExpr,
): Pick<ConfiguredPath, 'environment'> {
  if (fields == null) return {}
  const given = args.flatMap(({ name }) => (name === null ? [] : [[name, null] as const]))
  const environment =
    given.length === 0 ? fields : { ...fields, names: { ...fields.names, ...Object.fromEntries(given) } }
  return { environment }
}

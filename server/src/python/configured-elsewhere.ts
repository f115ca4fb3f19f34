/** Configurations that another module of the project makes, keeps or loads. */

import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { isMergedOver, mayBeMergedOver } from './attribute-containers.js'
import { pathOfClass } from './configured-classes.js'
import { fileLoadedFrom } from './configured-file.js'
import {
  argumentOf,
  below,
  type ConfiguredPath,
  configuredPath,
  type Followed,
  fileMark,
  parameterOf,
} from './configured-path.js'
import { fromPlain, ledTo, withRoots } from './configured-plain.js'
import { classElsewhere, type FieldValues } from './field-values.js'
import { agree, unknown } from './folded.js'
import { projectTarget, targetOf } from './import-targets.js'
import type { PlainPath } from './module.js'
import { throughNamedModule } from './named-modules.js'
import { importedMember } from './project-members.js'
import type { Binding } from './scope.js'

/** `from config import cfg`: what a module of the project makes of a file, or an object that it keeps. */
export function pathElsewhere(analysis: Analysis, expr: Expr): ConfiguredPath | null {
  if (!analysis.complete) return null
  const named = throughNamedModule(analysis, expr)
  if (named !== null) return ofNamedModule(analysis, named)
  const target = targetOf(analysis, expr)
  return (target === null ? null : keptElsewhere(analysis, target)) ?? pathOfClass(analysis, expr)
}

/** `import_module(name)`, `import_module(name).Config()`, `import_module(name).get_config()`. */
export function madeOfNamedModule(
  analysis: Analysis,
  named: { target: string; overridable: boolean },
): ConfiguredPath | null {
  const found = projectTarget(analysis, named.target)
  const loads = found === null ? undefined : lookUp(found.summary.loads ?? {}, found.rest)
  if (loads === undefined || loads.parameter !== null) return ofNamedModule(analysis, named)
  const path = inCode(analysis, loads.path)
  return path === null || !named.overridable ? path : { ...path, overridable: true }
}

/** What a module that is imported by a text holds: a configuration of its own, a class, or its constants. */
function ofNamedModule(
  analysis: Analysis,
  { target, overridable }: { target: string; overridable: boolean },
): ConfiguredPath | null {
  const found = projectTarget(analysis, target)
  if (found === null) return null
  const { summary, rest } = found
  const kept = keptElsewhere(analysis, target)
  const isClass = lookUp(summary.classes, rest) !== undefined
  const values = kept === null && (rest === '' || isClass) ? classElsewhere(analysis, summary, rest) : null
  const path: ConfiguredPath | null =
    kept ??
    (values === null || values.size === 0 ? null : { root: null, keys: [], fields: { from: 0, values } })
  return path === null || !overridable ? path : { ...path, overridable: true }
}

function keptElsewhere(analysis: Analysis, target: string): ConfiguredPath | null {
  const found = projectTarget(analysis, target)
  const kept = found === null ? undefined : lookUp(found.summary.kept ?? {}, found.rest)
  return kept === undefined ? null : inCode(analysis, kept)
}

const eitherWay = new WeakMap<Analysis, Map<string, ConfiguredPath | null>>()

/**
 * `if args.data == 'voc': from configs.voc import cfg`, else from another module: what the objects of all of them agree on.
 */
export function anyOfImported(analysis: Analysis, bindings: readonly Binding[]): ConfiguredPath | null {
  if (!analysis.complete || bindings.length > mostChoices) return null
  const targets = bindings.map(({ kind, target }) => (kind === 'import' ? target : null))
  if (targets.includes(null)) return null
  const known = eitherWay.get(analysis) ?? new Map<string, ConfiguredPath | null>()
  eitherWay.set(analysis, known)
  const key = targets.join(' ')
  let path = known.get(key)
  if (path === undefined) {
    path = agreedOn(targets.map((target) => keptElsewhere(analysis, target!)))
    known.set(key, path)
  }
  return path
}

/** More modules than these are no choice that somebody wrote down. */
const mostChoices = 12

function agreedOn(paths: readonly (ConfiguredPath | null)[]): ConfiguredPath | null {
  const objects = paths.flatMap((path) =>
    path !== null && path.root === null && path.under === undefined && path.fields?.from === 0
      ? [path.fields.values]
      : [],
  )
  const [first] = objects
  if (first === undefined || objects.length < paths.length) return null
  const values: FieldValues = new Map(
    [...first].map(([name]) => {
      const each = objects.map((one) => one.get(name) ?? unknown('one of several configurations'))
      return [name, agree(each, 'several configurations')]
    }),
  )
  const overridable = paths.some((path) => path?.overridable === true || path?.environment !== undefined)
  const changed = paths.flatMap((path) => path?.changed ?? [])
  return {
    root: null,
    keys: [],
    fields: { from: 0, values },
    ...(overridable ? { overridable } : {}),
    ...(changed.length === 0 ? {} : { changed }),
  }
}

/** An object that another module makes, unless a file is read into it here. */
function inCode(analysis: Analysis, plain: PlainPath): ConfiguredPath | null {
  if (plain.root !== null || plain.parts !== undefined) return fromPlain(plain)
  if (isMergedOver(analysis)) return null
  const path = fromPlain(plain)
  return path.overridable === true ? path : { ...path, ...mayBeMergedOver(analysis) }
}

/** A function or method of another module that loads a file. */
export function loadedElsewhere(
  analysis: Analysis,
  expr: CallExpr,
  depth: number,
  followed: Followed | null,
): ConfiguredPath | null {
  if (!analysis.complete || (expr.callee.type !== 'name' && expr.callee.type !== 'attribute')) return null
  const found = importedMember(analysis, expr.callee)
  const loads = found === null ? undefined : lookUp(found.summary.loads ?? {}, found.rest)
  if (loads === undefined) return null
  const { parameter } = loads
  if (parameter === null) return inCode(analysis, loads.path)
  const given = argumentOf(expr, parameter.name, parameter.position)
  if (parameter.of === 'data') {
    const data = given === null ? null : configuredPath(analysis, given, depth + 1, followed)
    return data === null ? null : moved(fromPlain(loads.path), data)
  }
  const file = given === null ? parameter.otherwise : fileLoadedFrom(analysis, given, followed)
  if (file === null) return null
  const named = typeof file === 'string' ? file : `${fileMark}${file.parameter}`
  return fromPlain(withRoots(loads.path, (root) => (parameterOf(root) === null ? root : named)))
}

/** The same path, where what begins with the parameter begins with `data`. */
function moved(path: ConfiguredPath, data: ConfiguredPath): ConfiguredPath {
  const { keys, fields, parts } = path
  const begins = parameterOf(path.root)?.of === 'data'
  const shift = begins ? data.keys.length : 0
  const further = ledTo({ parts }, (part) => moved(part, data))
  return {
    ...(begins ? keys.reduce(below, data) : path),
    ...(fields === undefined ? {} : { fields: { ...fields, from: fields.from + shift } }),
    ...(further.parts === undefined ? {} : { parts: { ...further.parts, from: further.parts.from + shift } }),
  }
}

/** What a module tells others of the configurations that it reads. */
import type { DictExpr, Expr } from '../syntax/python-ast.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { dictionaryPath } from './attribute-containers.js'
import { changedKeys } from './configured.js'
import { agreed, pathInside } from './configured-calls.js'
import { fileLoadedFrom } from './configured-file.js'
import { type ConfiguredPath, configuredPath, parameterOf } from './configured-path.js'
import { rootIn, rootsOf, seenFrom, toPlain as withoutChanges } from './configured-plain.js'
import type { Func, Loading, ModuleSummary, PlainPath } from './module.js'

/** With what the module writes to it. */
export function toPlain(analysis: Analysis, path: ConfiguredPath): PlainPath {
  const [changed, mayChange] = [changedKeys(analysis, path, false), changedKeys(analysis, path, true)]
  return {
    ...withoutChanges(path),
    ...(changed.length === 0 ? {} : { changed }),
    ...(mayChange.length === 0 ? {} : { mayChange }),
  }
}

/** What names of the module stand for, where that is a configuration or an object with fields. */
export function keptConfigurations(analysis: Analysis): NonNullable<ModuleSummary['kept']> {
  const kept: NonNullable<ModuleSummary['kept']> = {}
  for (const [name, bindings] of analysis.scopes.bindings) {
    const [only] = bindings
    if (name.includes('.') || name.endsWith('[]') || bindings.length > 1 || only?.kind !== 'assign') continue
    const end = analysis.text.length
    const path =
      configuredPath(analysis, { type: 'name', id: name, start: end, end }) ??
      dictionaryNamed(analysis, name, only.value)
    if (path !== null && !holdsNothing(path))
      define(kept, name, seenFrom(analysis.path, toPlain(analysis, path)))
  }
  return kept
}

/** `CONFIG = {'epochs': 90, 'device': torch.device('cuda')}`. Longer ones are data. */
function dictionaryNamed(analysis: Analysis, name: string, value: Expr | null): ConfiguredPath | null {
  if (value?.type !== 'dict' || value.entries.length > longestDictionary) return null
  const path = analysis.mutatedNames.has(name) ? null : dictionaryPath(analysis, value)
  const all = keysWritten(value)
  return path?.fields === undefined || all === null ? path : { ...path, fields: { ...path.fields, all } }
}

/** Null: some of its keys are not written out. */
function keysWritten({ entries }: DictExpr): string[] | null {
  const keys = entries.flatMap(({ key }) => (key?.type === 'constant' ? [String(key.value)] : []))
  return keys.length < entries.length ? null : keys
}

const longestDictionary = 100

/** What functions and methods give back that load a configuration, by qualified name. */
export function loadingFunctions(analysis: Analysis): Record<string, Loading> {
  const found: Record<string, Loading> = {}
  for (const func of analysis.functions) {
    const loading = func.qualified.split('.').length > 2 ? null : loadingOf(analysis, func)
    if (loading !== null) define(found, func.qualified, loading)
  }
  for (const klass of analysis.classes) {
    const init = klass.methods.get('__init__')
    const path = init === undefined ? null : pathInside(analysis, klass, null, 0, null)
    const loading = path === null ? null : loadingFrom(analysis, init!, path)
    if (loading !== null) define(found, klass.name, loading)
  }
  return found
}

function loadingOf(analysis: Analysis, func: Func): Loading | null {
  return loadingFrom(analysis, func, agreed(analysis, func, 0, { func, call: null, outer: null }))
}

function holdsNothing({ root, parts, fields, under }: ConfiguredPath): boolean {
  const own = root !== null || parts !== undefined || (fields?.values.size ?? 0) > 0
  return !own && (under === undefined || holdsNothing(under))
}

/** What a call of the function gives, where it is this. */
function loadingFrom(analysis: Analysis, func: Func, path: ConfiguredPath | null): Loading | null {
  if (path === null || holdsNothing(path)) return null
  // Names of files stand in this module, so they are looked for from here.
  const plain = seenFrom(analysis.path, toPlain(analysis, path))
  const parameters = rootsOf(plain).flatMap((root) => parameterOf(root) ?? [])
  const [parameter = null] = parameters
  // Several files: which is which only a reading of the function itself could tell.
  if (
    parameters.length > 1 ||
    (parameter?.of === 'data' && path.parts === undefined && parameterOf(path.root) === null)
  )
    return null
  if (parameter === null) return { path: plain, parameter: null }
  const index = func.node.params.findIndex((one) => one.name === parameter.name)
  const fallback = func.node.params[index]?.default ?? null
  const file =
    parameter.otherwise ??
    (fallback === null || parameter.of === 'data' ? null : fileLoadedFrom(analysis, fallback))
  const otherwise = typeof file === 'string' ? rootIn(analysis.path, file) : null
  const position = analysis.parameterOwner({ at: func.node.params[index]?.start ?? -1 })?.position ?? index
  return { path: plain, parameter: { ...parameter, position, otherwise } }
}

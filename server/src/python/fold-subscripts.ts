/** What subscripts are worth. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { defaultEntry } from './default-entries.js'
import { extraKeyword } from './extra-keywords.js'
import { configuredValue, environmentValue } from './fold-outside.js'
import type { Fold } from './folded.js'
import { combine, throughOptions, unknown } from './folded.js'
import type { Folded } from './module.js'
import { nameOf } from './names.js'
import { trackedValue } from './tracked-configuration.js'

/** The parsed command line behind `vars(args)`, `args.__dict__`. */
function namespaceBehind(analysis: Analysis, expr: Expr): Expr | null {
  const value = analysis.definition(expr)
  const object =
    value.type === 'attribute' && value.attr === '__dict__'
      ? value.value
      : value.type === 'call' && value.args.length === 1 && nameOf(analysis, value.callee) === 'vars'
        ? value.args[0]!.value
        : null
  return object !== null && analysis.programParameters.holdsArguments(object) ? object : null
}

/** What a key or an index leads to. */
export function foldSubscript(analysis: Analysis, fold: Fold, expr: Expr & { type: 'subscript' }): Folded {
  const { value, index } = expr
  if (nameOf(analysis, value) === 'os.environ')
    return environmentValue(analysis, fold(index), unknown('the environment'))
  const configured = configuredValue(analysis, expr)
  if (configured !== null)
    return configured.state === 'known'
      ? configured
      : (written(analysis, value, index) ?? unlessLoaded(analysis, value, index) ?? configured)
  const space = namespaceBehind(analysis, value)
  if (space !== null && index.type === 'constant' && typeof index.value === 'string')
    return fold({
      type: 'attribute',
      value: space,
      attr: index.value,
      start: expr.start,
      end: expr.end,
    })
  // `self.hparams['workers']` is `self.hparams.workers`.
  if (value.type === 'attribute' && value.attr === 'hparams' && index.type === 'constant')
    if (typeof index.value === 'string') {
      const { start, end } = expr
      const saved = fold({ type: 'attribute', value, attr: index.value, start, end })
      if (saved.state === 'known') return saved
    }
  const parsed =
    index.type === 'constant' && typeof index.value === 'string'
      ? analysis.outside.argument(value, index.value)
      : null
  if (parsed !== null) return parsed
  const key = fold(index)
  const passed =
    key.state === 'known' && typeof key.value === 'string'
      ? extraKeyword(analysis, fold, value, key.value)
      : null
  if (passed !== null && passed !== 'absent') return passed
  const tracked =
    key.state === 'known' && typeof key.value === 'string'
      ? trackedValue(analysis, fold, value, key.value)
      : null
  if (tracked !== null) return tracked
  const container = fold(value)
  // One entry that cannot be read hides no other.
  if (container.state === 'unknown' && key.state === 'known' && typeof key.value === 'string') {
    const entry = analysis.entry(value, key.value)
    if (entry.state === 'given' && entry.folded.state === 'known') return entry.folded
    const otherwise = unlessLoaded(analysis, value, index)
    if (otherwise !== null) return otherwise
  }
  return item(container, key)
}

function unlessLoaded(analysis: Analysis, value: Expr, index: Expr): Folded | null {
  return index.type === 'constant' && typeof index.value === 'string'
    ? defaultEntry(analysis, value, index.value)
    : null
}

/** What the program itself writes to a key of a configuration. */
function written(analysis: Analysis, value: Expr, index: Expr): Folded | null {
  let base = value
  while (base.type === 'subscript') base = base.value
  if (base.type !== 'name' || !analysis.mutatedNames.has(base.id)) return null
  if (index.type !== 'constant' || typeof index.value !== 'string') return null
  const entry = analysis.entry(value, index.value)
  return entry.state === 'given' && entry.folded.state === 'known' ? entry.folded : null
}

/** `images[region]` of a dictionary with one image: any other key fails. */
function onlyEntry(container: Folded & { state: 'known' }): Folded | null {
  const { value } = container
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const [only, ...others] = Object.values(value)
  return only === undefined || others.length > 0 ? null : combine(only, [container])
}

function item(container: Folded, key: Folded): Folded {
  if (container.state === 'unknown') return throughOptions(container, (one) => item(one, key))
  if (key.state === 'unknown') return onlyEntry(container) ?? key
  if (Array.isArray(container.value) && typeof key.value === 'number') {
    const found = container.value.at(key.value)
    return found === undefined ? unknown('an index') : combine(found, [container, key])
  }
  if (container.value !== null && typeof container.value === 'object' && !Array.isArray(container.value)) {
    const found = lookUp(container.value, String(key.value))
    return found === undefined ? unknown('a key') : combine(found, [container, key])
  }
  return unknown('a subscript')
}

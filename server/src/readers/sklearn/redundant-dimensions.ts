/** Parts of a scikit-learn grid that repeat others: said of the searches that `search.ts` finds. */

import type { Change, Refusal } from '../../edit/write.js'
import { possibleAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { DictExpr, Expr } from '../../syntax/python-ast.js'
import type { Location } from '../../text/location.js'
import { define } from '../../text/records.js'
import { knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import type { IndifferentDimension, InertDimension, NestedDimension } from '../../workload/resource-kinds.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { conditionsOf, coveredBy, defaultOf, indifferentTo } from './parameter-effects.js'
import { pipelineAt, stepsOf } from './pipeline.js'
import { gridDictionaries } from './space.js'

const grids = /^(sklearn|dask_ml|cuml)\.model_selection\.(Halving)?GridSearchCV$/

export const sklearnGridReader = defineReader({
  name: 'sklearn-grid',
  languages: ['python'],
  triggers: ['GridSearchCV'],
  read(facts, { versions }, claims) {
    const python = facts.python!
    for (const call of python.calls)
      if (call.name !== null && grids.test(call.name)) readGrid(python, call, versions, claims)
  },
  change(claim, value, facts) {
    const { dimension } = value as { dimension: string }
    if (claim.setting === 'indifferent') return leaveOut(claim, dimension, facts)
    return claim.setting === 'inert'
      ? split(claim, dimension, facts)
      : dropDuplicates(claim, dimension, facts)
  },
})

function gridsOf(python: PythonModule, call: Call): DictExpr[] | null {
  const expr = passedExpression(python.argument(call, 'param_grid', 1))
  return expr === null ? null : gridDictionaries(python, expr)
}

/** A grid with the estimator that it is searched for; several where one search goes through them in turn. */
interface Searched {
  python: PythonModule
  estimator: Expr | null
  dictionaries: DictExpr[]
}

function searchedBy(python: PythonModule, call: Call): Searched[] {
  const estimator = passedExpression(python.argument(call, 'estimator', 0))
  const alone = gridsOf(python, call)
  if (alone !== null) return [{ python, estimator, dictionaries: alone }]
  const grid = passedExpression(python.argument(call, 'param_grid', 1))
  const inTurn = grid === null ? null : possibleAt(python, grid)
  const models = estimator === null ? null : possibleAt(python, estimator)
  if (inTurn === null || models === null || models.length !== inTurn.length) return []
  return inTurn.flatMap((one, index) => {
    const dictionaries = gridDictionaries(one.python, one.expr)
    const model = models[index]!
    // The module at hand can ask for both, or the one that writes both.
    return dictionaries === null || model.python !== one.python
      ? []
      : [{ python: one.python, estimator: model.expr, dictionaries }]
  })
}

function readGrid(
  python: PythonModule,
  call: Call,
  versions: ReaderContext['versions'],
  claims: ClaimBuilder,
): void {
  const searched = searchedBy(python, call)
  if (searched.length === 0) return
  const place = calleePlace(call)
  const at = claims.locate(place)
  const search = claims.extend('Search', `${claims.path}#Search@${at.cell ?? ''}:${at.start}`)
  const site = callSite(call)
  const places: Record<string, Location> = {}
  const inert = new Map<string, InertDimension>()
  const nested = new Map<string, NestedDimension>()
  const indifferent = new Map<string, IndifferentDimension>()
  for (const one of searched) {
    // Parameters of one name in two grids are not told apart.
    const others = new Set(searched.flatMap((other) => (other === one ? [] : [...valuesIn(other).keys()])))
    const written = valuesIn(one)
    for (const [name, expr] of written) {
      if (others.has(name)) continue
      const values = one.python.definition(expr)
      if (one.python === python) define(places, name, claims.locate({ start: values.start, end: values.end }))
      const owner = ownerOf(one.python, one.estimator, name)
      if (owner.estimator === null) continue
      const because = coveredBy(owner.estimator.method, owner.parameter)
      if (because !== null) nested.set(name, { name, because })
      const whatever = indifferentTo(owner.estimator.method, owner.parameter)
      if (whatever !== null) indifferent.set(name, { name, because: whatever })
      const useless = inertIn(one.python, name, owner, owner.estimator, versions)
      const renamed = useless?.aliases.some((alias) => written.has(alias)) === true
      if (useless !== null && !renamed) inert.set(name, useless.dimension)
    }
  }
  search.known('places', 'param_grid', places, place, { site })
  search.known('inert', 'param_grid', [...inert.values()], place, { site })
  search.known('nested', 'param_grid', [...nested.values()], place, { site })
  search.known('indifferent', 'param_grid', [...indifferent.values()], place, { site })
}

/** The parameters of one grid, with the values of each where they stand first. */
function valuesIn({ python, dictionaries }: Searched): Map<string, Expr> {
  const found = new Map<string, Expr>()
  for (const { key, value } of dictionaries.flatMap(({ entries }) => entries)) {
    const name = keyOf(python, key)
    if (name !== null && !found.has(name)) found.set(name, value)
  }
  return found
}

/** Another parameter decides whether this one does anything; null: it always does. */
function inertIn(
  python: PythonModule,
  name: string,
  { prefix, parameter }: Owner,
  estimator: Call,
  versions: ReaderContext['versions'],
): { dimension: InertDimension; aliases: string[] } | null {
  const condition = conditionsOf(estimator.method)
    .filter((one) => one.parameter === parameter)
    .at(-1)
  if (condition === undefined) return null
  const { unless, values, aliases = [] } = condition
  if (aliases.some((alias) => mayBePassed(python.argument(estimator, alias)))) return null
  const decides = python.argument(estimator, unless)
  const fixed = !mayBePassed(decides) ? defaultOf(condition, versions) : knownArgument(decides)
  const dimension = { name, unless: prefix + unless, values, ...(fixed === undefined ? {} : { fixed }) }
  return { dimension, aliases: aliases.map((alias) => prefix + alias) }
}

function keyOf(python: PythonModule, key: Expr | null): string | null {
  const name = key === null ? null : effective(python.fold(key))
  return typeof name === 'string' ? name : null
}

interface Owner {
  estimator: Call | null
  /** `svc__`, or nothing. */
  prefix: string
  parameter: string
}

/** The estimator that a parameter belongs to: a step of a pipeline by its name, or the estimator itself. */
function ownerOf(python: PythonModule, passed: Expr | null, name: string): Owner {
  const cut = name.lastIndexOf('__')
  const prefix = cut < 0 ? '' : name.slice(0, cut + 2)
  const parameter = cut < 0 ? name : name.slice(cut + 2)
  const none: Owner = { estimator: null, prefix, parameter }
  if (passed === null) return none
  const expr = returned(python, passed)
  if (prefix === '') return { ...none, estimator: python.callOf(expr) }
  const pipeline = pipelineAt(python, expr)
  const step = pipeline === null ? undefined : stepsOf(pipeline)?.find((one) => `${one.name}__` === prefix)
  return step === undefined ? none : { ...none, estimator: step.python.callOf(step.expr) }
}

/** What a function of the module returns, where the estimator is made by one. */
function returned(python: PythonModule, expr: Expr): Expr {
  const call = python.callOf(expr)
  const func = call === null ? null : python.functionOf(call.expr.callee)
  const last = func?.node.body.at(-1)
  return last?.type === 'return' && last.value !== null ? last.value : expr
}

/** The display that holds the values of a dimension, where the search is the only one that uses the grid. */
function entriesOf(claim: Claim, facts: FragmentFacts): { call: Call; dictionaries: DictExpr[] } | Refusal {
  const python = facts.python!
  const call = python.callAt(claim.site)
  const dictionaries = call === null ? null : gridsOf(python, call)
  if (call === null) return { reason: 'the grid has changed' }
  return dictionaries === null ? { reason: 'the grid is one of several' } : { call, dictionaries }
}

function dropDuplicates(claim: Claim, dimension: string, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const found = entriesOf(claim, facts)
  if ('reason' in found) return found
  for (const dictionary of found.dictionaries) {
    for (const entry of dictionary.entries) {
      if (keyOf(python, entry.key) !== dimension) continue
      const list = entry.value
      if (list.type !== 'list') continue
      const seen = new Set<string>()
      const kept: string[] = []
      for (const item of list.items) {
        const value = effective(python.fold(item))
        if (value === undefined || item.type === 'starred') return { reason: 'not all values are plain' }
        const key = JSON.stringify(value)
        if (!seen.has(key)) kept.push(python.text.slice(item.start, item.end))
        seen.add(key)
      }
      if (kept.length === list.items.length) continue
      if (/[#\n]/.test(python.text.slice(list.start, list.end)))
        return { reason: 'the values span several lines' }
      const range = { fragment: facts.fragment.index, start: list.start, end: list.end }
      const text = `[${kept.join(', ')}]`
      return {
        title: `Leave out the repeated values of ${dimension}`,
        safety: 'safe',
        writes: [{ kind: 'replace', path: facts.path, range, text }],
        imports: [],
      }
    }
  }
  return { reason: 'the values are written elsewhere' }
}

/** The default is as good as any value. */
function leaveOut(claim: Claim, dimension: string, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const found = entriesOf(claim, facts)
  if ('reason' in found) return found
  const holding = found.dictionaries.filter((one) =>
    one.entries.some((entry) => keyOf(python, entry.key) === dimension),
  )
  const [dictionary] = holding
  if (dictionary === undefined) return { reason: 'the values are written elsewhere' }
  if (holding.length > 1) return { reason: 'several grids hold it' }
  const index = dictionary.entries.findIndex((entry) => keyOf(python, entry.key) === dimension)
  const entry = dictionary.entries[index]!
  const next = dictionary.entries[index + 1]
  const last = dictionary.entries[index - 1]
  if (next === undefined && last === undefined) return { reason: 'nothing else is searched' }
  // `oob_score`: the score is an attribute afterwards.
  if (python.code.includes(`.${dimension.split('__').at(-1)}_`))
    return { reason: 'what it adds is read later' }
  const start = next === undefined ? last!.value.end : (entry.key ?? entry.value).start
  const end = next === undefined ? entry.value.end : (next.key ?? next.value).start
  if (python.tree.comments.some((one) => one.start >= start && one.end <= end))
    return { reason: 'there are comments in the grid' }
  return {
    title: `Leave ${dimension} out of the grid`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace',
        path: facts.path,
        range: { fragment: facts.fragment.index, start, end },
        text: '',
      },
    ],
    imports: [],
  }
}

/** One grid becomes two: without the ignored parameters, and with them. */
function split(claim: Claim, dimension: string, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  const found = entriesOf(claim, facts)
  if ('reason' in found) return found
  const inert = (effective(claim) as InertDimension[]).find((one) => one.name === dimension)
  const dictionary = found.dictionaries.find((one) =>
    one.entries.some((entry) => keyOf(python, entry.key) === dimension),
  )
  if (inert === undefined || dictionary === undefined) return { reason: 'the grid has changed' }
  if (dictionary.entries.some((entry) => keyOf(python, entry.key) === null))
    return { reason: 'the grid unpacks another one' }
  const range = { fragment: facts.fragment.index, start: dictionary.start, end: dictionary.end }
  const decides = dictionary.entries.find((entry) => keyOf(python, entry.key) === inert.unless)
  const entryText = (entry: DictExpr['entries'][number]) =>
    python.text.slice(entry.key!.start, entry.value.end)
  const ignored = (effective(claim) as InertDimension[]).filter((one) => one.unless === inert.unless)
  const change = (title: string, text: string): Change => ({
    title,
    safety: 'unsafe',
    writes: [{ kind: 'replace', path: facts.path, range, text }],
    imports: [],
  })
  if (python.tree.comments.some((one) => one.start >= dictionary.start && one.end <= dictionary.end))
    return { reason: 'there are comments in the grid' }
  if (decides === undefined) {
    const rest = dictionary.entries.filter((entry) => keyOf(python, entry.key) !== dimension)
    return change(`Leave ${dimension} out of the grid`, `{${rest.map(entryText).join(', ')}}`)
  }
  if (decides.value.type !== 'list') return { reason: `the values of ${inert.unless} are written elsewhere` }
  const alone = found.dictionaries.length === 1
  if (alone && usedElsewhere(python, found.call, dictionary))
    return { reason: 'the grid is used in other places too' }
  const without: string[] = []
  const rest: string[] = []
  for (const item of decides.value.items) {
    const value = effective(python.fold(item))
    if (value === undefined) return { reason: 'not all values are plain' }
    const text = python.text.slice(item.start, item.end)
    if (inert.values.includes(value)) without.push(text)
    else rest.push(text)
  }
  const off = new Set(
    ignored
      .filter((one) => without.every((text) => one.values.some((value) => literal(text) === value)))
      .map((one) => one.name),
  )
  const grid = (values: string[], leaveOut: Set<string>): string => {
    const entries = dictionary.entries
      .filter((entry) => !leaveOut.has(keyOf(python, entry.key)!))
      .map((entry) =>
        entry === decides
          ? `${python.text.slice(entry.key!.start, entry.key!.end)}: [${values.join(', ')}]`
          : entryText(entry),
      )
    return `{${entries.join(', ')}}`
  }
  const title = `Search ${dimension} only where it has an effect`
  if (rest.length === 0) return change(title, grid(without, off))
  const both = `${grid(without, off)}, ${grid(rest, new Set())}`
  return change(title, alone && !inList(python, dictionary) ? `[${both}]` : both)
}

/** A literal as its value, for comparison. */
function literal(text: string): unknown {
  if (text === 'None') return null
  if (text === 'True' || text === 'False') return text === 'True'
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : Number(text)
}

/** Already one of a list of grids. */
function inList(python: PythonModule, dictionary: DictExpr): boolean {
  return python.text.slice(0, dictionary.start).trimEnd().endsWith('[')
}

/** The dictionary's name is read by something else, which would find a list there. */
function usedElsewhere(python: PythonModule, call: Call, dictionary: DictExpr): boolean {
  const expr = passedExpression(python.argument(call, 'param_grid', 1))
  if (expr === null || expr === dictionary || expr.type !== 'name') return false
  const uses = python.text.match(new RegExp(`(?<![\\w.])${expr.id}(?![\\w])(?!\\s*=[^=])`, 'g')) ?? []
  return uses.length > 1
}

/** What the names of a module stand for, and the fields of its classes, as far as that is known once and for all. */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classConstant } from './data-classes.js'
import { fieldValues } from './field-values.js'
import type { Recipe } from './grafts.js'
import type { Folded, ModuleSummary } from './module.js'
import { nameOf } from './names.js'
import { recipeOfName } from './recipes.js'
import { foldWritten } from './written-places.js'

/** Longest constant that is worth passing on, in characters of JSON. */
const maximumConstant = 2_000

export interface ModuleConstants {
  constants: Record<string, Json>
  places: Record<string, Location>
  replaceable: NonNullable<ModuleSummary['replaceable']>
  reexports: Record<string, string>
  displays: Record<string, Recipe>
}

export function moduleConstants(analysis: Analysis): ModuleConstants {
  const found: ModuleConstants = { constants: {}, places: {}, replaceable: {}, reexports: {}, displays: {} }
  const { reexports, displays } = found
  for (const [name, bindings] of analysis.scopes.bindings) {
    if (name.includes('.') || name.endsWith('[]')) continue
    const last = bindings.at(-1)!
    if (bindings.every((binding) => binding.kind === 'import')) {
      const expr: Expr = { type: 'name', id: name, start: analysis.text.length, end: analysis.text.length }
      const target = nameOf(analysis, expr)
      if (target !== null) define(reexports, name, target)
    } else if (
      bindings.length === 1 &&
      last.kind === 'assign' &&
      last.value !== null &&
      last.unpack === null
    ) {
      const end = analysis.text.length
      // With the changes in place that follow the assignment.
      const value = analysis.isMutated(name, analysis.scopes)
        ? analysis.fold({ type: 'name', id: name, start: end, end })
        : foldWritten(analysis, last.value)
      if (value.state === 'known') keep(analysis, found, name, value, last.value)
      else {
        const recipe = recipeOfName(analysis, name, last.value)
        if (recipe !== null) define(displays, name, recipe)
      }
    }
  }
  classConstants(analysis, found)
  return found
}

/** `class CFG: workers = 4`, and `self.workers = 4` of its objects, where the module itself does not change it. */
function classConstants(analysis: Analysis, found: ModuleConstants): void {
  for (const klass of analysis.classes.slice(0, 50)) {
    for (const [field, value] of fieldValues(analysis, klass)) {
      const name = `${klass.name}.${field}`
      if (value.state === 'known' && !analysis.attributeStores.has(name))
        keep(analysis, found, name, value, classConstant(klass, field))
    }
  }
}

function keep(
  analysis: Analysis,
  { constants, places, replaceable }: ModuleConstants,
  name: string,
  { value, overridable, written }: Folded & { state: 'known' },
  expr: Expr | null,
): void {
  if (JSON.stringify(value).length > maximumConstant) return
  if (!overridable) {
    define(constants, name, value)
    if (written !== undefined) define(places, name, written)
    return
  }
  const variables = expr === null ? [] : variablesRead(analysis, expr)
  if (variables.length > 0) define(replaceable, name, { value, variables })
}

/** Expressions that a value is made of, the definitions of its names included. */
const mostParts = 200

/** The variables of the environment that a value is made of: `int(os.environ.get('WORKERS', 0))`; empty: it is made of too much. */
function variablesRead(analysis: Analysis, expr: Expr): string[] {
  const found = new Set<string>()
  const parts = new Set([expr])
  for (const one of parts) {
    if (parts.size > mostParts) return []
    const value = one.type === 'name' ? analysis.definition(one) : one
    const name = value.type === 'call' ? nameOf(analysis, value.callee) : null
    const key =
      value.type === 'call' && (name === 'os.environ.get' || name === 'os.getenv')
        ? value.args[0]?.value
        : value.type === 'subscript' && nameOf(analysis, value.value) === 'os.environ'
          ? value.index
          : undefined
    if (key?.type === 'constant' && typeof key.value === 'string') found.add(key.value)
    for (const child of childrenOf(value)) parts.add(child)
  }
  return [...found]
}

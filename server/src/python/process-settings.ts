/** Calls that set something for the whole process, and that functions of other modules make: `runtime.setup(cfg)`. */
import type { CallExpr } from '../syntax/python-ast.js'
import { define, lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { Call, ModuleSummary, ProcessSetting } from './module.js'
import { importedMember } from './project-members.js'
import { recipeOfCall } from './recipes.js'
import { graftedCall } from './written-out.js'

/** They hold for everything that the process makes afterwards, whichever module makes it. */
const processWide =
  /^keras\.(mixed_precision\.(\w+\.)?set_\w*policy|config\.set_(dtype_policy|floatx)|backend\.set_floatx)$/

/** By the function that makes them; under no name, when the module is imported. */
export function processSettings(analysis: Analysis): Pick<ModuleSummary, 'sets'> {
  const sets: NonNullable<ModuleSummary['sets']> = {}
  for (const call of analysis.calls) {
    if (call.name === null || !processWide.test(call.name)) continue
    const { function: func } = call
    const recipe = recipeOfCall(analysis, func, call.expr)
    const setting: ProcessSetting = {
      name: call.name,
      ...(recipe === null ? {} : { recipe }),
      ...(call.conditional || call.loops.length > 0 ? { conditional: true } : {}),
    }
    const key = func?.qualified ?? ''
    define(sets, key, [...(lookUp(sets, key) ?? []), setting])
  }
  return Object.keys(sets).length === 0 ? {} : { sets }
}

/** Settings of these names that modules of the project make for this one, each as the call that would stand in its place. */
export interface SetElsewhere {
  calls: Call[]
  /** Some of them may be made or not, or cannot be read. */
  open: boolean
}

export function settingsElsewhere(analysis: Analysis, names: readonly string[]): SetElsewhere {
  const found: SetElsewhere = { calls: [], open: false }
  const add = (setting: ProcessSetting, site: Call, callee: CallExpr['callee']): void => {
    if (!names.includes(setting.name)) return
    const made =
      setting.recipe === undefined || setting.conditional === true
        ? null
        : graftedCall(analysis, setting.recipe, site, callee)
    if (made === null) found.open = true
    else found.calls.push(made)
  }
  const made = new Map<ModuleSummary, Set<string>>()
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (call.name !== null || (callee.type !== 'name' && callee.type !== 'attribute')) continue
    const module = importedMember(analysis, callee)
    const settings = module === null ? undefined : lookUp(module.summary.sets, module.rest)
    if (module === null || settings === undefined) continue
    made.set(module.summary, (made.get(module.summary) ?? new Set()).add(module.rest))
    for (const setting of settings) add(setting, call, callee)
  }
  // What is called by nobody here may be called by others.
  for (const summary of analysis.imported)
    for (const [func, settings] of Object.entries(summary.sets ?? {}))
      if (made.get(summary)?.has(func) !== true && settings.some(({ name }) => names.includes(name)))
        found.open = true
  return found
}

/** What a module lets the rest of the project know. */
import type { Expr } from '../syntax/python-ast.js'
import type { Json } from '../text/json.js'
import type { Analysis } from './analysis.js'
import { configurationUses, handedConfigurations } from './configured.js'
import { classConstant } from './data-classes.js'
import { loggedNames, reportedMetrics } from './logged-metrics.js'
import type { Klass, ModuleSummary } from './module.js'
import { importedTarget, nameOf } from './names.js'

/** Longest constant that is worth passing on, in characters of JSON. */
const maximumConstant = 2_000

/** `class CFG: workers = 4` lets others read `CFG.workers`, where the module itself does not change it. */
function classConstants(analysis: Analysis, constants: Record<string, Json>): void {
  for (const klass of analysis.classes.slice(0, 50)) {
    for (const statement of klass.node.body.slice(0, 200)) {
      const target = statement.type === 'assign' ? statement.targets[0] : undefined
      if (target?.type !== 'name') continue
      const name = `${klass.name}.${target.id}`
      const written = classConstant(klass, target.id)
      if (written === null || analysis.attributeBindings.has(name)) continue
      const value = analysis.fold(written)
      if (
        value.state === 'known' &&
        !value.overridable &&
        JSON.stringify(value.value).length <= maximumConstant
      )
        constants[name] = value.value
    }
  }
}

export function summarise(analysis: Analysis): ModuleSummary {
  const constants: Record<string, Json> = {}
  const reexports: Record<string, string> = {}
  for (const [name, bindings] of analysis.scopes.bindings) {
    if (name.includes('.') || name.endsWith('[]')) continue
    const last = bindings.at(-1)!
    if (bindings.every((binding) => binding.kind === 'import')) {
      const expr: Expr = { type: 'name', id: name, start: analysis.text.length, end: analysis.text.length }
      const target = nameOf(analysis, expr)
      if (target !== null) reexports[name] = target
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
        : analysis.fold(last.value)
      if (
        value.state === 'known' &&
        !value.overridable &&
        JSON.stringify(value.value).length <= maximumConstant
      ) {
        constants[name] = value.value
      }
    }
  }
  classConstants(analysis, constants)
  const functions: ModuleSummary['functions'] = {}
  for (const func of analysis.functions) {
    if (func.class !== null || func.qualified !== func.name) continue
    const effects = analysis.effectsOfFunction(func)
    functions[func.name] = {
      backward: effects.backward,
      optimizerStep: effects.optimizerStep,
      trains: effects.trains,
      calls: [...effects.calls],
      params: func.node.params.map((param) => param.name),
      returns: analysis.returnType(func),
    }
  }
  const classes: ModuleSummary['classes'] = {}
  for (const klass of analysis.classes) {
    const calls = new Set<string>()
    for (const method of klass.methods.values())
      for (const name of analysis.effectsOfFunction(method).calls) calls.add(name)
    classes[klass.name] = { bases: klass.bases, methods: [...klass.methods.keys()], calls: [...calls] }
    const steps = stepsOf(analysis, klass)
    if (steps !== null) classes[klass.name]!.steps = steps
    const item = klass.methods.get('__getitem__') ?? klass.methods.get('__iter__')
    if (item !== undefined) classes[klass.name]!.items = [...analysis.effectsOfFunction(item).calls]
  }
  for (const call of analysis.calls) {
    const own = classes[call.function?.class?.name ?? '']
    if (own === undefined) continue
    const names = loggedNames(analysis, call)
    if (names.length > 0) own.logged = [...(own.logged ?? []), ...names]
  }
  const reported = reportedMetrics(analysis)
  return {
    path: analysis.path,
    constants,
    functions,
    classes,
    reexports,
    uses: [...analysis.ownUses],
    imports: [...analysis.importSpecs],
    isEntry: analysis.isEntry,
    evidence: analysis.evidence,
    ...(reported === null ? {} : { reported }),
    ...configurationsOf(analysis),
    ...loopedBy(analysis),
  }
}

/** Nothing for the many modules that read no configuration. */
function configurationsOf(analysis: Analysis): Pick<ModuleSummary, 'configurations' | 'handed'> {
  const configurations = configurationUses(analysis)
  if (configurations.length === 0) return {}
  const handed = handedConfigurations(analysis)
  return handed.length === 0 ? { configurations } : { configurations, handed }
}

function stepsOf(analysis: Analysis, klass: Klass): ModuleSummary['classes'][string]['steps'] | null {
  const steps: NonNullable<ModuleSummary['classes'][string]['steps']> = {}
  for (const [name, method] of klass.methods) {
    const { backward, optimizerStep, trains, calls } = analysis.effectsOfFunction(method)
    if (backward && optimizerStep) steps[name] = { backward, optimizerStep, trains, calls: [...calls] }
  }
  return Object.keys(steps).length === 0 ? null : steps
}

/** Most names that are passed on; what is a library's can only be told by the linker. */
const mostLooped = 200

/** What is called in loops and comes from elsewhere. */
function loopedBy(analysis: Analysis): Pick<ModuleSummary, 'looped'> {
  const looped = new Set<string>()
  for (const call of analysis.calls) {
    if (call.loops.length === 0 || looped.size >= mostLooped) continue
    const target = importedTarget(analysis, call.expr.callee)
    if (target !== null) looped.add(target)
  }
  return looped.size === 0 ? {} : { looped: [...looped] }
}

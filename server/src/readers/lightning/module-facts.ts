/** What a LightningModule and its data say: validation, logged metrics, schedules. */
import { methodNames } from '../../python/extended-classes.js'
import { loggedNames } from '../../python/logged-metrics.js'
import type { Klass, ModuleSummary, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'

/** A class of the project, here or one import away. */
export interface ClassFacts {
  name: string
  methods: Set<string>
  /** All of its methods are seen: no base class of the project is out of sight. */
  complete: boolean
}

/** The class that a value is an instance of; null: not seen. */
export function classFacts(python: PythonModule, expr: Expr): ClassFacts | null {
  const value = python.definition(expr)
  const own = python.instanceClass(value) ?? loadedClass(python, value)
  if (own !== null) return fromClass(python, own)
  if (value.type !== 'call') return null
  const made = python.callAt(value)
  // `instantiate(cfg.model)`
  if (made?.name != null && python.isInstantiated(made)) return factsOfTarget(python, made.name)
  const { callee } = value
  const named = callee.type === 'attribute' && callee.attr === 'load_from_checkpoint' ? callee.value : callee
  return fromModule(python, named)
}

/** The class that an expression names. */
export function classFactsOf(python: PythonModule, expr: Expr): ClassFacts | null {
  const own = python.classOf(expr)
  return own === null ? fromModule(python, expr) : fromClass(python, own)
}

function loadedClass(python: PythonModule, value: Expr): Klass | null {
  if (value.type !== 'call' || value.callee.type !== 'attribute') return null
  return value.callee.attr === 'load_from_checkpoint' ? python.classOf(value.callee.value) : null
}

function fromClass(python: PythonModule, klass: Klass): ClassFacts {
  const facts: ClassFacts = { name: klass.name, methods: new Set(), complete: true }
  const seen = new Set<Klass>()
  const add = (one: Klass): void => {
    if (seen.has(one)) return
    seen.add(one)
    for (const method of one.methods.keys()) facts.methods.add(method)
    for (const base of one.node.bases) {
      const parent = python.classOf(base.value)
      if (parent !== null) add(parent)
      else if (base.name === null && !isLibrary(python, base.value)) {
        const imported = fromModule(python, base.value)
        if (imported === null) facts.complete = false
        else {
          for (const method of imported.methods) facts.methods.add(method)
          facts.complete &&= imported.complete
        }
      }
    }
  }
  add(klass)
  return facts
}

function isLibrary(python: PythonModule, base: Expr): boolean {
  return /^(lightning|torch|abc)\./.test(python.nameOf(base) ?? '')
}

function fromModule(analysis: PythonModule, expr: Expr): ClassFacts | null {
  const root = expr.type === 'attribute' ? expr.value : expr
  if (root.type !== 'name') return null
  const target = analysis.bindingsOf(root).at(-1)?.target
  if (target === null || target === undefined) return null
  return factsOfTarget(analysis, expr.type === 'attribute' ? `${target}.${expr.attr}` : target)
}

function factsOfTarget(analysis: PythonModule, target: string): ClassFacts | null {
  const found = analysis.projectTarget(target)
  if (found === null) return null
  const known = lookUp(found.summary.classes, found.rest)
  if (known === undefined) return null
  const complete = known.bases.some((base) => /^lightning\./.test(base))
  return { name: found.rest, methods: new Set(methodNames(known)), complete }
}

export interface Metric {
  name: string
  lowerIsBetter: boolean
}

const smaller = /loss|error|err\b|mse|mae|rmse|perplexity|ppl|wer|cer|nll|elbo|fid|distance/i
const validated = /(^|[_/.-])(val|valid|validation|dev)([_/.-]|$)/i

/** The metric of the validation data that early stopping would watch; null: none is logged under a plain name. */
export function loggedMetric(python: PythonModule): Metric | null {
  const names = new Set<string>()
  for (const call of python.calls) for (const name of loggedNames(python, call)) names.add(name)
  const modules: ModuleSummary[] = [...python.imported, ...python.importers]
  for (const module of modules)
    for (const klass of Object.values(module.classes)) for (const name of klass.logged ?? []) names.add(name)
  const found = [...names].filter((name) => validated.test(name))
  const name = found.find((one) => /loss/i.test(one)) ?? found[0]
  return name === undefined ? null : { name, lowerIsBetter: smaller.test(name) }
}

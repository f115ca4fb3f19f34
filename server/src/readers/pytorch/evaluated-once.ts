/** Programs that go through their data once, as they only evaluate. */
import type { Call, ModuleSummary, PythonModule } from '../../python/module.js'

/** A program that has nothing train goes through its data once, whatever the modules that it imports could do. */
export function evaluatesOnce(python: PythonModule): boolean {
  if (python.importers.length > 0 || python.evidence.role === 'training') return false
  if (python.stepFunctions().length > 0) return false
  const trains = python.calls.some(({ method, expr: { callee } }) => {
    const steps = Object.values(python.importedClass(callee)?.steps ?? {})
    const called = python.importedFunction(callee)?.trains === true || steps.some((step) => step.trains)
    return called || /^(fit|train)/.test(method)
  })
  const evaluates = ({ name, method, function: func }: Call) =>
    /^(eval(uate)?|validate|test|predict)$/.test(method) ||
    (func === null && /\.DataLoader$/.test(name ?? ''))
  return !trains && (python.isEntry || python.calls.some(evaluates))
}

/** Only programs that evaluate take samples of this class, each of which goes through its data once. */
export function onlyEvaluates(python: PythonModule, name: string): boolean {
  const own = new Set([...python.classes, ...python.functions].map((one) => one.name))
  const takers = [...python.importers, ...python.programs].filter(({ imports }) => {
    const named = imports.map(lastOf).filter((one) => own.has(one))
    return named.length === 0 || named.includes(name)
  })
  return takers.length > 0 && takers.every(evaluates) && !python.calls.some(({ method }) => method === name)
}

function evaluates({ isEntry, evidence, epochs, uses, trainsOn }: ModuleSummary): boolean {
  // The loop may be that of a module which it calls.
  const trains = evidence?.role === 'training' || (epochs?.length ?? 0) > 0 || trainsOn !== undefined
  return (
    isEntry && !trains && !uses.some((used) => /\.(backward|fit|train_step|optimi[sz]e|minimize)$/.test(used))
  )
}

function lastOf(target: string): string {
  return target.slice(target.lastIndexOf('.') + 1)
}

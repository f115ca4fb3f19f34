/** Metrics that a program prints as `name=value`, as collectors that read its output expect them. */
import { calledIn, epochLoops, passesOf } from './logged-metrics.js'
import type { Call, Func, PythonModule } from './module.js'

export interface PrintedMetrics {
  /** Printed in each pass of a training. */
  names: string[]
  /** Printed when all is over. */
  once: string[]
  /** Passes of the loop; null: not known. */
  passes: number | null
}

/** Null: no metric is printed. */
export function printedMetrics(python: PythonModule): PrintedMetrics | null {
  const printed = python.calls.flatMap((call) => {
    const metrics = prints(python, call) ? metricsIn(textOf(python, call)) : []
    return metrics.length === 0 ? [] : [{ call, metrics }]
  })
  if (printed.length === 0) return null
  const epochs = epochLoops(python)
  const within = calledIn(python, epochs)
  const repeated = calledIn(python, python.loops)
  // Methods, and functions that are handed on, are called by whom nobody sees.
  const calledOnce = (func: Func) =>
    !repeated.has(func) &&
    !func.qualified.includes('.') &&
    python.calls.some((call) => python.functionOf(call.expr.callee) === func)
  const names = new Set<string>()
  const once = new Set<string>()
  for (const { call, metrics } of printed) {
    const each =
      call.loops.some((loop) => epochs.includes(loop)) ||
      (call.function !== null && within.has(call.function))
    const atEnd = call.loops.length === 0 && (call.function === null || calledOnce(call.function))
    for (const one of metrics) if (each) names.add(one)
    for (const one of metrics) if (atEnd) once.add(one)
  }
  if (names.size + once.size === 0) return null
  return { names: [...names], once: [...once].filter((one) => !names.has(one)), passes: passesOf(epochs) }
}

function prints(python: PythonModule, { expr, method }: Call): boolean {
  if (expr.callee.type === 'name') return expr.callee.id === 'print'
  const { start, end } = expr.callee
  return method === 'info' && /(^|[._])log(ger|ging)?\.info$/i.test(python.code.slice(start, end))
}

function textOf(python: PythonModule, call: Call): string {
  const first = call.expr.args[0]?.value
  if (first === undefined) return ''
  const { start, end } = first.type === 'name' ? python.definition(first) : first
  return python.text.slice(start, end)
}

/** `loss={:.4f}`, `loss=%f`, `"loss=", loss`, `{metricName: loss, metricValue: …}`. */
function metricsIn(text: string): string[] {
  const shown = [...text.matchAll(/(?<![\w-])([A-Za-z][\w-]*) *= *(?=[{%]|["']$)/g)]
  const named = [...text.matchAll(/metricName: *([A-Za-z][\w-]*)/g)]
  return [...shown, ...named].map((one) => one[1]!)
}

/** Metrics that code reports under plain names. */
import { namesEpochs } from './epoch-names.js'
import type { Call, Func, Loop, PythonModule } from './module.js'

/** Names that a call of `x.log(name, …)` or `x.log_dict({name: …})` gives; empty where they do not fold. */
export function loggedNames(python: PythonModule, call: Call): string[] {
  if (call.expr.callee.type !== 'attribute' || (call.method !== 'log' && call.method !== 'log_dict'))
    return []
  const [first] = call.expr.args
  if (first === undefined) return []
  if (call.method === 'log_dict') return python.keysOf(first.value) ?? []
  const name = python.fold(first.value)
  return name.state === 'known' && typeof name.value === 'string' && !name.overridable ? [name.value] : []
}

/** Metrics that a training loop written by hand reports to a tracker of experiments, pass for pass. */
export interface ReportedMetrics {
  names: string[]
  /** Passes of the loop; null: not known. */
  passes: number | null
}

/** Loops over these repeat a whole training. */
const repeats = /fold|split|seed|repeat|trial|run/i
const mostFunctions = 60

/** What `wandb.log({...})` and `accelerator.log({...})` are given in loops over epochs (`default`: what NNI is told); null: nothing is. */
export function reportedMetrics(python: PythonModule): ReportedMetrics | null {
  if (!['wandb', 'accelerate.Accelerator', 'nni'].some((name) => python.imports.has(name))) return null
  const epochs = epochLoops(python)
  if (epochs.length === 0) return null
  const within = calledIn(python, epochs)
  const names = new Set<string>()
  for (const call of python.calls) {
    const unnamed = call.name === 'nni.report_intermediate_result'
    if (!unnamed && (call.method !== 'log' || !isTracker(python, call))) continue
    if (!call.loops.some((loop) => epochs.includes(loop)) && !(call.function && within.has(call.function)))
      continue
    if (unnamed) names.add('default')
    else for (const name of reportedNames(python, call)) names.add(name)
  }
  if (names.size === 0) return null
  return { names: [...names], passes: passesOf(epochs) }
}

/** Of the longest of these loops; null: not known, or there is none. */
export function passesOf(loops: Loop[]): number | null {
  const passes = loops.map(({ trips }) => (trips.state === 'known' ? Number(trips.value) : null))
  const known = passes.filter((one): one is number => one !== null && !Number.isNaN(one))
  return known.length > 0 && known.length === passes.length ? Math.max(...known) : null
}

/** Loops over the passes of one training: neither those over whole trainings, nor what could be one. */
export function epochLoops(python: PythonModule): Loop[] {
  const loops = python.loops.filter((loop) => loop.role === 'epoch' && !repeats.test(target(python, loop)))
  const holding = loopsAround(loops)
  const training = loopsAround(python.loops.filter((one) => one.role === 'train'))
  const looping = new Map<Func | null, Loop[]>()
  for (const loop of loops)
    looping.set(loop.function, [...(looping.get(loop.function) ?? []).slice(0, 1), loop])
  return loops.filter((loop) => {
    if (holding.has(loop)) return false
    for (const func of calledIn(python, [loop]))
      if (looping.get(func)?.some((other) => other !== loop) === true) return false
    return namesEpochs(header(python, loop)) || training.has(loop)
  })
}

/** Loops that hold one of these. */
function loopsAround(loops: readonly Loop[]): Set<Loop> {
  const around = new Set<Loop>()
  for (const { parent } of loops)
    for (let loop = parent; loop !== null && !around.has(loop); loop = loop.parent) around.add(loop)
  return around
}

function header(python: PythonModule, { node }: Loop): string {
  const [first, last] = node.type === 'for' ? [node.target, node.iterable] : [node.test, node.test]
  return python.text.slice(first.start, last.end)
}

function target(python: PythonModule, { node }: Loop): string {
  return node.type === 'for' ? python.text.slice(node.target.start, node.target.end) : ''
}

/** Functions that are called in these loops, and those that they call. */
export function calledIn(python: PythonModule, loops: Loop[]): Set<Func> {
  const found = new Set<Func>()
  const queue = loops.flatMap((loop) => loop.calls)
  for (let call = queue.pop(); call !== undefined && found.size < mostFunctions; call = queue.pop()) {
    const func = python.functionOf(call.expr.callee)
    if (func === null || found.has(func)) continue
    found.add(func)
    queue.push(...func.calls)
  }
  return found
}

function isTracker(python: PythonModule, call: Call): boolean {
  if (call.name === 'wandb.log' || call.receiverCall?.name === 'wandb.init') return true
  const { callee } = call.expr
  const written = python.text.slice(callee.start, callee.end)
  return /(^|[._])(wandb|run|wandb_run|accelerator)\.log$/.test(written)
}

/** The plain keys of what is logged, whatever else is unpacked into it. */
function reportedNames(python: PythonModule, call: Call): string[] {
  const given = call.expr.args[0]?.value
  if (given === undefined) return []
  const keys = python.keysOf(given, call.expr.start)
  if (keys !== null) return keys
  const logged = python.definition(given)
  if (logged.type !== 'dict') return []
  return logged.entries.flatMap(({ key }) =>
    key?.type === 'constant' && typeof key.value === 'string' ? [key.value] : [],
  )
}

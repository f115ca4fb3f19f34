/** Steps that are run operation by operation: a switch, or a hand-written step that nothing compiles. */

import { nameFor } from '../../edit/imports.js'
import type { Change, PythonRange, Refusal } from '../../edit/write.js'
import type { Call, Func, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import { callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { compiledAnew } from '../compiled-anew.js'
import { kerasEvidence } from '../keras/evidence.js'
import { kerasFits, usesKeras } from '../keras/fits.js'
import { hasOwnSteps, needsPython } from '../keras/own-steps.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { compilingHindrance } from './compiling.js'
import { switchedAttributes, switchOf, wantedFor } from './eager-switches.js'

const tape = 'tensorflow.GradientTape'

export const tensorflowReader = defineReader({
  name: 'tensorflow',
  languages: ['python'],
  triggers: [
    'run_eagerly',
    'run_functions_eagerly',
    'GradientTape',
    'jax_disable_jit',
    'value_and_grad',
    'jax.grad',
    'nnx.grad',
    'filter_grad',
    '.jit(',
    'tf.function(',
  ],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    const tensorflow = usesKeras(python)
    const evidence = tensorflow
      ? stepEvidence(python, kerasEvidence(python, context).evidence)
      : trainingEvidence(python)
    // Steps that Python has to run each time are run so on purpose.
    const switched = tensorflow && needsPython(python) ? [] : python.calls
    for (const call of switched) {
      const found = switchOf(python, call, tensorflow, claims)
      if (found === null) continue
      const { key, place, value } = found
      // What is switched off again, or only on demand, is a tool.
      const wanted = wantedFor(python, call)
      claimOperation(claims, {
        kind: 'eager execution',
        place: 'step',
        key,
        at: place,
        site: callSite(call),
        scope: call.function?.qualified ?? '',
        evidence,
        from: value,
        wantedFor: wanted,
      })
    }
    if (tensorflow && !needsPython(python))
      for (const { at, overridable } of switchedAttributes(python))
        claimOperation(claims, {
          kind: 'eager execution',
          place: 'step',
          key: 'run_eagerly',
          at,
          site: { ...at, target: { kind: 'refused', reason: 'remove the line once nothing is debugged' } },
          scope: '',
          evidence,
          options: { overridable },
          wantedFor: null,
        })
    for (const { call, loop } of compiledAnew(python)) {
      const at = { start: call.expr.start, end: call.expr.callee.end }
      const key = python.text.slice(call.expr.callee.start, call.expr.callee.end)
      claimOperation(claims, {
        kind: 'compiled anew',
        place: 'step',
        key,
        at,
        site: { ...at, target: { kind: 'refused', reason: `call \`${key}\` once, before the loop` } },
        scope: loop.function?.qualified ?? '',
        evidence: { ...evidence, role: evidence.role === 'test' ? evidence.role : 'training' },
      })
    }
    for (const step of [...inlineSteps(python, tensorflow), ...updatesInFunctions(python)]) {
      const place = { start: step.node.start, end: step.headerEnd }
      claimOperation(claims, {
        kind: 'eager step',
        place: 'step',
        key: step.decorator,
        at: place,
        site: {
          start: step.node.start,
          end: step.node.end,
          target: {
            kind: 'refused',
            reason: `move the step into a function of its own, and decorate that with \`@${step.decorator}\``,
          },
        },
        scope: step.func?.qualified ?? '',
        evidence: step.decorator === 'tf.function' ? evidence : { ...evidence, role: 'training' },
        byDefault: true,
        ...(step.updateOnly === true ? { weight: 'slight' } : {}),
      })
    }
    for (const step of [...(tensorflow ? tapeSteps(python) : []), ...jaxSteps(python)]) {
      claimOperation(claims, {
        kind: 'eager step',
        place: 'step',
        key: step.decorator,
        at: { start: step.func.node.start, end: headerEnd(step.func) },
        site: { start: step.func.node.start, end: step.func.node.end },
        scope: step.func.qualified,
        evidence: step.decorator === 'tf.function' ? evidence : { ...evidence, role: 'training' },
        byDefault: true,
        subject: step.func.name,
      })
    }
  },
  change: (claim, _value, facts) => changeEager(claim, facts),
})

function stepEvidence(python: PythonModule, evidence: Evidence): Evidence {
  if (evidence.role !== 'training' || kerasFits(python).length > 0) return evidence
  // Without a `fit` in sight the module trains if its own code or a neighbour does.
  return { ...evidence, role: trainingEvidence(python).role }
}

/** What compiles a step, and how it is imported. */
const compilers = {
  'tf.function': ['tensorflow', 'function'],
  'jax.jit': ['jax', 'jit'],
  'nnx.jit': ['flax.nnx', 'jit'],
  'eqx.filter_jit': ['equinox', 'filter_jit'],
} as const

interface Step {
  func: Func
  decorator: keyof typeof compilers
}

/** `def train_step(x, y):` with a tape and an optimiser, called for each batch and never compiled. */
function tapeSteps(python: PythonModule): Step[] {
  const found = new Set<Func>()
  for (const call of python.callsTo(tape)) {
    const func = call.function
    if (func === null || found.has(func) || call.loops.some((loop) => loop.role === 'train')) continue
    if (!func.calls.some((one) => one.method === 'apply_gradients' || one.method === 'minimize')) continue
    // Keras compiles the methods that it calls by itself.
    if (func.class !== null && /^(train|test|predict)_step$/.test(func.name) && keras(func)) continue
    if (readsValues(python, func)) continue
    const hot = inTrainingLoop(python, func) || python.stepFunctions().includes(func)
    if (compiled(python, func, /^tensorflow\.function$/) || !hot) continue
    found.add(func)
  }
  return [...found].map((func) => ({ func, decorator: 'tf.function' }))
}

/** A step that is written out in the loop over the batches. */
interface InlineStep {
  /** Gradients are compiled, and only the weights are updated without. */
  updateOnly?: boolean
  node: Span
  headerEnd: number
  func: Func | null
  decorator: Step['decorator']
}

function inlineSteps(python: PythonModule, tensorflow: boolean): InlineStep[] {
  return python.loops.flatMap((loop) => {
    if (loop.role !== 'train' || isCompiled(python, loop.function)) return []
    const found =
      (tensorflow ? (tapeIn(python, loop) ?? updateIn(python, loop)) : null) ?? gradientIn(python, loop)
    return found === null ? [] : [found]
  })
}

function isCompiled(python: PythonModule, func: Func | null): boolean {
  return func !== null && compiled(python, func, /^tensorflow\.function$/)
}

/** `with tf.GradientTape() as tape:` in the loop itself; null where what it records is compiled, or reads values. */
function tapeIn(python: PythonModule, loop: Loop): InlineStep | null {
  if (!loop.calls.some(({ method }) => method === 'apply_gradients' || method === 'minimize')) return null
  const call = loop.calls.find((one) => one.name === tape && one.function === loop.function)
  const statement = call?.statement
  if (call === undefined || statement?.type !== 'with') return null
  const inside = loop.calls.filter(({ expr }) => statement.start <= expr.start && expr.end <= statement.end)
  const called = inside.flatMap(({ expr }) => python.functionOf(expr.callee) ?? [])
  if (called.some((func) => func.node.decorators.length > 0)) return null
  if (inside.some(({ expr }) => python.nameOf(expr.callee) === null && isWrapped(python, expr.callee)))
    return null
  const code = python.code.slice(statement.start, statement.end)
  if (needsHost.test(code)) return null
  return { node: statement, headerEnd: call.expr.end, func: loop.function, decorator: 'tf.function' }
}

/** `optimizer.apply_gradients(…)` in the loop, with gradients that a compiled function has taken. */
function updateIn(python: PythonModule, loop: Loop): InlineStep | null {
  const update = loop.calls.find(
    (call) =>
      call.method === 'apply_gradients' && call.function === loop.function && call.loops.at(-1) === loop,
  )
  const taken = python
    .callsTo(tape)
    .some(({ function: func }) => func !== null && func.node.decorators.length > 0)
  if (update === undefined || !taken || loop.calls.some(({ name }) => name === tape)) return null
  if (isSoonDone(python, update)) return null
  const { expr } = update
  return {
    node: expr,
    headerEnd: expr.callee.end,
    func: loop.function,
    decorator: 'tf.function',
    updateOnly: true,
  }
}

/** `optax.apply_updates(…)` in a function that is called for each step, with gradients that a compiled one has taken. */
function updatesInFunctions(python: PythonModule): InlineStep[] {
  const gradients = python.callsTo('jax.grad', 'jax.value_and_grad')
  return python.callsTo('optax.apply_updates').flatMap(({ expr, function: func, loops }) => {
    if (func === null || loops.length > 0 || gradients.some((one) => one.function === func)) return []
    if (gradients.length === 0 || compiled(python, func, jaxCompilers)) return []
    const hot = callSites(python, func).some((call) => call.loops.length > 0 && !isSoonDone(python, call))
    return hot
      ? [{ node: expr, headerEnd: expr.callee.end, func, decorator: 'jax.jit', updateOnly: true }]
      : []
  })
}

/** `step = tf.function(step)`. */
function isWrapped(python: PythonModule, callee: Expr): boolean {
  return /^(tensorflow\.function|jax\.(jit|pmap))$/.test(python.callOf(callee)?.name ?? '')
}

/** `optax.apply_updates(…)` in a loop that nothing compiles: the gradients before it may be compiled. */
function gradientIn(python: PythonModule, loop: Loop): InlineStep | null {
  if (!python.uses('jax.grad', 'jax.value_and_grad') || isShort([loop])) return null
  const compiles = /\b(jit|pmap|pjit|scan|shard_map|filter_jit)\b/.test(python.code)
  if (compiles && loop.function !== null && compiled(python, loop.function, jaxCompilers)) return null
  const update = loop.calls.find(
    (call) => call.name === 'optax.apply_updates' && call.function === loop.function,
  )
  return update === undefined || (compiles && isSoonDone(python, update))
    ? null
    : {
        node: update.expr,
        headerEnd: update.expr.callee.end,
        func: loop.function,
        decorator: 'jax.jit',
        ...(compiles ? { updateOnly: true } : {}),
      }
}

function keras(func: Func): boolean {
  return func.class!.bases.some((base) => base.startsWith('keras.'))
}

/** What a compiled function cannot do: read values, print them, use NumPy. */
function readsValues(python: PythonModule, func: Func): boolean {
  return needsHost.test(python.code.slice(func.node.start, func.node.end))
}

const needsHost = /\.numpy\(\)|\bnp\.|\bprint\(|float\(|\.append\(/

const jaxCompilers =
  /^(jax\.(jit|pmap|vmap|checkpoint|shard_map|experimental\.\w+(\.\w+)?)|flax\.(nnx|linen)\.(jit|scan|pmap)|equinox\.filter_(jit|pmap)|functools\.partial|chex\.\w+)$/

/** What takes gradients, and what compiles a function that does. */
const differentiators: Record<string, Step['decorator']> = {
  'jax.value_and_grad': 'jax.jit',
  'jax.grad': 'jax.jit',
  'flax.nnx.value_and_grad': 'nnx.jit',
  'flax.nnx.grad': 'nnx.jit',
  'equinox.filter_value_and_grad': 'eqx.filter_jit',
  'equinox.filter_grad': 'eqx.filter_jit',
}

/** A function that takes gradients and updates parameters, called in a loop and never compiled. */
function jaxSteps(python: PythonModule): Step[] {
  const gradients = python.callsTo(...Object.keys(differentiators))
  if (gradients.length === 0) return []
  const found = new Map<Func, Step['decorator']>()
  for (const call of gradients) {
    const func = call.function
    if (func === null || found.has(func)) continue
    const decorator = lookUp(differentiators, call.name!)!
    const updates = func.calls.some(
      (one) =>
        /^(optax|equinox)\.apply_updates$/.test(one.name ?? '') ||
        one.method === 'apply_gradients' ||
        (decorator === 'nnx.jit' && one.method === 'update') ||
        /tree_map$|^map$/.test(one.method),
    )
    if (!updates || readsValues(python, func) || func.calls.some((one) => one.loops.length > 0)) continue
    if (
      compiled(python, func, jaxCompilers) ||
      callSites(python, func).every(({ loops }) => loops.length === 0 || isShort(loops))
    )
      continue
    found.set(func, decorator)
  }
  return [...found].map(([func, decorator]) => ({ func, decorator }))
}

/** A loop of a few passes shows something rather than trains. */
function isShort(loops: Call['loops'], most = 50): boolean {
  const [only] = loops
  return loops.length === 1 && Number(effective(only!.trips) ?? Number.NaN) <= most
}

/** So many updates of the weights, a few milliseconds each, are over in seconds. */
const fewUpdates = 1000

/** The updates are as many as the passes of one loop, which runs once. */
function isSoonDone(python: PythonModule, { loops, function: func }: Call): boolean {
  return isShort(loops, fewUpdates) && (func === null || !python.isRepeated(func))
}

function callSites(python: PythonModule, func: Func): Call[] {
  return python.calls.filter(
    (call) => call.method === func.name && python.functionOf(call.expr.callee) === func,
  )
}

function inTrainingLoop(python: PythonModule, func: Func): boolean {
  return callSites(python, func).some((call) => call.loops.some((loop) => loop.role === 'train'))
}

/** What is handed a function and runs it as it is. */
const startsPrograms =
  /^(absl\.app\.run|tensorflow\.(compat\.v1\.)?app\.run|fire\.Fire|threading\.Thread|typer\.run)$/

/** It, or whoever calls it, is decorated or wrapped; or it is handed to something that may compile it. */
function compiled(python: PythonModule, func: Func, compilers: RegExp, depth = 0): boolean {
  if (depth > 3) return true
  const decorated = func.node.decorators.length > 0
  if (decorated) return true
  const handed = python.calls.some(
    (call) =>
      !startsPrograms.test(call.name ?? '') &&
      call.expr.args.some((one) => one.value.type !== 'call' && python.functionOf(one.value) === func),
  )
  if (handed) return true
  const callers = callSites(python, func)
    .map((call) => call.function)
    .filter((caller): caller is Func => caller !== null && caller !== func)
  return (
    callers.length > 0 &&
    callers.every(
      (caller) => caller.node.decorators.length > 0 && compiled(python, caller, compilers, depth + 1),
    )
  )
}

function headerEnd(func: Func): number {
  const first = func.node.body[0]
  return Math.min(
    func.node.end,
    (func.node.params.at(-1)?.end ?? func.node.start) + 2,
    first?.start ?? func.node.end,
  )
}

function changeEager(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const range = ({ start, end }: { start: number; end: number }): PythonRange => ({
    fragment: fragment.index,
    start,
    end,
  })
  const { key } = claim
  const compiler = lookUp<readonly [module: string, name: string]>(compilers, key)
  if (compiler !== undefined) {
    const func = python.functions.find((one) => one.node.start === claim.site.start)
    if (func === undefined) return { reason: 'the function is no longer in the file' }
    const hindered = key === 'tf.function' ? compilingHindrance(python, func, facts.versions) : null
    if (hindered !== null) return { reason: hindered }
    const spelled = nameFor(python.tree, ...compiler, {
      path,
      fragment: fragment.index,
      offset: func.node.start,
    })
    return {
      title: `Compile the step with @${spelled.text}`,
      // Side effects of Python happen once in a compiled function.
      safety: key === 'tf.function' ? 'unsafe' : 'display',
      writes: [
        {
          kind: 'insert lines',
          path,
          where: 'before',
          statement: range(func.node),
          lines: [`@${spelled.text}`],
        },
      ],
      imports: spelled.import === null ? [] : [spelled.import],
    }
  }
  const call = python.callAt(claim.site)
  if (call === null) return { reason: 'the call is no longer in the file' }
  if (claim.overridable) return { reason: 'the value is that of an option of the program' }
  if (key === 'run_eagerly') {
    if (!call.expr.args.some((one) => one.name === 'run_eagerly'))
      return { reason: 'the value arrives through unpacked arguments' }
    return {
      title: 'Remove run_eagerly=True',
      safety: hasOwnSteps(python) ? 'unsafe' : 'safe',
      writes: [{ kind: 'remove keyword', path, call: range(call.expr), name: 'run_eagerly' }],
      imports: [],
    }
  }
  if (call.statement.type !== 'expr') return { reason: 'the call is part of a larger statement' }
  return {
    title: `Remove ${call.method}(…)`,
    safety: hasOwnSteps(python) ? 'unsafe' : 'safe',
    writes: [{ kind: 'remove statement', path, statement: range(call.statement) }],
    imports: [],
  }
}

/** TensorFlow: one `Training` for each loop whose session runs an update of the graph, or that gives Keras one batch after the other. */

import { batchStep, sessionStep } from '../../python/graph-steps.js'
import type { Loop, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { heavyModel, kerasEvidence } from '../keras/evidence.js'
import { usesKeras } from '../keras/fits.js'
import { changePolicy } from '../keras/policy-change.js'
import { readPrecision, rewriteKey } from '../keras/precision.js'
import { loopHeader, takesSteps, wholeRunOf } from '../pytorch/loop.js'
import { isMeasurement } from '../pytorch/model-evidence.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeGraphPrecision } from './graph-precision.js'
import { claimKept } from './kept.js'
import { claimLoop } from './loop.js'
import { plainName } from './pipeline.js'

export const tensorflowGraphLoopReader = defineReader({
  name: 'tensorflow-graph-loop',
  languages: ['python'],
  triggers: ['sess', 'Session', 'train_on_batch'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined || isMeasurement(python.path)) return
    const loops = python.loops.filter((loop) => takesSteps(python, loop) && ofGraph(loop))
    // What runs in a session is of TensorFlow, whether or not the module imports it.
    if (!usesKeras(python) && !loops.some(inSession)) return
    for (const loop of loops) readLoop(python, loop, loop === loops[0], context, claims)
  },
  change(claim, value, facts) {
    const { python } = facts
    if (python === undefined) return { reason: 'this is not written in Python' }
    if (claim.setting !== 'precision') return byHand(claim)
    return claim.key === rewriteKey
      ? changeGraphPrecision(python, value, facts)
      : changePolicy(python, claim, value, facts, false)
  },
})

export function isSessionLoop(loop: Loop): boolean {
  return loop.role === 'train' && inSession(loop)
}

const inSession = ({ effects }: Loop): boolean => effects.calls.has(sessionStep)

const ofGraph = (loop: Loop): boolean => inSession(loop) || loop.effects.calls.has(batchStep)

function readLoop(
  python: PythonModule,
  loop: Loop,
  first: boolean,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const { evidence, automatic } = kerasEvidence(python, context)
  const session = inSession(loop)
  if (session) evidence.withoutBf16 ??= 'the rewrite of graphs knows fp16 only'
  const training = claimLoop(python, loop, evidence, automatic, claims)
  const header = loopHeader(loop)
  const heavy = session ? heavyGraph(python) || heavyModel(python) === true : heavyModel(python) !== false
  if (first && heavy) {
    const site = { start: loop.node.start, end: loop.node.end, target: { kind: 'loop' as const } }
    readPrecision(python, header, site, context, training, session ? rewriteKey : undefined)
  }
  const outer = wholeRunOf(python, loop)
  if (outer !== null && validatesInSession(python, outer))
    training.known('validation', 'evaluation', true, loopHeader(outer))
  claimKept(python, loop, training)
}

const heavyOperation =
  /^(tensorflow\.(nn\.(\w*conv[123]d\w*|depthwise_conv\w*|convolution)|layers\.(\w*conv\w*)|contrib\.(layers|slim)\.\w*conv\w*|contrib\.slim\.nets\.\S+|models\.research\.slim\.nets\.\S+)|(tf_slim|tflearn|tensorlayer|sonnet|tensorpack)\.\S*conv\S*)$|(^|\.)nets\.(vgg|resnet\w*|inception\w*|mobilenet\w*|nasnet\w*|alexnet|overfeat)\.\w+$/i

/** Operations of a graph that gain from short formats, here or in a module that builds it. */
export function heavyGraph(python: PythonModule): boolean {
  return once(python, 'heavy graph', () => {
    const isHeavy = (name: string) => heavyOperation.test(plainName(name))
    return (
      python.calls.some(({ name }) => name !== null && isHeavy(name)) ||
      attends(
        python.functions.map(({ name }) => name),
        python.calls.map(({ name }) => name),
      ) ||
      [...python.imported, ...python.importers, ...python.programs].some(
        ({ uses, functions, convolutional }) =>
          convolutional === true || uses.some(isHeavy) || attends(Object.keys(functions), uses),
      )
    )
  })
}

/** Attention that is written out: functions are called after it, and multiply matrices. */
function attends(functions: readonly string[], uses: readonly (string | null)[]): boolean {
  return (
    functions.some((name) => /attention|transformer_(model|block|layer)/i.test(name)) &&
    uses.some((name) => /^tensorflow\.(matmul|linalg\.matmul|einsum)$/.test(plainName(name ?? '')))
  )
}

const heldOut = /(^|[^a-z])(val|valid|validation|test|dev|eval)(?![a-z])/i

/** `sess.run(accuracy, feed_dict={x: x_test})` between the steps: its data are called after what they are for. */
function validatesInSession(python: PythonModule, outer: Loop): boolean {
  const inside = python.loops.filter(
    ({ node, role }) => role === 'other' && outer.node.start < node.start && node.end <= outer.node.end,
  )
  const goesThrough = inside.some(({ node, effects }) => {
    const header = node.type === 'for' ? node.iterable : node.test
    return effects.calls.has('.run') && heldOut.test(python.code.slice(header.start, header.end))
  })
  if (goesThrough) return true
  return outer.calls.some(({ method, expr }) => {
    if (!/^(run|eval|test_on_batch)$/.test(method)) return false
    if (method === 'test_on_batch') return true
    return expr.args.some(({ value }) => heldOut.test(python.code.slice(value.start, value.end)))
  })
}

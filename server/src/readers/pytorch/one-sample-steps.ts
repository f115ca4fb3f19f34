/** Steps of a hand-written training that take one sample from a list: `image = image.unsqueeze(0)`, `loss = f(model(image))`. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { defineReader } from '../reader.js'
import { isModelCall } from './forward-block.js'
import { isTorchLoop } from './loop.js'
import { stepEvidence } from './operations.js'
import { networkText, optimizedNetworks } from './optimized-networks.js'

export const oneSampleStepsReader = defineReader({
  name: 'pytorch-one-sample-steps',
  languages: ['python'],
  triggers: ['unsqueeze(0)'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const loop of python.loops) {
      const single = isTorchLoop(python, loop) ? singleIn(python, loop) : null
      if (single === null) continue
      const { start, end } = single.expr
      const pipeline = claims.subject(
        'InputPipeline',
        { start, end },
        loop.function?.qualified ?? '',
        stepEvidence(python),
      )
      pipeline.known('feeds', 'unsqueeze', 'training', { start, end })
      pipeline.known('imagesAtOnce', 'unsqueeze(0)', 1, { start, end })
    }
  },
  change: () => ({ reason: 'samples have to be put together into batches by hand' }),
})

/** The call that makes a batch of a sample, which the step that follows is all about; null: there is none. */
function singleIn(python: PythonModule, loop: Loop): Call | null {
  const { node } = loop
  if (node.type !== 'for' || loop.role !== 'train') return null
  if (/load(er)?|batch|_dl\b/i.test(textOf(python, node.iterable))) return null
  // What is done now and then sums up the gradients of several samples.
  const own = (method: string) =>
    loop.calls.some((call) => call.method === method && node.body.includes(call.statement))
  if (!own('backward') || !own('step')) return null
  const networks = new Set([...optimizedNetworks(python).values()].flatMap((one) => [...one]))
  const given = loop.calls.flatMap(({ expr }) =>
    isModelCall(python, expr) || networks.has(networkText(python, expr.callee))
      ? (expr.args[0]?.value ?? [])
      : [],
  )
  const unsqueezed = loop.calls.filter(
    (call) =>
      call.method === 'unsqueeze' &&
      call.expr.args[0]?.value.type === 'constant' &&
      call.expr.args[0].value.value === 0 &&
      isOfPass(python, call, loop),
  )
  return (
    unsqueezed.find(({ expr, assignedTo }) =>
      given.some(
        (one) =>
          (one.start <= expr.start && expr.end <= one.end) ||
          (assignedTo !== null && namesIn(one).includes(assignedTo)),
      ),
    ) ?? null
  )
}

function textOf(python: PythonModule, { start, end }: Expr): string {
  return python.code.slice(start, end)
}

/** What it makes a batch of is another sample in each pass: a picture that is painted over is all that there is. */
function isOfPass(python: PythonModule, { expr: { callee }, statement }: Call, { node }: Loop): boolean {
  if (callee.type !== 'attribute' || node.type !== 'for') return false
  const bound = new Set(namesIn(node.target))
  for (const one of python.statements) {
    if (one.type !== 'assign' || one === statement || one.start < node.start || one.end > node.end) continue
    for (const target of one.targets) for (const name of namesIn(target)) bound.add(name)
  }
  return namesIn(callee.value).some((name) => bound.has(name))
}

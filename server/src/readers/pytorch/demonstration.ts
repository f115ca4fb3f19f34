/** Loops that show or measure something rather than train: their runs cost next to nothing. */

import type { Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import { isModelCall } from './forward-block.js'
import { countsEpochs } from './hot-code.js'
import { openEndedReason } from './loop-facts.js'
import { isMeasurement } from './model-evidence.js'

const drawing = ['torch.rand', 'torch.randn', 'torch.randint']
const filling = ['torch.ones', 'torch.zeros']
const inventing = [...drawing, ...filling]

/**
 * Code that shows something rather than trains for long: a few steps, one step per epoch (all data at once), inputs that
 * are drawn on the spot, or an optimiser over single tensors (a picture that is made to look like another).
 */
export function demonstration(python: PythonModule, loop: Loop, outer: Loop | null): string | null {
  const { trips, node } = loop
  if (isMeasurement(python.path)) return 'a measurement'
  if (outer === null) {
    const count = numberIn(trips)
    if (count !== null && count <= 50) return `${count} steps`
    if (node.type === 'for' && countsEpochs(python, node)) return 'one step per epoch'
  }
  const counts =
    node.type === 'while' ||
    (node.iterable.type === 'call' && /range$/.test(lastIdentifier(node.iterable.callee)))
  if (counts && invents(python, loop) && !drawsNoise(python, loop)) return 'random data'
  if (counts && inventedBefore(python, loop)) return 'invented data'
  return optimizesTensors(python) ? 'single tensors' : null
}

/** What it trains on is drawn in the loop; where all draws are of places in something that is there, they choose samples. */
function invents(python: PythonModule, loop: Loop): boolean {
  const drawn = drawing.filter((name) => loop.effects.calls.has(name))
  if (drawn.length === 0) return fills(python, loop)
  return !(drawn.every((name) => name === 'torch.randint') && drawsPlaces(python))
}

/** The network sees nothing but ones or zeros; a table of losses, labels of a generator or a first state are made of them as well. */
function fills(python: PythonModule, { calls }: Loop): boolean {
  const passes = calls.filter(({ expr }) => isModelCall(python, expr))
  return (
    passes.length > 0 &&
    passes.every(({ expr: { args } }) => {
      const made = args[0] === undefined ? null : python.definition(args[0].value)
      return made?.type === 'call' && filling.includes(python.nameOf(made.callee) ?? '')
    })
  )
}

/** `torch.randint(len(data) - block_size, (batch_size,))`: the largest of them is the length of what is there. */
function drawsPlaces(python: PythonModule): boolean {
  return once(python, 'draws places', () =>
    python.callsTo('torch.randint').every(({ expr: { args } }) => {
      const shaped = args.some(({ name }) => name === 'size')
      const placed = args.filter(({ name }) => name === null).slice(0, shaped ? undefined : -1)
      const bounds = [...placed, ...args.filter(({ name }) => name === 'high')]
      return bounds.some(({ value }) => ofLength.test(python.code.slice(value.start, value.end)))
    }),
  )
}

const ofLength = /\blen\(|\.shape\b|\.size\(|\.numel\(/

/** `x = torch.ones(4, n)` before the loop, which is all that the network ever sees: it is timed, or tried out. */
function inventedBefore(python: PythonModule, { node, calls }: Loop): boolean {
  const passes = calls.filter(({ expr }) => isModelCall(python, expr))
  return (
    passes.length > 0 &&
    passes.every(({ expr: { args } }) =>
      args.some(({ value }) => {
        if (value.type !== 'name') return false
        let made = python.definition(value)
        while (
          made.type === 'call' &&
          made.callee.type === 'attribute' &&
          python.nameOf(made.callee) === null
        )
          made = python.definition(made.callee.value)
        return (
          made.type === 'call' &&
          made.end <= node.start &&
          inventing.includes(python.nameOf(made.callee) ?? '')
        )
      }),
    )
  )
}

/** Latent vectors of a generator and noise over samples that come from elsewhere are no data. */
function drawsNoise(python: PythonModule, loop: Loop): boolean {
  if (loop.effects.calls.has('next')) return true
  return /^(adversarial training|diffusion)$/.test(openEndedReason(python, loop) ?? '')
}

function optimizesTensors(python: PythonModule): boolean {
  return once(python, 'optimizes tensors', () => {
    const optimizers = python.calls.filter(
      (call) => call.name?.startsWith('torch.optim.') && /\.[A-Z]\w+$/.test(call.name),
    )
    const overTensors = optimizers.every((call) => {
      const parameters = call.expr.args[0]?.value
      return (
        parameters?.type === 'list' &&
        parameters.items.length > 0 &&
        parameters.items.every((item) => item.type === 'name' || item.type === 'attribute')
      )
    })
    return optimizers.length > 0 && overTensors
  })
}

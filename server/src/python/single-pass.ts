/** Programs that go through their data once: a training without a loop over epochs. */

import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import { startsAnew } from './loop-roles.js'
import type { Loop } from './module.js'

/** Every training loop here takes each batch of a loader once, and nothing here goes around it. */
export function trainsInOnePass(analysis: Analysis): boolean {
  const trainings = analysis.loops.filter(({ role }) => role === 'train')
  return (
    trainings.length > 0 &&
    !analysis.loops.some(({ role }) => role === 'epoch') &&
    trainings.every((loop) => isOwnTraining(analysis, loop.parent) && overLoader(analysis, loop))
  )
}

/** Nothing goes around it, or loops of which each turn is a training of its own. */
function isOwnTraining(analysis: Analysis, around: Loop | null): boolean {
  return around === null || (startsAnew(analysis, around) && isOwnTraining(analysis, around.parent))
}

function overLoader(analysis: Analysis, { node }: Loop): boolean {
  if (node.type !== 'for') return false
  const made = analysis.callOf(lookedThrough(node.iterable))
  return made?.name === 'torch.utils.data.DataLoader'
}

/** `loader` of `enumerate(tqdm(loader))`: what only counts or shows its batches. */
function lookedThrough(expr: Expr): Expr {
  if (expr.type !== 'call') return expr
  const { callee, args } = expr
  const word = lastName(callee)
  const first = args[0]?.value
  return first !== undefined && /^(enumerate|tqdm)$/.test(word) ? lookedThrough(first) : expr
}

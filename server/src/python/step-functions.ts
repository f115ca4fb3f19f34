/** Functions that take one step of an optimiser, and that others call again and again. */
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import { isRepeatedByBase } from './extended-classes.js'
import type { Func } from './module.js'
import { returnsOf } from './returns.js'

/** Functions that take one step of an optimiser and that another module calls in a loop: one that imports this, or a base class. */
export function stepFunctions(analysis: Analysis): Func[] {
  return once(analysis, 'step functions', () =>
    analysis.functions.filter((func) => {
      if (
        !analysis.outside.isLooped(func) &&
        !isHandedOut(analysis, func) &&
        !isRepeatedByBase(analysis, func)
      )
        return false
      const effects = analysis.effectsOfFunction(func)
      return effects.backward && effects.optimizerStep && !effects.trains
    }),
  )
}

/** `def make_step(model): def step(batch): … return step`, which another module calls. */
function isHandedOut(analysis: Analysis, { node }: Func): boolean {
  const makers = once(analysis, 'functions that others call', () =>
    analysis.functions.filter((maker) => analysis.outside.of(maker).length > 0),
  )
  return makers.some(
    (maker) =>
      maker.node !== node &&
      maker.node.start < node.start &&
      node.end <= maker.node.end &&
      returnsOf(maker).some((value) => value.type === 'name' && value.id === node.name),
  )
}

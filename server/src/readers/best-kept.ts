/** Runs that keep the weights of their best epoch: whoever does so knows which one it is. */
import type { Loop, PythonModule } from '../python/module.js'
import type { Expr, If } from '../syntax/python-ast.js'
import { once } from '../text/once.js'

/** `if val_loss < best_loss: best_loss = val_loss` within a loop over epochs. */
export function keepsBest(python: PythonModule, { node }: Loop): boolean {
  return comparisons(python).some(({ start, end }) => node.start < start && end <= node.end)
}

/** Tests whether something is better than the best so far, which then takes its place. */
function comparisons(python: PythonModule): If[] {
  return once(python, 'best so far', () =>
    python.statements.filter((one): one is If => {
      if (one.type !== 'if') return false
      const test = textOf(python, one.test)
      if (!/best/i.test(test) || /train/i.test(test)) return false
      return one.body.some(
        (inner) =>
          inner.type === 'assign' &&
          inner.targets.some((target) => {
            const name = textOf(python, target)
            return /best/i.test(name) && test.includes(name)
          }),
      )
    }),
  )
}

function textOf({ text }: PythonModule, { start, end }: Expr): string {
  return text.slice(start, end)
}

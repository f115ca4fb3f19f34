/** Which networks each optimiser of a module updates. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'

/** As the code calls them: 'opt_d' → 'D', 'self.optimizer_G' → 'self.netG_A', 'self.netG_B'. */
export function optimizedNetworks(python: PythonModule): ReadonlyMap<string, ReadonlySet<string>> {
  return once(python, 'optimized networks', () => {
    const found = new Map<string, Set<string>>()
    for (const call of python.calls) {
      if (!makesOptimizer(call.name)) continue
      // One that is handed on at once has no name here.
      const name = call.assignedTo ?? `at ${call.expr.start}`
      const given = call.expr.args.find((one) => one.name === 'params') ?? call.expr.args[0]
      if (given === undefined) continue
      const networks = found.get(name) ?? new Set()
      for (const owner of parameterOwners(python, given.value, 0)) networks.add(owner)
      found.set(name, networks)
    }
    return found
  })
}

function makesOptimizer(name: string | null): boolean {
  return (
    name !== null &&
    /^(torch|torch_optimizer|bitsandbytes)\.(\w+\.)*optim\.(?!lr_scheduler)(\w+\.)*[A-Z]\w*$/.test(name)
  )
}

/** The networks whose parameters an expression gathers. */
function parameterOwners(python: PythonModule, expr: Expr, depth: number): string[] {
  if (
    expr.type === 'call' &&
    expr.callee.type === 'attribute' &&
    /^(named_)?parameters$/.test(expr.callee.attr)
  )
    return [networkText(python, expr.callee.value)]
  if (expr.type === 'name' && depth < 3) {
    const made = python.definition(expr)
    return made === expr ? [] : parameterOwners(python, made, depth + 1)
  }
  return childrenOf(expr).flatMap((child) => parameterOwners(python, child, depth))
}

/** As it is called: without what wraps it for several devices. */
export function networkText(python: PythonModule, expr: Expr): string {
  return python.text.slice(expr.start, expr.end).replace(/\.module$/, '')
}

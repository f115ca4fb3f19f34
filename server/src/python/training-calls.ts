/** Calls that are a part of a training step: backward passes, and steps of optimisers. */
import type { Expr } from '../syntax/python-ast.js'
import { once } from '../text/once.js'
import type { Call, PythonModule } from './module.js'

/** Names that optimisers are given. Schedulers, environments and profilers have a `step` too. */
const optimizerName =
  /(^|_)(opts?|optims?|optimi[sz]ers?|solvers?|scaler|adam|adamw|sgd)($|_|[A-Z\d])|(optimi[sz]er|optim|opt|Opt|Optim|Optimi[sz]er)(_?\w{0,3})$/
const notOptimizer = /sched|env|prof|writer|progress|timer|ema|lr_/i

/** Last identifier of an expression: `self.d_optimizer` gives 'd_optimizer'. */
export function lastIdentifier(expr: Expr): string {
  if (expr.type === 'name') return expr.id
  if (expr.type === 'attribute') return expr.attr
  if (expr.type === 'subscript') return lastIdentifier(expr.value)
  return ''
}

export function isBackward(call: Call): boolean {
  if (call.expr.callee.type !== 'attribute') return false
  if (call.method === 'backward' || call.method === 'manual_backward') return true
  return call.method === 'gradient' && /^(gt?|t)$|tape\w{0,2}$/i.test(lastIdentifier(call.expr.callee.value))
}

/** What says that the gradients of a call are differentiated once more; null: nothing. */
export function createdGraph({ expr }: Call): Expr | null {
  const given = expr.args.find((one) => one.name === 'create_graph')
  if (given === undefined) return null
  return given.value.type === 'constant' && given.value.value === false ? null : given.value
}

/** `self.model.backward(loss)`: an engine, whatever it is called, which takes the step as well. */
function takesLoss(python: Pick<PythonModule, 'calls' | 'text'>, receiver: Expr): boolean {
  const engines = once(python.calls, 'engines', () => {
    const found = new Set<string>()
    for (const { method, expr } of python.calls)
      if (method === 'backward' && expr.callee.type === 'attribute' && expr.args[0]?.name === null)
        found.add(python.text.slice(expr.callee.value.start, expr.callee.value.end))
    return found
  })
  return engines.has(python.text.slice(receiver.start, receiver.end))
}

export function isOptimizerStep(
  python: Pick<PythonModule, 'typeOf' | 'calls' | 'text'>,
  call: Call,
): boolean {
  if (call.expr.callee.type !== 'attribute') return false
  if (call.method === 'apply_gradients') return true
  if (call.method === 'update') return /^flax\.nnx\.(\w+\.)*(ModelAnd)?Optimizer$/.test(call.receiver ?? '')
  if (call.method !== 'step') return false
  const receiver = call.expr.callee.value
  const type = call.receiver ?? python.typeOf(receiver)
  if (type !== null) {
    if (type.includes('lr_scheduler') || type.includes('profiler')) return false
    if (type.startsWith('torch.optim.') || type === 'torch.amp.GradScaler' || type === 'deepspeed.Engine')
      return true
  }
  const name = lastIdentifier(receiver)
  // `self.parts[name]['optimizer'].step()`.
  const key =
    receiver.type === 'subscript' && receiver.index.type === 'constant' ? receiver.index.value : null
  const named = typeof key === 'string' && /opt|sched/i.test(key) ? key : name
  if (notOptimizer.test(named)) return false
  return optimizerName.test(named) || /engine$/.test(named) || takesLoss(python, receiver)
}

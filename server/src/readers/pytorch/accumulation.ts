/** Gradients that are accumulated over several backward passes before processes have to exchange them. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isBackward, isOptimizerStep } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { knownArgument, numberIn } from '../../values/argument.js'
import { codeText } from './evidence.js'
import { rhythmOf } from './guards.js'
import { callsIn } from './hot-code.js'
import { type Step, stepsOf } from './step-operations.js'

/** What exchanges gradients after each backward pass. */
export const wrappers = ['torch.nn.parallel.DistributedDataParallel', 'apex.parallel.DistributedDataParallel']

export interface Accumulation {
  step: Step
  backward: Call
  /** Backward passes for one step of the optimiser; null: not known. */
  count: number | null
}

const exchanging =
  /no_sync|require_backward_grad_sync|\.accumulate\(|set_requires_gradient_sync|no_backward_sync|backward_passes_per_step|set_is_last_backward/

export function accumulations(python: PythonModule): Accumulation[] {
  const fabric = fabricOfSeveral(python)
  if (!fabric && !python.uses(...wrappers, 'torch.distributed.fsdp.')) return []
  if (python.uses('accelerate.', 'deepspeed.', 'transformers.Trainer')) return []
  if (!fabric && python.uses('lightning.')) return []
  if (exchanging.test(codeText(python))) return []
  const around = [...python.importers, ...python.imported]
  if (around.some((module) => module.uses.some((use) => use === '.no_sync'))) return []
  const found: Accumulation[] = []
  for (const step of stepsOf(python)) {
    if (step.loop === null) continue
    let backward: { call: Call; guarded: boolean } | null = null
    let several = false
    const updates: { call: Call; guarded: boolean; test: Expr | null }[] = []
    for (const hot of step.code.statements)
      for (const expr of hot.expressions)
        for (const call of callsIn(python, expr)) {
          if (isBackward(call)) {
            if (backward !== null) several = true
            backward = { call, guarded: hot.guarded || hot.conditional }
          } else if (isOptimizerStep(python, call))
            updates.push({
              call,
              guarded: hot.guarded || hot.accumulated === true,
              test: testAround(step.loop, call),
            })
        }
    if (backward === null || several || backward.guarded || updates.length === 0) continue
    const { call } = backward
    if (updates.every((one) => one.guarded)) {
      const { test } = updates[0]!
      found.push({ step, backward: call, count: test === null ? null : rhythmOf(python, test) })
      continue
    }
    const inner = call.loops.at(-1)
    // Micro-batches in a loop of their own, the step behind it.
    if (inner === undefined || inner === step.loop || updates.some((one) => one.call.loops.includes(inner)))
      continue
    if (!step.loop.node.body.some((one) => one.start <= inner.node.start && inner.node.end <= one.end))
      continue
    const { trips } = inner
    found.push({
      step,
      backward: call,
      count: numberIn(trips),
    })
  }
  return found
}

/** Lightning Fabric that is told to use several processes. */
export function fabricOfSeveral(python: PythonModule): boolean {
  return python.callsTo('lightning.fabric.Fabric').some((call) => {
    const devices = python.argument(call, 'devices', 2)
    const strategy = python.argument(call, 'strategy', 1)
    const value = (given: typeof devices) => knownArgument(given) ?? null
    const count = value(devices)
    if ((typeof count === 'number' && count > 1) || (Array.isArray(count) && count.length > 1)) return true
    return /^(ddp|fsdp)/.test(String(value(strategy))) && count !== 1
  })
}

function testAround(loop: Loop, call: Call): Expr | null {
  let found: Expr | null = null
  const visit = (block: Loop['node']['body']): void => {
    for (const statement of block) {
      if (statement.start > call.expr.start || statement.end < call.expr.end) continue
      if (statement.type === 'if') {
        found = statement.test
        visit(statement.body)
        visit(statement.orelse)
      } else if (statement.type === 'for' || statement.type === 'while' || statement.type === 'with')
        visit(statement.body)
    }
  }
  visit(loop.node.body)
  return found
}

/** Whether a hand-written loop computes a metric over held-out data between its epochs. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'

const evaluationName = /(^|[_.])(eval|evaluate|valid|validate|validation|val|test|dev)([_.\d]|$)/i

/** A validation metric is computed between epochs. */
export function validates(python: PythonModule, outer: Loop): boolean {
  return (
    outer.effects.calls.has('.eval') ||
    validatingLoops(python).has(outer) ||
    comprehendsHeldOut(python, outer)
  )
}

/** `sum(loss_of(x, y) for x, y in val_loader)`. */
function comprehendsHeldOut(python: PythonModule, { node }: Loop): boolean {
  const body = python.code.slice(node.start, node.end)
  const sources = body.matchAll(/\bfor\b[^:\n]{0,100}?\bin\s+([\w.[\]'"]{1,100})\s*[)\]]/g)
  return [...sources].some(([, source]) => heldOut.test(source!) && ofBatches.test(source!))
}

/** Loops around a loop over evaluation data, or around a call that is named for it. */
function validatingLoops(python: PythonModule): Set<Loop> {
  return once(python, 'validating loops', () => {
    const found = new Set<Loop>()
    for (const loop of python.loops) {
      if (loop.role !== 'evaluate') continue
      for (let around = loop.parent; around !== null; around = around.parent) found.add(around)
    }
    for (const call of python.calls) {
      if (call.loops.length === 0 || call.method === 'eval') continue
      if (!evaluationName.test(call.method) && !takesHeldOut(python, call)) continue
      for (const loop of call.loops) found.add(loop)
    }
    for (const loop of python.loops) {
      if (loop.parent === null || loop.role !== 'other' || loop.node.type !== 'for') continue
      if (!heldOut.test(textIn(python, loop.node.iterable))) continue
      for (let around: Loop | null = loop.parent; around !== null; around = around.parent) found.add(around)
    }
    return found
  })
}

/** Held-out data by its name: `val_ds`, `loaders['valid']`, `self.dev_loader`. */
const heldOut =
  /(?<![a-z])(val|valid|validation|dev|test)(_?(loader|dl|ds|data|dataset|dataloader|set|iter|iterator|batches|gen|generator))?\b(?!\()/i

/** Names of batches: what they are of, their own or their variable's name tells. */
const ofBatches = /loader|(?<![a-z])d[ls](?![a-z])|data|set\b|iter|batches|gen/i

/** A value has these names as well: what it is made by has to tell. */
const shortName = /^(val|valid|test|dev)$/i
const splits = /load|split|dataset|batches|d[ls]\b/i

/** It hands held-out data to a function: `run_epoch(model, val_loader)`. */
function takesHeldOut(python: PythonModule, { method, expr: { args } }: Call): boolean {
  if (
    /^(print|append|format|info|debug|write|log|add|update|step|join|range|zip|enumerate|len)$/.test(method)
  )
    return false
  return args.some(({ value }) => {
    if (!/^(name|attribute|subscript)$/.test(value.type)) return false
    const here = textIn(python, value)
    if (!heldOut.test(here)) return false
    const made = textIn(python, python.definition(value))
    return shortName.test(here) ? splits.test(made) : ofBatches.test(here) || ofBatches.test(made)
  })
}

const textIn = (python: PythonModule, { start, end }: Expr) => python.code.slice(start, end)

/** What a run that goes on from a checkpoint does again, or does without. */

import { namesEpochs } from '../../python/epoch-names.js'
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { codeText } from './evidence.js'
import { isFirst, isLoad, optimizerName, optimizerState } from './loads-first.js'
import { findIn, textOf } from './numbered-files.js'
import { asksToResume, filesOf, isForGoingOn } from './resume.js'

export interface ResumeGap {
  /** 'the epochs': its loop counts from the first again; 'the optimiser': only weights are saved; 'the saved optimiser': only weights are loaded again. */
  misses: 'the epochs' | 'the optimiser' | 'the saved optimiser'
  place: Span
}

/** The gap between what a checkpoint brings back and what a loop over epochs needs to go on; null: none that is seen. */
export function resumeGap(python: PythonModule, outer: Loop): ResumeGap | null {
  const range = rangeOf(python, outer)
  if (range === null) return null
  const given = range.args.filter(({ name }) => name === null).map(({ value }) => value)
  const [first] = given
  if (first === undefined || given.length > 2) return null
  const place = { start: range.start, end: range.end }
  if (given.length === 2 && !isFixed(python, first)) return goesOnWithout(python, first, place)
  // A number of steps or of iterations may be what comes on top of what is done.
  if (outer.node.type !== 'for' || outer.node.target.type !== 'name' || !namesEpochs(outer.node.target.id))
    return null
  if (isCutShort(python, given.at(-1)!) || skipsPasses(python, outer)) return null
  if (restores(python, outer)) return { misses: 'the epochs', place }
  return leavesOptimizer(python) && readsWeightsFirst(python, outer)
    ? { misses: 'the saved optimiser', place }
    : null
}

/** `0`, or `initial_epoch = 0`, which nothing sets to another, not even where it does not run by default. */
function isFixed(python: PythonModule, first: Expr): boolean {
  if (first.type === 'constant') return true
  if (first.type !== 'name' || python.definition(first).type !== 'constant') return false
  const named = new RegExp(`(?<![\\w.])${first.id}\\b`)
  const setElsewhere = python.dead.some(({ start, end }) => named.test(python.text.slice(start, end)))
  return python.bindingsOf(first).length === 1 && !setElsewhere
}

/** `model.load_state_dict(torch.load(path))` above the loop, where the path may be that of any checkpoint. */
function readsWeightsFirst(python: PythonModule, outer: Loop): boolean {
  const { node } = outer
  // A switch that is off can be turned on.
  const off = python.dead.some(
    ({ start, end, condition: { test } }) =>
      test !== null &&
      test.type !== 'constant' &&
      end <= node.start &&
      readsWeights.test(python.text.slice(start, end)) &&
      !ofAnotherRun.test(textOf(python, test) + python.text.slice(start, end)),
  )
  if (off) return true
  return python.calls.some(
    (call) =>
      call.method === 'load_state_dict' &&
      call.function === outer.function &&
      call.expr.end < outer.node.start &&
      isFirst(python, call) &&
      filesOf(python, call).length === 0 &&
      !ofAnotherRun.test(codeText(python, call.statement.start, call.statement.end)) &&
      /\btorch\.load\(/.test(textOf(python, python.definition(call.expr.args[0]?.value ?? call.expr))),
  )
}

/** `range(epochs)`, also in `tqdm(range(epochs))`, or in a bar that is made before the loop. */
function rangeOf(python: PythonModule, { node }: Loop): (Expr & { type: 'call' }) | null {
  if (node.type !== 'for') return null
  const found = findIn(
    python.definition(node.iterable),
    (one) => one.type === 'call' && /^(x|t)?range$/.test(lastIdentifier(one.callee)),
  )
  return found?.type === 'call' ? found : null
}

/** `for epoch in range(epochs - done)`, whatever it is called. */
function isCutShort(python: PythonModule, end: Expr): boolean {
  const shown = textOf(python, end)
  const name = /[\w.]+/.exec(shown)?.[0] ?? ''
  const assigned = new RegExp(`(?<![\\w.])${name.replaceAll('.', '\\.')}\\s*(-?=)(?!=)(.*)`, 'g')
  const values = [...python.code.matchAll(assigned)].map(([, sign, value]) => `${sign} ${value}`)
  const text = [shown, textOf(python, python.definition(end)), ...values].join('\n')
  return /-|start|remain|left|resum|last|initial|done|begin|\bfrom_/i.test(text)
}

/** `if epoch < start: continue`, or a count of steps that ends the run. */
function skipsPasses(python: PythonModule, { node, effects }: Loop): boolean {
  if (effects.calls.has('skip_first_batches') || effects.calls.has('.skip_first_batches')) return true
  let skips = false
  const visit = (statement: Stmt, inside: boolean): void => {
    if (statement.type === 'continue') skips ||= !inside
    if (statement.type === 'if' && counted.test(textOf(python, statement.test)))
      skips ||= statement.body.some(({ type }) => /^(break|return|continue)$/.test(type))
    if (/^(function|class)$/.test(statement.type)) return
    const within = inside || /^(for|while)$/.test(statement.type)
    for (const block of blocksOf(statement)) for (const one of block) visit(one, within)
  }
  for (const one of node.body) visit(one, false)
  return skips
}

const counted = /step|iter|resum|start|skip|done/i

/** The state of a run comes back before the loop: that of its optimiser, what it is asked to resume, or the file that it writes itself. */
function restores(python: PythonModule, outer: Loop): boolean {
  const before = (call: Call) =>
    !call.loops.includes(outer) && (call.function !== outer.function || call.expr.start < outer.node.start)
  if (python.calls.some((call) => before(call) && restoresLatest(python, call))) return true
  const loads = python.calls.filter((call) => isLoad(call) && before(call) && isFirst(python, call))
  if (loads.some((call) => call.method === 'load_state_dict' && isOfOptimizer(python, call))) return true
  if (loads.some((call) => readsEpoch(python, call))) return true
  const beside = loads.filter(({ function: func }) => func === null || func === outer.function)
  if (beside.some((call) => asksToResume(python, call) && isForGoingOn(python, call))) return true
  return beside.some((call) => filesOf(python, call).some((file) => savedIn(python, outer).has(file)))
}

/** `checkpoint.restore(manager.latest_checkpoint)`: whatever it holds comes back with it, the optimiser mostly among it. */
function restoresLatest(python: PythonModule, { method, receiver, expr }: Call): boolean {
  if (method === 'restore_or_initialize') return true
  return (
    method === 'restore' &&
    (receiver === 'tensorflow.train.Checkpoint' || /ck?pt|checkpoint/i.test(textOf(python, expr.callee)))
  )
}

function isOfOptimizer(python: PythonModule, { expr: { callee } }: Call): boolean {
  return callee.type === 'attribute' && optimizerName.test(textOf(python, callee.value))
}

/** `self.epoch = state['epoch']` beside the weights: it is meant to go on, and what it remembers is not what the loop begins with. */
function readsEpoch(python: PythonModule, call: Call): boolean {
  if (call.method !== 'load_state_dict') return false
  const { function: func } = call
  const code = codeText(python, func?.node.start ?? 0, func?.node.end)
  return /^\s*[\w.]+\s*=\s*(int\()?\w+(\.get\(|\[)\s*["'](epochs?|cur(rent)?_epoch|last_epoch)["']/m.test(
    code,
  )
}

/** Names of the files that are written in the passes of a loop. */
function savedIn(python: PythonModule, outer: Loop): ReadonlySet<string> {
  const saves = outer.calls.filter(({ name }) => name === 'torch.save')
  return new Set(saves.flatMap((call) => filesOf(python, call)))
}

/** The loop goes on at a later epoch, with an optimiser that has a memory, of which nothing is saved. */
function goesOnWithout(python: PythonModule, first: Expr, place: Span): ResumeGap | null {
  if (!/epoch|start|begin/i.test(textOf(python, first)) || !/\bAdam|RMSprop|momentum\s*=/.test(python.code))
    return null
  const saves = python.callsTo('torch.save')
  if (saves.length === 0 || !python.uses('torch.load', '.load_state_dict')) return null
  const around = [...python.imported, ...python.importers].flatMap((module) => module.restores ?? [])
  if (around.some((name) => optimizerName.test(name))) return null
  if (saves.every(({ expr }) => isOfWeights(python, expr.args[0]?.value)))
    return optimizerState.test(python.code) ? null : { misses: 'the optimiser', place }
  return comesBack(python, first) && leavesOptimizer(python) ? { misses: 'the saved optimiser', place } : null
}

/** `start_epoch = state['epoch'] + 1`, `start = load(model)`: it goes on from what was saved, and not from an option. */
function comesBack(python: PythonModule, first: Expr): boolean {
  const name = /^[\w.]+$/.exec(textOf(python, first))?.[0]
  if (name === undefined) return false
  // The first start reads nothing, so the code that does may stand where it does not run by default.
  const given = new RegExp(
    `(?<![\\w.])${name.replaceAll('.', '\\.')}[ \\t]*=[^=\\n]*(\\w\\[["']|\\.get\\(|load\\w*\\()`,
  )
  return given.test(python.text)
}

/** Weights that a training begins with, and never writes. */
const ofAnotherRun = /pre_?train|imagenet|backbone|fine_?tun|init|["'][^"'\n]*\.(pth?|ckpt|bin)["']/i
const readsWeights = /\.load_state_dict\(\s*torch\.load\(/

/** `save_checkpoint(model, optimizer, epoch)` of another module, which saves. */
function handsOptimizerOver(python: PythonModule): boolean {
  return python.calls.some(
    ({ method, expr }) =>
      /save/i.test(method) &&
      expr.args.some(({ value }) => /(^|[._])opt/i.test(textOf(python, value))) &&
      python.importedFunction(expr.callee)?.calls.includes('torch.save') === true,
  )
}

/** It saves the state of its optimiser, and nothing here reads that back or is handed an optimiser to do so. */
function leavesOptimizer(python: PythonModule): boolean {
  const saves = /\boptim\w*\.state_dict\(\)/i.test(python.code) || handsOptimizerOver(python)
  if (!saves || !/\btorch\.load\(/.test(python.text)) return false
  const around = [...python.imported, ...python.importers].flatMap((module) => module.restores ?? [])
  if (around.some((name) => optimizerName.test(name))) return false
  if (/\bopt\w*(\.\w+|\[\w+\])*\.load_state_dict\b/i.test(python.text)) return false
  // `state['optimizer']` that is read, not written.
  if (/\[\s*["']\w*opt\w*["']\s*\](?!\s*=[^=])|\.get\(\s*["']\w*opt/i.test(python.code)) return false
  return !python.calls.some(
    ({ method, expr }) =>
      /load|restore|resum/i.test(method) &&
      expr.args.some(({ value }) => /(^|[._])opt/i.test(textOf(python, value))),
  )
}

/** `model.state_dict()`, and nothing beside it. */
function isOfWeights(python: PythonModule, what: Expr | undefined): boolean {
  if (what === undefined) return false
  const value = python.definition(what)
  return value.type === 'call' && value.callee.type === 'attribute' && value.callee.attr === 'state_dict'
}

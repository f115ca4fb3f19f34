/** Calls that write weights under a name which changes from pass to pass. */

import type { Call, HandedOn, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { lookUp } from '../../text/records.js'
import { mayBePassed, passedExpression } from '../../values/argument.js'
import { isStored, keptByManager, storedUnder, versionsOf } from './handed-over-files.js'

export interface Saving {
  call: Call
  /** What makes the names differ, as it stands in the loop. */
  path: Expr
  /** What is written, as far as it can be seen. */
  what: Expr[]
  /** As a message calls it. */
  key: string
}

type Parameter = readonly [keyword: string, position: number]

/** Functions of libraries: where they take the file, and what they write to it. */
const savingFunctions: Record<string, { path: Parameter; what: Parameter }> = {
  'torch.save': { path: ['f', 1], what: ['obj', 0] },
  'accelerate.Accelerator.save': { path: ['f', 1], what: ['obj', 0] },
  'safetensors.torch.save_file': { path: ['filename', 1], what: ['tensors', 0] },
  'safetensors.torch.save_model': { path: ['filename', 1], what: ['model', 0] },
  'torch_xla.core.xla_model.save': { path: ['file_or_path', 1], what: ['data', 0] },
}

/** Methods of networks and engines, whatever they are. */
const savingMethods: Record<string, Parameter> = {
  save_pretrained: ['save_directory', 0],
  save_weights: ['filepath', 0],
  save_state: ['output_dir', 0],
}

/** What is saved beside the weights takes no room. */
const besideWeights = /tok|proc|extractor|config|scheduler/i

/**
 * `torch.save(state, f'{epoch}.pt')`, `model.save_pretrained(path)`, what numbers its files by itself, or a function or
 * method of the project that does so with what it is given; null: it is none.
 *
 * @param isNew what else makes a name of its own in each pass
 * @param counters names of what changes from pass to pass: 'epoch', 'self.step'
 */
export function savingOf(
  python: PythonModule,
  call: Call,
  counters: ReadonlySet<string>,
  isNew: (path: Expr) => boolean = () => false,
): Saving | null {
  const saving = plainSaving(python, call) ?? numbering(python, call) ?? storing(python, call, counters)
  if (saving !== null)
    return saving.numbers || varies(python, saving.path, counters) || isNew(saving.path) ? saving : null
  return call.name === null ? ownSaving(python, call, counters) : null
}

function plainSaving(python: PythonModule, call: Call): (Saving & { numbers?: true }) | null {
  const { callee } = call.expr
  const method = lookUp(savingMethods, call.method)
  if (method !== undefined && callee.type === 'attribute') {
    if (besideWeights.test(textOf(python, callee.value))) return null
    const path = passedExpression(python.argument(call, ...method))
    return path === null ? null : { call, path, what: [], key: call.method }
  }
  const known = lookUp(savingFunctions, nameOf(call)) ?? lookUp(dumps, nameOf(call))
  if (known === undefined) return null
  const given = passedExpression(python.argument(call, ...known.path))
  const path = given === null ? null : openedBy(python, call, given)
  const what = passedExpression(python.argument(call, ...known.what))
  if (path === null || (what !== null && holdsResults(python, [what]))) return null
  return { call, path, what: what === null ? [] : [what], key: call.name ?? call.method }
}

/** What writes an object into a file that is open. */
const dumps: typeof savingFunctions = {
  'pickle.dump': { path: ['file', 1], what: ['obj', 0] },
  'joblib.dump': { path: ['filename', 1], what: ['value', 0] },
  'dill.dump': { path: ['file', 1], what: ['obj', 0] },
}

/** The name of the file behind a handle: `with open(path, 'wb') as f:`. */
function openedBy(python: PythonModule, { withs }: Call, given: Expr): Expr {
  if (given.type === 'call' && /^open$/.test(textOf(python, given.callee)))
    return given.args[0]?.value ?? given
  if (given.type !== 'name') return given
  for (const { items } of withs)
    for (const { value, target } of items)
      if (
        target?.type === 'name' &&
        target.id === given.id &&
        value.type === 'call' &&
        value.args[0] !== undefined
      )
        return value.args[0].value
  return given
}

/** What a function of a library writes; null: it is none that saves weights. */
export function contentOf(python: PythonModule, call: Call): Expr | null {
  return plainSaving(python, call)?.what[0] ?? null
}

function nameOf({ name, receiver, method }: Call): string {
  return name ?? (receiver === null ? '' : `${receiver}.${method}`)
}

/** A report of Ray's that a checkpoint goes with: it copies that to a folder of its own. */
const rayReport = /^ray\.(train|tune|air)\.(session\.)?report$/

/** It hands a folder to what stores it, wherever that lies. */
export function isHandedOver(call: Call): boolean {
  return rayReport.test(call.name ?? '') || isStored(call)
}

/** A copy elsewhere, a version in a store, or a manager that keeps all it is given. */
function storing(
  python: PythonModule,
  call: Call,
  counters: ReadonlySet<string>,
): (Saving & { numbers?: true }) | null {
  const kept = keptByManager(python, call)
  if (kept !== null) return { call, path: kept.path, what: [], key: kept.key, numbers: true }
  const version = versionsOf(python, call)
  if (version !== null) return { call, path: version, what: [], key: call.method, numbers: true }
  const path = storedUnder(python, call, (one) => varies(python, one, counters))
  return path === null
    ? null
    : { call, path, what: writtenBefore(python, call), key: call.name ?? call.method }
}

/** What the same function has written to a file that is handed over. */
function writtenBefore(python: PythonModule, call: Call): Expr[] {
  const saved = savingsByPath(python)
  return call.expr.args
    .flatMap(({ value }) => saved.get(textOf(python, value)) ?? [])
    .filter(({ call: { function: func, expr } }) => func === call.function && expr.start < call.expr.start)
    .flatMap(({ what }) => what)
}

function savingsByPath(python: PythonModule): Map<string, Saving[]> {
  return once(python, 'savings by path', () => {
    const found = new Map<string, Saving[]>()
    for (const call of python.calls) {
      const saving = plainSaving(python, call)
      if (saving === null) continue
      const path = textOf(python, saving.path)
      const before = found.get(path)
      if (before === undefined) found.set(path, [saving])
      else before.push(saving)
    }
    return found
  })
}

/** How many of what is reported are kept is said somewhere in this module, or may be said in another one. */
function isLimited(python: PythonModule): boolean {
  const configured = python.calls.some(({ name }) =>
    /^ray\.(\w+\.)*(RunConfig|\w*Trainer|Tuner)$/.test(name ?? ''),
  )
  const limits = python.calls.filter(({ name }) => /^ray\.(\w+\.)*CheckpointConfig$/.test(name ?? ''))
  return !configured || limits.some((call) => mayBePassed(python.argument(call, 'num_to_keep', 0)))
}

/** Without a `CheckpointManager`, a limit, or a tag of its own. */
function numbering(python: PythonModule, call: Call): (Saving & { numbers: boolean }) | null {
  if (call.method === 'save' && call.receiver === 'tensorflow.train.Checkpoint') {
    const path = passedExpression(python.argument(call, 'file_prefix', 0))
    return path === null ? null : { call, path, what: [], key: 'Checkpoint.save', numbers: true }
  }
  if (rayReport.test(call.name ?? '')) {
    const checkpoint = passedExpression(python.argument(call, 'checkpoint', null))
    return checkpoint === null || isLimited(python)
      ? null
      : { call, path: checkpoint, what: [], key: 'num_to_keep', numbers: true }
  }
  if (call.method === 'save_checkpoint' && call.receiver === 'deepspeed.Engine') {
    const folder = passedExpression(python.argument(call, 'save_dir', 0))
    const tag = passedExpression(python.argument(call, 'tag', 1))
    return folder === null
      ? null
      : { call, path: tag ?? folder, what: [], key: 'save_checkpoint', numbers: tag === null }
  }
  return null
}

/** A function of the project that makes the name of the file from what it is given: `save(model, epoch)`. */
function ownSaving(python: PythonModule, call: Call, counters: ReadonlySet<string>): Saving | null {
  const handed = python.handsOn(call.expr.callee)
  const given = ({ parameter, index }: HandedOn): Expr | null =>
    passedExpression(python.argument(call, parameter, index))
  const isArgument = ({ name, position }: HandedOn, [keyword, index]: Parameter): boolean =>
    name === keyword || position === index
  for (const [name, { path, what }] of Object.entries(savingFunctions)) {
    const there = handed.filter(({ to }) => to === name)
    if (there.length === 0) continue
    const written = there.filter((one) => isArgument(one, what)).flatMap((one) => given(one) ?? [])
    // Nothing shows what it writes.
    if (
      written.length === 0 &&
      !inOwn(python, call) &&
      !/model|net|state|ckpt|checkpoint|weight/i.test(call.method)
    )
      continue
    const whole = there.every((one) => !isArgument(one, what) || one.part === undefined)
    if (written.length > 0 && whole && holdsResults(python, written)) continue
    for (const one of there) {
      if (!isArgument(one, path)) continue
      const naming = given(one)
      if (naming === null) continue
      const counts = one.attribute !== undefined && progress.test(one.attribute)
      if ((counts && !isConfiguration(python, naming)) || varies(python, naming, counters))
        return { call, path: naming, what: written, key: call.method }
    }
  }
  return ofItself(python, call, counters)
}

/** A function of this module writes what may be a checkpoint. */
function inOwn(python: PythonModule, { expr }: Call): boolean {
  return python.functionOf(expr.callee)?.calls.some((inner) => plainSaving(python, inner) !== null) ?? false
}

/** A method that makes the name from what its object counts: `self.epoch`. */
function ofItself(python: PythonModule, call: Call, counters: ReadonlySet<string>): Saving | null {
  const func = python.functionOf(call.expr.callee)
  if (func === null || func.class === null) return null
  const held = new Set([...counters].filter((name) => name.includes('.')))
  for (const inner of func.calls) {
    const saving = inner.conditional ? null : plainSaving(python, inner)
    if (saving !== null && varies(python, saving.path, held)) return { ...saving, key: call.method }
  }
  return null
}

/** Predictions and losses are no checkpoints. */
function holdsResults(python: PythonModule, what: readonly Expr[]): boolean {
  return what.every((one) => {
    const text = textOf(python, one)
    return (
      !/model|net|state|(?<!pre)dict|ckpt|checkpoint|weight|param|optim|self|encoder|decoder|module/i.test(
        text,
      ) && !isNetwork(python, one)
    )
  })
}

/** `torch.save({'val': curve}, path)`: predictions and scores, from which no run goes on. */
export function writesResults(python: PythonModule, call: Call): boolean {
  const what = writers.test(nameOf(call)) ? passedExpression(python.argument(call, 'obj', 0)) : null
  if (what === null) return false
  const content = python.definition(what)
  if (content.type !== 'dict') return results.test(textOf(python, what)) && holdsResults(python, [content])
  return (
    content.entries.length > 0 &&
    content.entries.every(({ key, value }) => key !== null && holdsResults(python, [key, value]))
  )
}

const writers = /^(torch\.save|pickle\.dump|joblib\.dump)$/
const results = /result|metric|pred|loss|hist|score|curve|(^|_)log|stat(s|istic)|output|embed|feature/i

/** Something else takes its parameters, or switches it between training and evaluation. */
function isNetwork(python: PythonModule, expr: Expr): boolean {
  const name = dotted(expr)
  return name !== null && once(python, 'used as networks', () => usedAsNetworks(python)).has(name)
}

function usedAsNetworks({ code }: PythonModule): Set<string> {
  const uses = code.matchAll(/(?<![\w.])(\w+(?:\.\w+)?)\.(?:parameters|state_dict|train|eval)\(/g)
  return new Set([...uses].map((match) => match[1]!))
}

/** What an object is at: `state.step`. */
const progress = /^(global|current|cur|total|num)?_?(step|epoch|iter|iteration)$/

function isConfiguration(python: PythonModule, owner: Expr): boolean {
  return /(^|[._])(args?|opts?|options?|cfg|conf|config|hp|hparams|params|flags)$/i.test(
    textOf(python, owner),
  )
}

/** It changes with one of the counters, followed through names. */
export function varies(python: PythonModule, expr: Expr, counters: ReadonlySet<string>, depth = 4): boolean {
  const name = dotted(expr)
  if (name !== null && counters.has(name)) return true
  if (expr.type === 'name' && depth > 0) {
    const made = python.definition(expr)
    if (made !== expr) return varies(python, made, counters, depth - 1)
  }
  return childrenOf(expr).some((child) => varies(python, child, counters, depth))
}

/** `epoch`, `self.epoch`. */
export function dotted(expr: Expr): string | null {
  if (expr.type === 'name') return expr.id
  return expr.type === 'attribute' && expr.value.type === 'name' ? `${expr.value.id}.${expr.attr}` : null
}

/** The first part of an expression that is such a one; null: none is. */
export function findIn(expr: Expr, wanted: (one: Expr) => boolean): Expr | null {
  if (wanted(expr)) return expr
  for (const child of childrenOf(expr)) {
    const found = findIn(child, wanted)
    if (found !== null) return found
  }
  return null
}

export const textOf = (python: PythonModule, { start, end }: Expr) => python.text.slice(start, end)

/** Loaders whose samples lie on the accelerator already: worker processes and pinned memory would fail there. */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { isResident, makesResidentData } from '../../python/resident-data.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import { once } from '../../text/once.js'
import { callsIn, hotCode } from './hot-code.js'
import { usesAny } from './library-uses.js'

/** Libraries around a loop that move its batches by themselves. */
export const moving = ['accelerate.Accelerator', 'lightning.', 'deepspeed.', 'torch_xla.', 'ignite.']

/** By what the data set is made of. */
export function liesOnAccelerator(python: PythonModule, dataset: Expr): boolean {
  const made = python.definition(dataset)
  if (made.type === 'call') return isResident(python, made)
  // Whoever passes the data set in makes it elsewhere: in this program, of tensors on the accelerator.
  return isPassedIn(made) && residentAround(python)
}

/** The same, or by the loop, which hands its batches on without a copy. */
export function isResidentFor(python: PythonModule, loader: Call, dataset: Expr): boolean {
  if (liesOnAccelerator(python, dataset)) return true
  return !usesAny(python, moving) && takenAsTheyAre(python, loader)
}

function isPassedIn(made: Expr): boolean {
  return made.type === 'name' || made.type === 'attribute' || made.type === 'subscript'
}

function residentAround(python: PythonModule): boolean {
  return once(
    python,
    'resident data',
    () =>
      makesResidentData(python) ||
      [...python.importers, ...python.programs].some(({ residentData }) => residentData === true),
  )
}

/** `loss_fn(model(x), y)` in the loop over the loader, where nothing is copied: the targets lie where the outputs do. */
function takenAsTheyAre(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  if (assignedTo === null) return false
  return python.loops.some(
    (loop) =>
      loop.function === func &&
      loop.role === 'train' &&
      loop.node.type === 'for' &&
      iterated(loop.node.iterable).some(({ start, end }) => python.text.slice(start, end) === assignedTo) &&
      copiesNothing(python, loop),
  )
}

/** `enumerate(tqdm(loader))`: what only counts or shows its batches is looked through. */
function iterated(expr: Expr): Expr[] {
  if (expr.type !== 'call') return [expr]
  return /^(enumerate|tqdm|zip|islice|track)$/.test(lastIdentifier(expr.callee))
    ? expr.args.flatMap(({ value }) => iterated(value))
    : []
}

const copies = /^(to|cuda|ipu|xpu|mps|prepare\w*)$|device|gpu|cuda|move|transfer|send/i

const losses = /^torch\.nn\.(functional\.|(modules\.(\w+\.)+)?\w+Loss$)/

function copiesNothing(python: PythonModule, loop: Loop): boolean {
  if (loop.node.type !== 'for') return false
  const given = namesIn(loop.node.target)
  const calls = hotCode(python, loop.node.body, loop.function).statements.flatMap(({ expressions }) =>
    expressions.flatMap((expr) => callsIn(python, expr)),
  )
  if (calls.some(({ method }) => copies.test(method))) return false
  return calls.some(({ name, expr }) => {
    const target = expr.args[1]?.value
    const loss = losses.test(name ?? python.typeOf(expr.callee) ?? '')
    return loss && target?.type === 'name' && given.includes(target.id)
  })
}

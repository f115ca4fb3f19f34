/** Data sets whose tensors lie on the accelerator from the start. */
import type { Expr } from '../syntax/python-ast.js'
import { putsOnDevice, toDevice } from './device-moves.js'
import type { Klass, PythonModule } from './module.js'
import { lastIdentifier } from './training-calls.js'

const depthLimit = 6

/** It makes a data set of tensors that lie on the accelerator, or a module of the project that it imports does. */
export function makesResidentData(python: PythonModule): boolean {
  return (
    python.calls.some(({ expr }) => isDataSet(python, expr.callee) && isResident(python, expr)) ||
    python.imported.some(({ residentData }) => residentData === true)
  )
}

/** Its constructor moves the samples to the accelerator, takes nothing back from there, and a sample is only taken out of them. */
export function movesSamples(python: PythonModule, klass: Klass): boolean {
  const made = klass.methods.get('__init__')
  if (made === undefined) return false
  const { calls } = python.effectsOfFunction(made)
  const moves = (calls.has(toDevice) || calls.has('.cuda')) && !calls.has('.cpu') && !calls.has('.numpy')
  const item = klass.methods.get('__getitem__')
  return moves && (item === undefined || !fetches([...python.effectsOfFunction(item).calls]))
}

/** A sample that is read from a file, or moved by itself, lies nowhere before: what the constructor moved is a transform. */
const fetches = (calls: readonly string[]): boolean =>
  calls.some((one) => one === toDevice || one === '.cuda' || readsFile.test(one))
const readsFile =
  /^open$|^(\w+\.)+(open|load(?!s\b)\w*|imread|read|read_\w+|decode_\w+|dcmread|ReadImage|AudioSegment|VideoCapture|VideoReader)$/

function isDataSet(python: PythonModule, callee: Expr): boolean {
  if (/Data_?[sS]et$/.test(lastIdentifier(callee))) return true
  const bases = python.classOf(callee)?.bases ?? python.importedClass(callee)?.bases ?? []
  return (
    bases.includes('torch.utils.data.Dataset') || python.nameOf(callee) === 'torch.utils.data.TensorDataset'
  )
}

/** The data set, or one of the tensors that it is made of, lies on the accelerator. */
export function isResident(python: PythonModule, dataset: Expr): boolean {
  const made = python.definition(dataset)
  if (made.type !== 'call') return false
  const klass = python.classOf(made.callee)
  const item = klass?.methods.get('__getitem__')
  const taken = item === undefined ? [] : [...python.effectsOfFunction(item).calls]
  if (fetches(klass === null ? (python.importedClass(made.callee)?.items ?? []) : taken)) return false
  if (klass !== null ? movesSamples(python, klass) : python.importedClass(made.callee)?.resident === true)
    return true
  // A class that is told the device and is seen to move nothing only remembers it.
  const seen = klass !== null || python.importedClass(made.callee) !== null
  return made.args.some(({ name, value }) =>
    name === 'device' ? !seen && isAccelerator(python, value) : liesOnDevice(python, value, 0),
  )
}

function isAccelerator({ code }: PythonModule, { start, end }: Expr): boolean {
  return !/cpu/.test(code.slice(start, end))
}

function liesOnDevice(python: PythonModule, expr: Expr, depth: number): boolean {
  if (depth > depthLimit) return false
  if (expr.type === 'starred' || expr.type === 'subscript') return liesOnDevice(python, expr.value, depth + 1)
  if (expr.type === 'name') {
    // What is bound last before the place holds there.
    const last = python
      .bindingsOf(expr)
      .filter(({ at }) => at <= expr.start)
      .at(-1)
    if (last === undefined || last.kind !== 'assign' || last.value === null) return false
    const [position, deeper] = last.unpack ?? []
    const part =
      position !== undefined && deeper === undefined && last.value.type === 'tuple'
        ? last.value.items[position]
        : last.value
    return part !== undefined && liesOnDevice(python, part, depth + 1)
  }
  if (expr.type !== 'call') return false
  const call = python.callAt(expr)
  if (call === null) return false
  if (/^(cpu|numpy|tolist)$/.test(call.method)) return false
  // `network, _, preprocess = open_clip.create_model_and_transforms(name, device=device)`: what prepares pictures lies nowhere.
  if (/^(open_clip|clip)\./.test(call.name ?? '')) return false
  const told = expr.args.some(({ name, value }) => name === 'device' && isAccelerator(python, value))
  if (call.method === 'cuda' || putsOnDevice(call, python.text) || told) return true
  return expr.callee.type === 'attribute' && liesOnDevice(python, expr.callee.value, depth + 1)
}

/** Pictures that Keras reads from a folder and shrinks in each epoch. Source: keras 3.5, legacy/preprocessing/image.py. */
import { functionAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { feedsByName } from '../pytorch/loader-use.js'
import { pipelineOf } from '../tensorflow/pipeline.js'
import { argumentOf, kerasArguments, kerasFits } from './fits.js'
import { isOfImageGenerator } from './image-generators.js'

/** What `flow_from_directory`, `flow_from_dataframe` and `image_dataset_from_directory` make of each picture where nobody says. */
const usualSize = [256, 256]
/** Pictures that are asked for at fewer pixels mostly have no more. */
const smallest = 100

/** @param target what a change of it would be */
export function claimFolderPictures(python: PythonModule, target: ChangeTarget, claims: ClaimBuilder): void {
  const seen = new Set<Call>()
  for (const fit of kerasFits(python)) {
    const found = flowOf(python, fit)
    if (found === null || seen.has(found.at) || (found.flow !== null && !shrinks(found.python, found.flow)))
      continue
    const { at, method } = found
    seen.add(at)
    const place = calleePlace(at)
    const site = callSite(at, target)
    const epochs = effective(kerasArguments(python, fit, claims).get('epochs'))
    const work = claimPreparedAgain(claims, {
      keeper: /^flow_/.test(method) ? 'target_size' : 'cache',
      key: method,
      steps: [{ what: method, location: claims.locate(place) }],
      epochs: typeof epochs === 'number' ? epochs : null,
      overlapped: true,
      place,
      site,
      scope: at.function?.qualified ?? '',
      evidence: trainingEvidence(python),
      apart: 'target_size',
    })
    work.known('transformation', method, 'smaller pictures', place, { site })
  }
}

interface Flow {
  /** What gives the pictures, here. */
  at: Call
  /** Null: in a module whose code is not at hand. */
  flow: Call | null
  method: string
  /** The module that it stands in. */
  python: PythonModule
}

/** `ImageDataGenerator(…).flow_from_directory(folder)`, which the training goes through, or a function of another module that makes it. */
function flowOf(python: PythonModule, fit: Call): Flow | null {
  const data = passedExpression(argumentOf(python, fit, 'x'))
  if (data === null) return null
  const folder = folderOf(python, data)
  if (folder !== null) return folder
  const value = madeBy(python, data)
  const call = value.type === 'call' ? python.callAt(value) : null
  if (call === null) return null
  if (isFlow(call)) return flowFrom(call, python)
  const maker = functionAt(python, call.expr.callee)
  const flows = maker?.python.calls.filter(
    (one) => one.function?.node === maker.func.node && isFlow(one) && partOf(one) !== 'evaluation',
  )
  const [flow] = flows ?? []
  if (maker !== null)
    return flow === undefined ? null : { at: call, flow, method: flow.method, python: maker.python }
  const calls = python.importedFunction(call.expr.callee)?.calls ?? []
  const method = calls.map((one) => one.slice(one.lastIndexOf('.') + 1)).find((one) => flowing.test(one))
  return method === undefined ? null : { at: call, flow: null, method, python }
}

const partOf = ({ assignedTo }: Call) => feedsByName(assignedTo ?? '')

/** `image_dataset_from_directory(folder)`, of which nothing that follows keeps anything. */
function folderOf(python: PythonModule, data: Expr): Flow | null {
  const pipeline = pipelineOf(python, data)
  const { source, sourceCall, steps } = pipeline ?? { source: null, sourceCall: null, steps: [] }
  if (source === null || sourceCall === null || !/\.image_dataset_from_directory$/.test(source)) return null
  if (pipeline?.complete !== true || pipeline.sources.length > 1) return null
  return steps.some(({ method }) => keeps.test(method)) ? null : flowFrom(sourceCall, python)
}

const keeps = /^(cache|snapshot|save|from_generator)$/

const flowing = /^flow_from_(directory|dataframe)$/

const flowFrom = (call: Call, python: PythonModule): Flow => ({
  at: call,
  flow: call,
  method: call.method,
  python,
})

/** Of one generator of several, it is not known which; no other library has a method of this name. */
const isFlow = (call: Call): boolean =>
  flowing.test(call.method) && (isOfImageGenerator(call) || (call.receiver === null && call.name === null))

/** `train, valid = make_pictures()`: the call. */
function madeBy(python: PythonModule, data: Expr): Expr {
  const value = python.definition(data)
  if (value.type !== 'name') return value
  const [binding, other] = python.bindingsOf(value)
  return binding?.kind === 'assign' && binding.value !== null && other === undefined ? binding.value : value
}

function shrinks(python: PythonModule, flow: Call): boolean {
  const given = /^flow_/.test(flow.method)
    ? python.argument(flow, 'target_size', flow.method === 'flow_from_directory' ? 1 : 5)
    : python.argument(flow, 'image_size', 6)
  const written = passedExpression(given)
  const size = knownArgument(given) ?? (written === null ? usualSize : byDefault(python, written))
  // A size that cannot be read is mostly that of a published network.
  if (size === undefined) return true
  return (
    Array.isArray(size) &&
    size.length === 2 &&
    size.every((edge) => typeof edge === 'number' && edge >= smallest)
  )
}

/** What a parameter is where nothing is passed for it. */
function byDefault(python: PythonModule, expr: Expr): unknown {
  const [binding, other] = expr.type === 'name' ? python.bindingsOf(expr) : []
  return binding?.kind === 'param' && other === undefined && binding.value !== null
    ? effective(python.fold(binding.value))
    : undefined
}

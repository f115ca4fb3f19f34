/** Pictures that Keras reads from a folder and shrinks in each epoch. Source: keras 3.5, legacy/preprocessing/image.py. */
import type { Call, PythonModule } from '../../python/module.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { argumentOf, kerasArguments, kerasFits } from './fits.js'
import { isOfImageGenerator } from './image-generators.js'

/** What `flow_from_directory` and `flow_from_dataframe` make of each picture where nobody says. */
const usualSize = [256, 256]
/** Pictures that are asked for at fewer pixels mostly have no more. */
const smallest = 100

/** @param target what a change of it would be */
export function claimFolderPictures(python: PythonModule, target: ChangeTarget, claims: ClaimBuilder): void {
  const seen = new Set<Call>()
  for (const fit of kerasFits(python)) {
    const flow = flowOf(python, fit)
    if (flow === null || seen.has(flow) || !shrinks(python, flow)) continue
    seen.add(flow)
    const place = calleePlace(flow)
    const site = callSite(flow, target)
    const epochs = effective(kerasArguments(python, fit, claims).get('epochs'))
    const work = claimPreparedAgain(claims, {
      keeper: 'target_size',
      key: flow.method,
      steps: [{ what: flow.method, location: claims.locate(place) }],
      epochs: typeof epochs === 'number' ? epochs : null,
      overlapped: true,
      place,
      site,
      scope: flow.function?.qualified ?? '',
      evidence: trainingEvidence(python),
      apart: 'target_size',
    })
    work.known('transformation', flow.method, 'smaller pictures', place, { site })
  }
}

/** `ImageDataGenerator(…).flow_from_directory(folder)`, which the training goes through. */
function flowOf(python: PythonModule, fit: Call): Call | null {
  const data = passedExpression(argumentOf(python, fit, 'x'))
  const value = data === null ? null : python.definition(data)
  const call = value?.type === 'call' ? python.callAt(value) : null
  const ofFolder = call !== null && /^flow_from_(directory|dataframe)$/.test(call.method)
  return ofFolder && isOfImageGenerator(call) ? call : null
}

function shrinks(python: PythonModule, flow: Call): boolean {
  const given = python.argument(flow, 'target_size', flow.method === 'flow_from_directory' ? 1 : 5)
  const size = knownArgument(given) ?? (passedExpression(given) === null ? usualSize : null)
  return (
    Array.isArray(size) &&
    size.length === 2 &&
    size.every((edge) => typeof edge === 'number' && edge >= smallest)
  )
}

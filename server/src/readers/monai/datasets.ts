/**
 * Data sets of MONAI that read and resample the same volumes in each epoch, where its own kinds keep what comes before the
 * first random transform. Source: MONAI 1.3, data/dataset.py (`Dataset`, `PersistentDataset`).
 */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal } from '../../edit/write.js'
import { possibleAt, resultAt } from '../../python/definition-places.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { ValuePlace } from '../../python/possible.js'
import { numberArgument, numberIn, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writtenList } from '../../values/written-list.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf, rangeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { onlyEpochs } from '../pytorch/data-loader.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { feedsByName, feedsOf } from '../pytorch/loader-use.js'
import { defineReader, type FragmentFacts } from '../reader.js'

const dataset = /^monai\.data\.(dataset\.)?Dataset$/
const caching = /^monai\.data\.(dataset\.)?(Smart)?CacheDataset$/
/** Shares of the volumes up to which most are made anew all the same. */
const littleKept = 0.5
const loader = /^(monai|torch\.utils)\.data\.([\w.]+\.)?DataLoader$/
const compose = /^monai\.transforms\.([\w.]+\.)?Compose$/
/** Unpacks a file, or resamples the whole volume. */
const costly =
  /^(LoadImage|Spacing|Orientation|Resize|Zoom|Affine|ResampleToMatch|ScaleIntensityRangePercentiles)/
/** Computes each voxel anew. */
const respaces = /^(Spacing|Resize|Zoom|Affine|ResampleToMatch|SpatialResample)/
/** Asks for the affine matrix of the volume, which newer versions leave out of what they keep (`track_meta=False`). */
const asksForMetadata = /^(Spacing|Orientation|ResampleToMatch|SpatialResample|SaveImage)/

export const monaiDatasetReader = defineReader({
  name: 'monai-dataset',
  languages: ['python'],
  triggers: ['monai'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined || python.evidence.role === 'test') return
    for (const call of python.calls)
      if (dataset.test(call.name ?? '') || keepsLittle(python, call)) readDataset(python, call, claims)
      else if (caching.test(call.name ?? '')) readThrownAway(python, call, claims)
  },
  change: keepOnDisk,
})

function readDataset(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const steps = (transformsOf(python, call)?.fixed ?? []).filter(({ method }) => costly.test(method))
  if (!steps.some(({ method }) => method.startsWith('LoadImage')) || !isTrainedOn(python, call)) return
  const epochs = onlyEpochs(python)
  claimPreparedAgain(claims, {
    keeper: 'cache_dir',
    key: 'transform',
    // What stands in another module is shown where its data set is made.
    steps: steps.map((one) => ({
      what: one.method,
      location: claims.locate(calleePlace(python.callAt(one.expr) === one ? one : call)),
    })),
    epochs: epochs === null ? null : numberIn(epochs.trips),
    dear: steps.some(({ method }) => respaces.test(method)),
    overlapped: true,
    place: calleePlace(call),
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence: trainingEvidence(python),
    apart: 'volumes',
  })
}

/** A cache that each epoch fills anew: `for epoch in …: data = CacheDataset(…)`. */
function readThrownAway(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const epochs = call.loops.find(({ role }) => role === 'epoch')
  if (epochs === undefined || !isTrainedOn(python, call)) return
  const place = calleePlace(call)
  claimPreparedAgain(claims, {
    keeper: 'cache_dir',
    key: 'transform',
    steps: [{ what: call.method, location: claims.locate(place) }],
    epochs: numberIn(epochs.trips),
    overlapped: false,
    place,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence: trainingEvidence(python),
    apart: 'volumes',
  })
}

interface Transforms {
  /** Those before the first that draws, or that is not of MONAI: they give the same each time. */
  fixed: Call[]
  rest: Call[]
}

/** `CacheDataset(files, transforms, cache_rate=0.1)`. */
function keepsLittle(python: PythonModule, call: Call): boolean {
  const rate = caching.test(call.name ?? '')
    ? numberArgument(python.argument(call, 'cache_rate', null))
    : null
  return rate !== null && rate <= littleKept
}

/** Null: the list of transforms is not seen. */
function transformsOf(python: PythonModule, call: Call): Transforms | null {
  const transform = passedExpression(python.argument(call, 'transform', 1))
  if (transform === null) return null
  // A class of the program makes data sets of several parts: that of the training draws.
  const all = (possibleAt(python, transform) ?? [{ python, expr: transform }]).flatMap(
    (place) => transformsAt(place) ?? [],
  )
  return all.find(({ rest }) => rest.length > 0) ?? all[0] ?? null
}

/** The same of one pipeline, also where a function of another module makes it. */
function transformsAt(place: ValuePlace): Transforms | null {
  const { python, expr } = resultAt(place.python, place.expr)
  const composed = python.callOf(expr)
  const given =
    composed === null || !compose.test(composed.name ?? '')
      ? null
      : passedExpression(python.argument(composed, 'transforms', 0))
  const list = given === null ? null : writtenList(python, given)
  if (list === null) return null
  const all = list.items.map((item) => python.callOf(item))
  const drawn = all.findIndex(
    (one) => one?.name?.startsWith('monai.transforms.') !== true || /^Rand/.test(one.method),
  )
  const calls = (part: typeof all) => part.filter((one) => one !== null)
  return drawn < 0
    ? { fixed: calls(all), rest: [] }
    : { fixed: calls(all.slice(0, drawn)), rest: calls(all.slice(drawn)) }
}

function isTrainedOn(python: PythonModule, call: Call): boolean {
  const loaders = python.calls.filter((one) => {
    const given = loader.test(one.name ?? '') ? passedExpression(python.argument(one, 'dataset', 0)) : null
    return given !== null && python.callOf(given) === call
  })
  if (loaders.length > 0) return loaders.some((one) => feedsOf(python, one) === 'training')
  return [call.assignedTo, ...namesOutside(python, call)].some(
    (name) => name !== null && feedsByName(name) === 'training',
  )
}

/** What callers call what the function around it hands out, or the object whose constructor makes it. */
function namesOutside(python: PythonModule, { function: func }: Call): (string | null)[] {
  if (func === null) return []
  const { class: klass, name } = func
  const sites = klass !== null && name === '__init__' ? python.constructionsOf(klass) : python.callSites(func)
  return [
    ...(sites ?? []).map(({ assignedTo }) => assignedTo),
    ...python.outsideCalls(func).map(({ usedAs }) => usedAs),
  ]
}

function keepOnDisk(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (call.expr.args.some(({ star }) => star > 0)) return byHand(claim)
  if (caching.test(call.name ?? ''))
    return {
      reason:
        'keep a larger share (`cache_rate`), or what comes before the first random transform on disk (PersistentDataset)',
    }
  const needy = transformsOf(python, call)?.rest.find(({ method }) => asksForMetadata.test(method))
  if (needy !== undefined)
    return {
      reason: `${needy.method} comes after the first random transform, and needs metadata that is not kept`,
    }
  const range = rangeOf(facts, call)
  const use = { path, fragment: range.fragment, offset: call.expr.start }
  const spelled = nameFor(python.tree, 'monai.data', 'PersistentDataset', use)
  return changeOf(
    'Keep what comes before the first random transform in .cache/monai (PersistentDataset); empty it when these transforms change',
    [
      { kind: 'rename callee', path, call: range, to: spelled.text },
      { kind: 'set keyword', path, call: range, name: 'cache_dir', value: "'.cache/monai'" },
    ],
    { imports: spelled.import === null ? [] : [spelled.import] },
  )
}

/** `tf.data` pipelines that decode or read the same elements again in each epoch, since nothing behind it keeps them. */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ChangeTarget } from '../../text/change-target.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { convert } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { append, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { argumentOf, kerasArguments, kerasFits } from '../keras/fits.js'
import { claimPreparedAgain } from '../prepared-again.js'
import { codeMatches } from '../pytorch/evidence.js'
import { epochLoopOf } from '../pytorch/loop-facts.js'
import type { FragmentFacts } from '../reader.js'
import { handedOut } from './handed-out.js'
import { moveBehind } from './late-cache.js'
import { type Mapped, mappedOf } from './mapped.js'
import { methodPlace, type Pipeline, pipelineOf } from './pipeline.js'

export const uncached: ChangeTarget = { kind: 'call', role: 'uncached steps' }

/** Work for each element that is worth keeping. */
const costly = /^(decodes|reads files|computes|unpacks|runs a model)/
const keeps = /^(cache|snapshot)$/
/** What no memory and few disks hold decoded. */
const tooLarge = /imagenet|open_?images|laion|places365|kinetics|youtube8m|webvid/i
const drawsOrder = /^(shuffle|repeat|apply|sample_from_datasets)$/

export interface Repeated {
  /** The last step of which every pass gives the same. */
  call: Call
  mapped: Mapped
  pipeline: Pipeline
  /** What keeps the elements too early: before the step, when there is little more to keep than the names of files. */
  early: Call | null
  /** Null: a loop of the program's own goes through it, or another module fits on what a function here returns. */
  fit: Call | null
}

/** The steps of pipelines of the program that a training goes through in each epoch. */
export function repeatedSteps(python: PythonModule): Repeated[] {
  if (codeMatches(python, tooLarge)) return []
  const found = new Map<Call, Repeated>()
  for (const fit of kerasFits(python)) {
    const data = passedExpression(argumentOf(python, fit, 'x'))
    if (data === null) continue
    const one = repeatedIn(python, data, fit)
    if (one !== null && !found.has(one.call)) found.set(one.call, one)
  }
  for (const loop of python.loops) {
    if (loop.role !== 'train' || loop.node.type !== 'for' || epochLoopOf(python, loop) === null) continue
    const one = repeatedIn(python, loop.node.iterable, null)
    if (one !== null && !found.has(one.call)) found.set(one.call, one)
  }
  if (found.size === 0) {
    for (const data of handedOut(python, /^\.(cache|snapshot)$/)) {
      const one = repeatedIn(python, data, null)
      if (one !== null && !found.has(one.call)) found.set(one.call, one)
    }
  }
  return [...found.values()]
}

function repeatedIn(python: PythonModule, data: Expr, fit: Call | null): Repeated | null {
  const pipeline = pipelineOf(python, data)
  if (pipeline === null || !pipeline.complete) return null
  const kept = pipeline.steps.map((step) => keeps.test(step.method)).lastIndexOf(true)
  if (kept >= 0 && !isCheapBefore(python, pipeline, kept)) return null
  const early = pipeline.steps[kept] ?? null
  let last: Repeated | null = null
  for (const call of pipeline.steps.slice(kept + 1)) {
    if (call.method !== 'map') continue
    const mapped = mappedOf(python, call)
    // Behind a step that draws random numbers nothing is the same.
    if (mapped === null || !mapped.known || (mapped.stateful !== null && !mapped.repeats)) break
    // What is not seen comes behind the smaller picture, which is the same in any case.
    if (mapped.opaque !== null && !mapped.resizes) break
    if (mapped.does !== null && costly.test(mapped.does)) last = { call, mapped, pipeline, early, fit }
  }
  return last
}

/** Sources that read nothing of what the elements name. */
const listing = /\.(from_tensors|from_tensor_slices|list_files|range|zip)$/

/** Encoded pictures take less memory than decoded ones, so whoever keeps what was read may have meant to. */
function isCheapBefore(python: PythonModule, { sources, steps }: Pipeline, end: number): boolean {
  return (
    sources.every((name) => listing.test(name)) &&
    steps.slice(0, end).every((step) => {
      if (/^(interleave|flat_map|apply)$/.test(step.method)) return false
      if (step.method !== 'map') return true
      const mapped = mappedOf(python, step)
      return mapped?.known === true && (mapped.does === null || !costly.test(mapped.does))
    })
  )
}

export function claimRepeated(
  python: PythonModule,
  { call, mapped, fit, early }: Repeated,
  evidence: Evidence,
  claims: ClaimBuilder,
): void {
  const epochs =
    fit === null ? undefined : effective(convert(kerasArguments(python, fit, claims).get('epochs'), asNumber))
  const place = methodPlace(call)
  const site = callSite(call, uncached)
  const shown = mapped.name === null ? `${call.method}(…)` : `${call.method}(${mapped.name})`
  const work = claimPreparedAgain(claims, {
    keeper: 'cache',
    key: shown,
    steps: [{ what: shown, location: claims.locate(place) }],
    epochs: epochs ?? null,
    // A model takes as long as the training.
    overlapped: mapped.does !== 'runs a model',
    place,
    site,
    scope: call.function?.qualified ?? '',
    evidence,
    apart: 'cache',
  })
  if (mapped.opaque !== null) work.known('transformation', shown, 'smaller pictures', place, { site })
  if (early !== null) work.known('transformation', early.method, 'kept too early', place, { site })
}

/** Keeps the elements behind the step. */
export function changeUncached(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  const repeated = repeatedSteps(python).find((one) => one.call === call)
  if (repeated === undefined)
    return {
      reason: /^(flow_from_|image_dataset_from)/.test(call.method)
        ? 'a script of its own has to make the smaller pictures'
        : 'the pipeline has changed',
    }
  const { opaque } = repeated.mapped
  if (opaque !== null)
    return { reason: `${opaque}() may draw, so only what stands before it can be kept, in a map of its own` }
  if (repeated.early !== null) return moveBehind(facts, repeated.pipeline.steps, repeated.early, call)
  const before = repeated.pipeline.steps.slice(0, repeated.pipeline.steps.indexOf(call))
  const order = before.find((step) => drawsOrder.test(step.method))
  if (order !== undefined)
    return {
      reason: `${order.method}() stands before it: put it behind the cache, or every epoch has one order`,
    }
  const { source, sourceCall, steps } = repeated.pipeline
  const listing = /\.list_files$/.test(source ?? '') && sourceCall !== null
  const ordered = listing && knownArgument(python.argument(sourceCall, 'shuffle', 1)) === false
  if (listing && !ordered && !steps.some((step) => step.method === 'shuffle'))
    return {
      reason: 'list_files() draws the order: shuffle() behind the cache, or every epoch has one order',
    }
  return changeOf('Keep the elements in memory after the first epoch (.cache())', [
    append(facts, call, '.cache()'),
  ])
}

/** Katib experiments (kubeflow.org/v1beta1, before that v1alpha3). Keys and defaults: the Go types of katib. */

import { at, entry, items, map, number, text, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { distinctCount, katibDoubleSize, katibIntSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, DrawnDimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand, unsafeChange } from '../change-answer.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimDrawn, type Locate, range } from '../search/drawn.js'
import {
  type KubernetesObject,
  manifestLanguages,
  objectsIn,
  objectsOf,
  placeOf,
  specPlace,
} from './objects.js'
import { acceleratorsOf } from './pod.js'
import { jobId } from './workload.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  tpe: 'bayesian',
  'multivariate-tpe': 'bayesian',
  bayesianoptimization: 'bayesian',
  hyperband: 'hyperband',
}

/** `spec.parallelTrialCount` where it is not given. */
const parallelByDefault = 3

/** Algorithms that are told by their own settings how many trials there are, or that never stop one. */
const others = /^(hyperband|pbt|enas|darts)$/

export const katibReader = defineReader({
  name: 'katib',
  languages: manifestLanguages,
  triggers: ['kubeflow.org/v1beta1', 'kubeflow.org/v1alpha3'],
  read(facts, _context, claims) {
    for (const object of objectsIn(facts)) {
      if (object.kind === 'Experiment' && /^kubeflow\.org\/v1(beta1|alpha3)$/.test(object.version))
        readExperiment(claims, object)
    }
  },
  change: changeExperiment,
})

function readExperiment(claims: ClaimBuilder, object: KubernetesObject): void {
  const spec = at(object.root, 'spec')
  const specAt = specPlace(object)
  const algorithm = entry(at(spec, 'algorithm'), 'algorithmName')
  if (specAt === null || algorithm === undefined) return
  const name = text(algorithm.value)
  const keys = [...object.base, 'spec']
  const site: Place = { ...specAt, keys }
  const place: Place = { ...placeOf(algorithm.value), document: object.document.index, keys }
  const trial = at(spec, 'trialTemplate', 'trialSpec')
  const search = claims.subject(
    'Search',
    place,
    text(at(object.root, 'metadata', 'name')) ?? 'Experiment',
    evidenceOf(trial),
    // Judged with what one of its trials does.
    trialJob(claims, object),
  )
  const strategy = convert(nodeValue(algorithm.value, place, claims, { site }), (value) =>
    typeof value === 'string' ? (lookUp(strategies, value) ?? 'other') : undefined,
  )
  search.say('strategy', 'algorithmName', strategy)
  search.known('unit', 'trialTemplate', 'job', place)
  search.known('folds', 'trialTemplate', 1, place)
  const parameters = at(spec, 'parameters')
  if (items(parameters).length > 0) {
    const grids = [items(parameters).map(dimensionOf)]
    search.known('space', 'parameters', { grids, ...gridSize(grids) }, placeOf(parameters!))
    if (name !== 'grid')
      claimDrawn(
        search,
        'parameters',
        items(parameters).map((one) => drawnOf(one, (span) => claims.locate(span))),
        placeOf(parameters!),
      )
  }
  search.known('alternatives', 'algorithmName', ['bayesian'], place)
  claimCount(search, 'trialCap', 'maxTrialCount', at(spec, 'maxTrialCount'), null, site)
  // A goal that is reached ends the search before its cap.
  if (at(spec, 'maxTrialCount') === undefined && at(spec, 'objective', 'goal') !== undefined)
    search.unknown('trialCap', 'maxTrialCount', 'the goal of the objective may end it', site, { site })
  claimCount(
    search,
    'parallelism',
    'parallelTrialCount',
    at(spec, 'parallelTrialCount'),
    parallelByDefault,
    site,
  )
  claimStopping(search, spec, name, site)
  search.known('persisted', 'Experiment', true, place)
  search.known(
    'metric',
    'objectiveMetricName',
    text(at(spec, 'objective', 'objectiveMetricName')) ?? null,
    place,
  )
  const goal = at(spec, 'objective', 'type')
  const way = text(goal)
  if (goal !== undefined && (way === 'minimize' || way === 'maximize'))
    search.known('goal', 'type', way, { start: goal.start, end: goal.end })
}

/** The job of its trials; null: another template says what they are. */
function trialJob(claims: ClaimBuilder, object: KubernetesObject): string | null {
  const trial = objectsOf(object.document).find(
    (one) => one.trial && object.base.every((key, index) => one.base[index] === key),
  )
  return trial === undefined ? null : jobId(claims, trial)
}

function claimCount(
  search: SubjectBuilder<'Search'>,
  setting: 'trialCap' | 'parallelism',
  key: string,
  node: ConfigNode | undefined,
  byDefault: number | null,
  site: Place,
): void {
  const count = convert(nodeValue(node, site, search.locator, { site }), asQuotedNumber)
  search.say(setting, key, orDefault(count, byDefault))
}

function claimStopping(
  search: SubjectBuilder<'Search'>,
  spec: ConfigNode | undefined,
  name: string | undefined,
  site: Place,
): void {
  const stopping = at(spec, 'earlyStopping')
  if (stopping !== undefined) {
    search.known('earlyTermination', 'earlyStopping', true, placeOf(stopping), { site })
    const rule = text(at(stopping, 'algorithmName'))
    if (rule !== undefined && readsOutput(spec)) search.known('stopsByOutput', 'earlyStopping', rule, site)
    return
  }
  if (name === undefined || others.test(name)) return
  if (readsOutput(spec)) {
    search.known('stopsByOutput', 'earlyStopping', 'medianstop', site)
    if (name !== 'grid') search.known('terminationGapIfReported', 'earlyStopping', noStopping, site)
  }
  search.default('earlyTermination', 'earlyStopping', false, site, { site })
  // The change of a grid brings it along.
  const epochs = stoppableEpochs(spec)
  if (name === 'grid' || epochs === null) return
  search.known('trialSteps', 'trialSpec', { what: 'epochs', count: epochs }, site)
  search.known('terminationGap', 'earlyStopping', noStopping, site)
}

const noStopping = 'the experiment has no earlyStopping'

/** The collector reads what the program prints, as it does where none is given. */
function readsOutput(spec: ConfigNode | undefined): boolean {
  const collector = at(spec, 'metricsCollectorSpec')
  return (
    collector === undefined ||
    (text(at(collector, 'collector', 'kind')) === 'StdOut' && at(collector, 'source') === undefined)
  )
}

/** Epochs of a trial that could end early; null: none are seen, or its metrics arrive when all is over. */
function stoppableEpochs(spec: ConfigNode | undefined): number | null {
  const collector = text(at(spec, 'metricsCollectorSpec', 'collector', 'kind'))
  if (collector !== undefined && !/^(StdOut|File)$/.test(collector)) return null
  return epochsOf(at(spec, 'trialTemplate', 'trialSpec'))
}

/** Every text of the trial: images, words of commands. */
function textsOf(node: ConfigNode | undefined, into: string[] = [], depth = 0): string[] {
  if (node === undefined || depth > 40 || into.length > 2000) return into
  if (node.kind === 'list') for (const item of node.items) textsOf(item, into, depth + 1)
  else if (node.kind === 'map') for (const one of node.entries) textsOf(one.value, into, depth + 1)
  else {
    const found = node.kind === 'unknown' ? node.text : written(node)
    if (found !== undefined) into.push(found)
  }
  return into
}

function epochsOf(trial: ConfigNode | undefined): number | null {
  const texts = textsOf(trial)
  for (const [index, one] of texts.entries()) {
    const match = /--?(?:num[-_]?|n[-_]?|max[-_]?)?epochs?(?:[= ]+(\d+))?/.exec(one)
    if (match === null) continue
    const value = match[1] ?? (/^\d+$/.test(texts[index + 1] ?? '') ? texts[index + 1] : undefined)
    if (value !== undefined) return Number(value)
  }
  return null
}

const toys: [RegExp, string][] = [
  [/fashion-?mnist/i, 'Fashion-MNIST'],
  [/mnist/i, 'MNIST'],
  [/cifar/i, 'CIFAR'],
  [/\biris\b/i, 'Iris'],
  [/titanic/i, 'Titanic'],
]

function evidenceOf(trial: ConfigNode | undefined): Evidence {
  const all = textsOf(trial).join('\n')
  return {
    role: 'job',
    accelerator: holdsAccelerators(trial) ? 'gpu' : 'none',
    small: toys.find(([pattern]) => pattern.test(all))?.[1] ?? null,
    notebook: false,
  }
}

/** A pod specification with accelerators anywhere in the template of a trial. */
function holdsAccelerators(node: ConfigNode | undefined, depth = 0): boolean {
  if (node === undefined || depth > 12) return false
  if (node.kind === 'list') return node.items.some((one) => holdsAccelerators(one, depth + 1))
  if (node.kind !== 'map') return false
  return acceleratorsOf(node) !== null || node.entries.some((one) => holdsAccelerators(one.value, depth + 1))
}

/** `feasibleSpace` gives its numbers as texts. */
function dimensionOf(parameter: ConfigNode): Dimension {
  const name = text(at(parameter, 'name')) ?? '?'
  const space = at(parameter, 'feasibleSpace')
  const choices = at(space, 'list')
  if (choices !== undefined) {
    if (choices.kind !== 'list') return { name, size: null }
    const values = choices.items.map((one): Json => number(one) ?? written(one) ?? null)
    return { name, size: distinctCount(values), values }
  }
  const min = number(at(space, 'min'))
  const max = number(at(space, 'max'))
  const step = at(space, 'step')
  const by = step === undefined ? null : number(step)
  if (min === undefined || max === undefined || by === undefined) return { name, size: null }
  const type = text(at(parameter, 'parameterType'))
  const size =
    type === 'int' ? katibIntSize(min, max, by) : type === 'double' ? katibDoubleSize(min, max, by) : null
  return { name, size }
}

/** Katib draws uniformly where no distribution is named. Source: Katib 0.18, `FeasibleSpace`. */
function drawnOf(parameter: ConfigNode, locate: Locate): DrawnDimension | null {
  const name = text(at(parameter, 'name'))
  const space = at(parameter, 'feasibleSpace')
  const [low, high] = [number(at(space, 'min')), number(at(space, 'max'))]
  if (name === undefined || space === undefined || low === undefined || high === undefined) return null
  const distribution = text(at(space, 'distribution')) ?? 'uniform'
  if (!/^(uniform|logUniform)$/.test(distribution)) return null
  const scale = distribution === 'uniform' ? 'linear' : 'logarithmic'
  return range(name, low, high, scale, space, locate)
}

/** Shorter trials end before a comparison tells anything. */
const fewEpochs = 5

const medianStop = {
  algorithmName: 'medianstop',
  algorithmSettings: [
    { name: 'min_trials_required', value: '3' },
    { name: 'start_step', value: '5' },
  ],
}

function changeExperiment(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { document: index, keys, fragment } = claim.site
  const spec = at(facts.config?.documents[index ?? 0]?.root, ...(keys ?? []))
  if (index === undefined || keys === undefined || map(spec) === undefined)
    return { reason: 'the manifest has changed' }
  const set = (path: (string | number)[], data: unknown, after?: string): Write => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document: index,
    keys: [...keys, ...path],
    value: data,
    ...(after === undefined || entry(spec, after) === undefined ? {} : { after }),
  })
  const stop = set(['earlyStopping'], medianStop, 'algorithm')
  switch (claim.setting) {
    case 'strategy': {
      const { trials } = value as { trials: number }
      const writes = [
        set(['algorithm', 'algorithmName'], 'tpe'),
        set(['maxTrialCount'], trials, 'parallelTrialCount'),
      ]
      // A list of settings belongs to the algorithm that it was written for.
      if (at(spec, 'algorithm', 'algorithmSettings') !== undefined)
        return { reason: 'algorithmSettings belong to the grid: choose tpe and its settings by hand' }
      const stops = at(spec, 'earlyStopping') === undefined && (stoppableEpochs(spec) ?? 0) >= fewEpochs
      if (stops) writes.push(stop)
      const early = stops ? ', weak ones stopped early' : ''
      return unsafeChange(`Search by tpe, at most ${trials} trials${early}`, writes)
    }
    case 'trialCap':
      return unsafeChange(`Stop after ${value} trials: maxTrialCount: ${value}`, [
        set(['maxTrialCount'], value, 'parallelTrialCount'),
      ])
    case 'parallelism':
      return unsafeChange(`Run ${value} trials at a time: parallelTrialCount: ${value}`, [
        set(['parallelTrialCount'], value),
      ])
    case 'earlyTermination':
      return unsafeChange('Stop weak trials early: earlyStopping with medianstop', [stop])
    default:
      return byHand(claim)
  }
}

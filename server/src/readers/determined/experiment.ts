/**
 * Experiments of Determined: YAML files for `det experiment create`. Keys and defaults: determined,
 * schemas/expconf/v0/{experiment,searcher-*,hyperparameter-*,resources}.json.
 */
import {
  at,
  boolean,
  entries,
  entry,
  items,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { distinctCount, integerSize } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource, nodeValue } from '../../values/config-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { type Keys, keyedPlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'

/** `single` runs one trial; `custom` is a program of its own. */
const searchers =
  /^(single|custom|grid|random|adaptive|adaptive_simple|adaptive_asha|async_halving|sync_halving)$/
const strategies: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  adaptive: 'hyperband',
  adaptive_simple: 'hyperband',
  adaptive_asha: 'hyperband',
  async_halving: 'halving',
  sync_halving: 'halving',
}

const parallelByDefault = 16
const restartsByDefault = 5
const slotsByDefault = 1

/** Programs that are started once for each value of a grid, to work through a list rather than to search. */
const fanOut =
  /(^|[/_\s.-])(infer\w*|inference|generat\w*|predict\w*|eval\w*|bench\w*|perf\w*|process\w*|embed\w*)([/_\s.-]|$)/i

const machineSettings = settingTable('Compute', {
  gpus: { keys: [['resources', 'slots_per_trial']], parse: asQuotedNumber, otherwise: slotsByDefault },
  retries: { keys: ['max_restarts'], parse: asQuotedNumber, otherwise: restartsByDefault },
})

export const determinedReader = defineReader({
  name: 'determined',
  title: 'Determined',
  settings: [machineSettings],
  languages: ['yaml', 'python'],
  triggers: ['searcher:', 'latest_checkpoint'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) readExperiment(claims, context, document)
    if (facts.python !== undefined && facts.fragment.index === 0) readResumption(facts.python, claims)
  },
  change: changeExperiment,
})

function readExperiment(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  const searcher = entry(root, 'searcher')
  const name = entry(searcher?.value, 'name')
  const strategy = text(name?.value)
  if (root === undefined || searcher === undefined || name === undefined || strategy === undefined) return
  if (!searchers.test(strategy) || entry(root, 'entrypoint') === undefined) return
  const job = `${claims.path}#${document.index}:experiment`
  readMachines(claims, document, root, strategy, job)
  const entrypoint = commandOf(at(root, 'entrypoint'))
  if (entrypoint !== undefined) {
    claimScript(claims, context, {
      node: at(root, 'entrypoint')!,
      text: entrypoint,
      job,
      folder: '',
      nodes: null,
      machine: null,
    })
  }
  if (strategy === 'single' || strategy === 'custom') return
  if (fanOut.test(entrypoint ?? '') || fanOut.test(claims.path)) return
  const place = keyedPlace(name.value, document.index, ['searcher'])
  readSearch(claims, { root, searcher: searcher.value, strategy, place, job })
}

/** A command line; a trial by its class (`model_def:MyTrial`) is none. */
function commandOf(node: ConfigNode | undefined): string | undefined {
  if (node?.kind !== 'list') {
    const line = textWithTemplates(node)
    return line !== undefined && /\s/.test(line.trim()) ? line : undefined
  }
  const words = node.items.map((one) => written(one) ?? null)
  return words.includes(null)
    ? undefined
    : words
        .map((one) => (/^[\w@%+=:,./-]+$/.test(one!) ? one : `'${one!.replaceAll("'", "'\\''")}'`))
        .join(' ')
}

function readMachines(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  strategy: string,
  job: string,
): void {
  const resources = entry(root, 'resources')
  const asked = entry(resources?.value, 'slots_per_trial')
  const carrier = asked ?? resources ?? entry(root, 'entrypoint')!
  const place = keyedPlace({ start: carrier.keyStart, end: carrier.keyEnd }, document.index, [])
  const slots = asked === undefined ? slotsByDefault : number(asked.value)
  const evidence: Evidence = {
    role: 'job',
    // A machine without accelerators is one slot.
    accelerator: slots === 0 ? 'none' : (slots ?? 1) > 1 ? 'gpu' : 'maybe',
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', place, text(at(root, 'name')) ?? 'experiment', evidence, job)
  compute.known('provider', 'searcher', 'other', place)
  const source = (shown: Place) =>
    new ConfigSource(root, claims, { document: document.index, keys: [], shown })
  machineSettings.claim(compute, source(place), {}, ['gpus'])
  if (strategy !== 'single') compute.known('trials', 'searcher', true, place)
  const pool = text(at(resources?.value, 'resource_pool'))
  if (pool !== undefined && pool !== '') compute.known('poolName', 'resource_pool', pool, place)
  const entrypoint = entry(root, 'entrypoint')!
  const command = keyedPlace({ start: entrypoint.keyStart, end: entrypoint.keyEnd }, document.index, [])
  machineSettings.claim(compute, source(command), {}, ['retries'])
}

interface Searched {
  root: ConfigMap
  searcher: ConfigNode
  strategy: string
  place: Place
  job: string
}

function readSearch(claims: ClaimBuilder, { root, searcher, strategy, place, job }: Searched): void {
  const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }
  const search = claims.subject('Search', place, text(at(root, 'name')) ?? 'experiment', evidence, job)
  search.known('strategy', 'name', lookUp(strategies, strategy)!, place)
  search.known('unit', 'searcher', 'run', place)
  search.known('folds', 'searcher', 1, place)
  const grids = [dimensionsOf(at(root, 'hyperparameters'))]
  if (grids[0]!.length > 0) search.known('space', 'hyperparameters', { grids, ...gridSize(grids) }, place)
  search.known('alternatives', 'name', ['halving'], place)
  const count = (key: string) =>
    convert(nodeValue(at(searcher, key), place, claims, { site: place }), asQuotedNumber)
  // The number of trials is required where the searcher takes one.
  const trials: Given<number | null> = count('max_trials')
  if (strategy !== 'grid') search.say('trialCap', 'max_trials', orDefault(trials, null))
  // Zero: as many as the cluster takes.
  const atOnce = convert(count('max_concurrent_trials'), (value) => (value === 0 ? null : value))
  search.say('parallelism', 'max_concurrent_trials', orDefault(atOnce, parallelByDefault))
  search.known('persisted', 'searcher', true, place)
  search.known('metric', 'metric', text(at(searcher, 'metric')) ?? null, place)
  const smaller = at(searcher, 'smaller_is_better')
  const way = smaller === undefined ? true : boolean(smaller)
  const shown = smaller ?? at(searcher, 'metric')
  if (way !== undefined && shown !== undefined) {
    const at_ = { start: shown.start, end: shown.end }
    if (smaller === undefined) search.default('goal', 'smaller_is_better', 'minimize', at_)
    else search.known('goal', 'smaller_is_better', way ? 'minimize' : 'maximize', at_)
  }
  const stops = strategy !== 'grid' && strategy !== 'random'
  if (stops) search.known('earlyTermination', 'name', true, place)
  else search.default('earlyTermination', 'name', false, place)
  const length = lengthOf(at(searcher, 'max_length'))
  if (stops || length === null) return
  search.known('trialSteps', 'max_length', length, place)
  if (strategy !== 'random') return
  search.known('terminationGap', 'name', '`random` trains each one up to its max_length', place)
}

/** `max_length: {epochs: 50}`, `{batches: 1000}`, or a bare number of batches. */
function lengthOf(node: ConfigNode | undefined): SearchSettings['trialSteps'] | null {
  const epochs = number(at(node, 'epochs'))
  if (epochs !== undefined) return { what: 'epochs', count: epochs }
  const batches = number(at(node, 'batches')) ?? number(node)
  return batches === undefined ? null : { what: 'steps', count: batches }
}

/** Hyperparameters may be grouped in maps; what has no `type` of its own is fixed. */
function dimensionsOf(node: ConfigNode | undefined, prefix = '', depth = 0): Dimension[] {
  if (depth > 8) return []
  return entries(node).flatMap(({ key, value }): Dimension[] => {
    const name = prefix + key
    if (value.kind === 'unknown') return [{ name, size: null }]
    const type = text(at(value, 'type'))
    const isParameter = type !== undefined && /^(categorical|int|double|log|const)$/.test(type)
    if (value.kind !== 'map' || type === 'const') return [{ name, size: 1 }]
    if (!isParameter) return dimensionsOf(value, `${name}.`, depth + 1)
    return [{ name, ...sizeOf(type, value) }]
  })
}

function sizeOf(type: string, value: ConfigNode): { size: number | null; values?: Json[] } {
  if (type === 'categorical') {
    const choices = items(at(value, 'vals'))
    const values = choices.map((one, index): Json => written(one) ?? `#${index}`)
    return choices.length === 0 ? { size: null } : { size: distinctCount(values), values }
  }
  const count = number(at(value, 'count'))
  const [min, max] = [number(at(value, 'minval')), number(at(value, 'maxval'))]
  const all = type === 'int' && min !== undefined && max !== undefined ? integerSize(min, max) : null
  if (count === undefined) return { size: all }
  return { size: all === null ? count : Math.min(count, all) }
}

/** A trial that is restarted is told its last checkpoint; the trainers of the library go on from it by themselves. */
function readResumption(python: PythonModule, claims: ClaimBuilder): void {
  if (![...python.imports].some((name) => /^determined(\.|$)/.test(name))) return
  const place = { start: 0, end: 0 }
  const program = claims.extend('Program')
  if (python.code.includes('latest_checkpoint'))
    program.known('resumes', 'latest_checkpoint', true, place, { channel: 'launch environment' })
}

function changeExperiment(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const root = facts.config?.documents[claim.site.document ?? 0]?.root
  const set = (keys: Keys, data: Json | undefined, after?: string) =>
    after === undefined ? { keys, value: data } : { keys, value: data, after }
  const searcher = at(root, 'searcher')
  switch (claim.setting) {
    case 'retries':
      return writeKeys(
        claim,
        facts,
        `Restart a failed trial at most ${value === 1 ? 'once' : `${value} times`}`,
        [set(['max_restarts'], value as number, 'entrypoint')],
      )
    case 'gpus':
      return writeKeys(claim, facts, `Request ${value} ${value === 1 ? 'slot' : 'slots'}`, [
        set(['resources', 'slots_per_trial'], value as number),
      ])
    case 'parallelism':
      return writeKeys(claim, facts, `Run ${value} trials at a time`, [
        set(['searcher', 'max_concurrent_trials'], value as number),
      ])
    case 'strategy': {
      const { configurations } = gridSize([dimensionsOf(at(root, 'hyperparameters'))])
      return adaptive(claim, facts, searcher, configurations)
    }
    case 'earlyTermination':
      return adaptive(claim, facts, searcher, null)
    default:
      return byHand(claim)
  }
}

/** @param trials as many as before; null: `max_trials` is there */
function adaptive(
  claim: Claim,
  facts: FragmentFacts,
  searcher: ConfigNode | undefined,
  trials: number | null,
): Change | Refusal {
  if (at(searcher, 'max_length') === undefined)
    return {
      reason:
        'adaptive_asha also needs time_metric and max_time, and how long a trial runs its script decides',
    }
  const writes = [{ keys: ['searcher', 'name'] as Keys, value: 'adaptive_asha' as Json }]
  if (trials !== null) writes.push({ keys: ['searcher', 'max_trials'], value: trials })
  return writeKeys(claim, facts, 'Stop weak trials early (adaptive_asha)', writes)
}

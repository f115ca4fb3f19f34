/**
 * Operations and components of Polyaxon. Source: Polyaxon 2.x, "Specification" (matrix, termination, container) and
 * "Automation, Optimization Engine".
 */
import {
  at,
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
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import { lookUp } from '../../text/records.js'
import { ConfigSource } from '../../values/config-source.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension, SearchSettings } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { claimScript } from '../job-script.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'

const strategies: Record<string, SearchSettings['strategy']> = {
  grid: 'grid',
  random: 'random',
  bayes: 'bayesian',
  hyperband: 'hyperband',
}

const limits = settingTable('Compute', {
  timeLimit: {
    keys: [['termination', 'timeout']],
    parse: asQuotedNumber,
    otherwise: null,
    write: (seconds) => seconds,
    title: (_, written) => `End a run after ${written} seconds: termination.timeout`,
  },
  retries: { keys: [['termination', 'maxRetries']], parse: asQuotedNumber, otherwise: 0 },
})

const searchSettings = settingTable('Search', {
  trialCap: { keys: [['matrix', 'numRuns']], parse: asQuotedNumber },
  parallelism: { keys: [['matrix', 'concurrency']], parse: asQuotedNumber },
})

export const polyaxonReader = defineReader({
  name: 'polyaxon',
  title: 'Polyaxon',
  settings: [limits, searchSettings],
  languages: ['yaml'],
  triggers: ['kind: operation', 'kind: component'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) readDocument(claims, context, document)
  },
  change: changeOperation,
})

function readDocument(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  const kind = text(at(root, 'kind'))
  if (root === undefined || (kind !== 'operation' && kind !== 'component')) return
  const component = kind === 'component' ? root : map(at(root, 'component'))
  const container = at(component, 'run', 'container')
  const job = `${claims.path}#${document.index}:polyaxon`
  const gpus = gpusOf(container)
  if (component !== undefined && container !== undefined)
    readRun(claims, context, { document, root, component, container, gpus, job })
  if (kind === 'operation')
    readMatrix(claims, document, root, { job, onGpu: (gpus?.count ?? 0) > 0, line: lineOf(container) })
}

interface Run {
  document: ConfigDocument
  root: ConfigMap
  component: ConfigMap
  container: ConfigNode
  gpus: Gpus | null
  job: string
}

interface Gpus {
  count: number | null
  node: ConfigNode
}

function gpusOf(container: ConfigNode | undefined): Gpus | null {
  const resources = at(container, 'resources')
  for (const part of ['limits', 'requests']) {
    const asked = entries(at(resources, part)).find(({ key }) => key === 'nvidia.com/gpu')
    if (asked !== undefined) {
      const count = number(asked.value) ?? Number(text(asked.value) ?? Number.NaN)
      return { count: Number.isInteger(count) ? count : null, node: asked.value }
    }
  }
  return null
}

function lineOf(container: ConfigNode | undefined): string {
  const words = ['command', 'args'].flatMap((key) => {
    const value = at(container, key)
    return value?.kind === 'list' ? items(value) : value === undefined ? [] : [value]
  })
  return words.map((one) => textWithTemplates(one) ?? written(one) ?? '').join(' ')
}

function readRun(claims: ClaimBuilder, context: ReaderContext, run: Run): void {
  const { document, root, component, container, gpus, job } = run
  const carrier = gpus?.node ?? container
  const place = keyedPlace({ start: carrier.start, end: carrier.end }, document.index, [])
  const count = gpus === null ? 0 : gpus.count
  const evidence: Evidence = {
    role: 'job',
    accelerator: count === 0 ? 'none' : 'gpu',
    small: null,
    notebook: false,
  }
  const compute = claims.subject('Compute', place, text(at(root, 'name')) ?? 'operation', evidence, job)
  compute.known('provider', 'kind', 'kubernetes', place)
  if (count === null) compute.unknown('gpus', 'nvidia.com/gpu', 'a variable', place)
  else compute.known('gpus', 'nvidia.com/gpu', count, place)
  compute.known('trials', 'matrix', at(root, 'matrix') !== undefined, place)
  // What people work in, or what answers requests, has no end of its own.
  if (text(at(component, 'run', 'kind')) === 'service') compute.known('service', 'kind', true, place)
  const holder = at(root, 'termination') === undefined && root !== component ? component : root
  const keys = holder === root ? [] : ['component']
  const shown = { start: place.start, end: place.end }
  const source = new ConfigSource(holder, claims, { document: document.index, keys, shown })
  const presets = entry(root, 'presets') ?? entry(component, 'presets')
  // They may set a limit.
  if (presets === undefined || at(holder, 'termination') !== undefined)
    limits.claim(compute, source, context.versions)
  else compute.unknown('timeLimit', 'termination', 'presets', place)
  const command = at(container, 'command') ?? at(container, 'args')
  if (command === undefined) return
  claimScript(claims, context, {
    node: command,
    // Its inputs are filled in for each run.
    text: lineOf(container).replace(/\{\{[^{}]*\}\}/g, '$input'),
    job,
    contained: true,
    folder: null,
    image: text(at(container, 'image')) ?? null,
    nodes: 1,
    machine: null,
  })
}

function readMatrix(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  { job, onGpu, line }: { job: string; onGpu: boolean; line: string },
): void {
  const matrix = at(root, 'matrix')
  const kind = entry(matrix, 'kind')
  const strategy = lookUp(strategies, text(kind?.value) ?? '')
  if (matrix === undefined || kind === undefined || strategy === undefined || otherWork.test(line)) return
  const place = keyedPlace({ start: kind.keyStart, end: kind.value.end }, document.index, ['matrix', 'kind'])
  const evidence: Evidence = {
    role: 'tuning',
    accelerator: onGpu ? 'gpu' : 'maybe',
    small: null,
    notebook: false,
  }
  const search = claims.subject('Search', place, text(at(root, 'name')) ?? 'operation', evidence, job)
  search.known('strategy', 'kind', strategy, place)
  search.known('unit', 'matrix', 'job', place)
  search.known('folds', 'matrix', 1, place)
  search.known('persisted', 'matrix', true, place)
  const grids = [entries(at(matrix, 'params')).map(({ key, value }) => dimensionOf(key, value))]
  if (grids[0]!.length > 0) search.known('space', 'params', { grids, ...gridSize(grids) }, place)
  search.known('alternatives', 'kind', ['bayesian', 'random'], place)
  const source = new ConfigSource(root, claims, { document: document.index, keys: [], shown: place })
  searchSettings.claim(search, source, {})
  const stops = strategy === 'hyperband' || at(matrix, 'earlyStopping') !== undefined
  if (stops) search.known('earlyTermination', 'earlyStopping', true, place)
}

/** What is started for each value of a list, to work through it. */
const otherWork = /(infer|predict|evaluat|generat|embed|process|bench)\w*\.py\b/i

function dimensionOf(name: string, node: ConfigNode): Dimension {
  const kind = text(at(node, 'kind'))
  const value = at(node, 'value')
  if (kind === 'choice') {
    const values = items(value).map((one, index) => written(one) ?? `#${index}`)
    return values.length === 0 ? { name, size: null } : { name, size: distinctCount(values), values }
  }
  if (kind === 'linspace' || kind === 'logspace' || kind === 'geomspace') {
    const count = number(at(value, 'num')) ?? number(items(value)[2])
    return { name, size: count ?? null }
  }
  if (kind === 'range') {
    const [start, stop, step] = ['start', 'stop', 'step'].map(
      (key, index) => number(at(value, key)) ?? number(items(value)[index]),
    )
    const count =
      start === undefined || stop === undefined || step === undefined || step === 0
        ? 0
        : Math.ceil((stop - start) / step)
    return { name, size: count > 0 ? count : null }
  }
  return { name, size: null }
}

function changeOperation(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'timeLimit') return limits.change(claim, value, facts)
  if (claim.setting !== 'strategy') return byHand(claim)
  const { strategy, trials } = value as { strategy: string; trials?: number }
  if (strategy !== 'random' || trials === undefined)
    return { reason: '`kind: bayes` needs the metric, a utility function and the number of runs' }
  return writeKeys(claim, facts, `Try ${trials} random combinations (kind: random)`, [
    { keys: ['matrix', 'kind'], value: 'random' },
    { keys: ['matrix', 'numRuns'], value: trials, after: 'kind' },
  ])
}

/**
 * Sweepers of Hydra in configuration files: `hydra.sweeper.params`, and the plugins that draw instead of going through
 * every combination. Source: hydra 1.3, basic_sweeper.py; plugins hydra_optuna_sweeper, hydra_ax_sweeper.
 */

import {
  at,
  boolean,
  entries,
  entry,
  isNothing,
  items,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { gridSize } from '../../estimate/grid.js'
import { baseName } from '../../link/paths.js'
import { lookUp } from '../../text/records.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { DrawnDimension } from '../../workload/resource-kinds.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { claimDrawn, type Locate, listed, range } from '../search/drawn.js'
import { claimGrid, type Swept, searchedDimensions, trialsByDefault } from './space.js'
import { sweptValue, taggedAsLogarithmic } from './swept-value.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

export const hydraSweeperReader = defineReader({
  name: 'hydra-sweeper',
  languages: ['yaml'],
  triggers: ['sweeper:'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) readDocument(document, claims)
  },
  change: changeSweeper,
})

function readDocument(document: ConfigDocument, claims: ClaimBuilder): void {
  const root = map(document.root)
  const sweeper = entry(at(root, 'hydra'), 'sweeper')
  if (root === undefined || sweeper === undefined || sweeper.value.kind !== 'map') return
  const params = entry(sweeper.value, 'params')
  const swept = params === undefined ? [] : sweptIn(params.value)
  const plugin = pluginOf(root, sweeper.value, swept)
  if (plugin === 'unknown') return
  const keys = ['hydra', 'sweeper']
  const place = keyedPlace(
    params === undefined
      ? { start: sweeper.keyStart, end: sweeper.keyEnd }
      : { start: params.keyStart, end: params.keyEnd },
    document.index,
    keys,
  )
  if (plugin === null) {
    const dimensions = searchedDimensions(swept)
    if (dimensions === null) return
    const search = claims.subject('Search', place, 'hydra.sweeper', evidence)
    claimGrid(search, dimensions, place)
    search.known('unit', 'params', 'run', place)
    search.known('persisted', 'multirun', true, place)
    return
  }
  const search = claims.subject('Search', place, 'hydra.sweeper', evidence)
  const sampler = samplerOf(root, sweeper.value)
  if (sampler === null) search.unknown('strategy', 'sampler', 'a sampler that is not named here', place)
  else
    search.known(
      'strategy',
      'sampler',
      sampler === 'random' ? 'random' : sampler === 'grid' ? 'grid' : 'bayesian',
      place,
    )
  search.known('unit', 'sweeper', 'run', place)
  search.known('folds', 'sweeper', 1, place)
  const grids = [swept.map(({ name, value }) => ({ name, size: value.size }))]
  if (swept.length > 0) search.known('space', 'params', { grids, ...gridSize(grids) }, place)
  claimDrawn(
    search,
    'params',
    [
      ...swept.map((one) => drawnOf(one, (span) => claims.locate(span))),
      ...entries(at(sweeper.value, 'search_space')).map(({ key, value }) =>
        describedRange(key, value, (span) => claims.locate(span)),
      ),
    ],
    place,
  )
  const { key, trials } = lookUp(trialsByDefault, plugin)!
  const holder =
    plugin === 'ax'
      ? at(sweeper.value, 'ax_config')
      : plugin === 'nevergrad'
        ? at(sweeper.value, 'optim')
        : (at(sweeper.value, beforeFirst) ?? sweeper.value)
  const cap = at(holder, key)
  const count = number(cap)
  if (cap === undefined) search.default('trialCap', key, trials, place)
  else if (count === undefined) search.unknown('trialCap', key, 'a template', cap, { site: place })
  else search.known('trialCap', key, count, cap, { site: place })
  if (plugin !== 'optuna') return
  const storage = at(holder, 'storage')
  // It is often given on the command line.
  const open = { site: place, overridable: true }
  if (storage === undefined) search.default('persisted', 'storage', false, place, open)
  else if (isNothing(storage)) search.known('persisted', 'storage', false, storage, open)
  else search.known('persisted', 'storage', true, storage, { site: place })
  const jobs = at(holder, 'n_jobs')
  const parallel = number(jobs)
  if (jobs === undefined) search.default('parallelism', 'n_jobs', 2, place)
  else if (parallel !== undefined) search.known('parallelism', 'n_jobs', parallel, jobs, { site: place })
  if (namesPruner(root, sweeper.value)) {
    search.unknown('earlyTermination', 'pruner', 'a pruner that is not named here', place)
    return
  }
  // It sees a trial when that is over. The program may end by itself.
  search.default('earlyTermination', 'hydra/sweeper', false, place, { overridable: true })
  search.known('terminationGap', 'hydra/sweeper', "Hydra's Optuna sweeper has no pruner", place)
}

/** `search_space` of version 1.1: `lr: {type: float, low: 1e-5, high: 1e-2, log: true}`. */
function describedRange(name: string, node: ConfigNode, locate: Locate): DrawnDimension | null {
  const [low, high] = [number(at(node, 'low')), number(at(node, 'high'))]
  if (low === undefined || high === undefined || !/^(float|int)$/.test(text(at(node, 'type')) ?? ''))
    return null
  const log = boolean(at(node, 'log')) === true
  return range(name, low, high, log ? 'logarithmic' : 'linear', node, locate)
}

/** An interval is linear unless it is tagged: `tag(log, interval(1e-5, 1e-2))`. Source: hydra_optuna_sweeper 1.2, `_impl.py`. */
function drawnOf({ name, value, span }: Swept, locate: Locate): DrawnDimension | null {
  if (span === undefined) return null
  if (value.ends !== undefined)
    return range(name, ...value.ends, value.log === true ? 'logarithmic' : 'linear', span, locate)
  return listed(name, value.values, span, locate)
}

/** Null: Hydra's own, which goes through every combination. */
function pluginOf(root: ConfigMap, sweeper: ConfigNode, swept: Swept[]): string | null | 'unknown' {
  const target = textWithTemplates(at(sweeper, '_target_'))
  const chosen = target ?? chosenIn(root, 'hydra/sweeper')
  if (chosen === undefined) {
    const own = entries(sweeper).some(({ key }) =>
      /^(sampler|n_trials|n_jobs|direction|storage|study_name|search_space|custom_search_space|ax_config|optim)$/.test(
        key,
      ),
    )
    // Hydra's own sweeper refuses an interval, so a file whose list of defaults leads here has chosen another one.
    return own || swept.some(({ value }) => value.drawn) || choosesElsewhere(root) ? 'unknown' : null
  }
  const plugin = /optuna|ax|nevergrad/i.exec(chosen)?.[0].toLowerCase()
  if (plugin !== undefined) return plugin
  return /basic/i.test(chosen) ? null : 'unknown'
}

/** What an `override` of the defaults list chooses. */
function chosenIn(root: ConfigMap, group: string): string | undefined {
  for (const item of items(at(root, 'defaults'))) {
    for (const { key, value } of entries(item)) {
      if (key.replace(/^override\s+/, '').replace(/^\//, '') === group) return text(value)
    }
  }
  return undefined
}

/** The file is laid over another one, or takes up a part named after searches: what that chooses is not known here. */
function choosesElsewhere(root: ConfigMap): boolean {
  return items(at(root, 'defaults')).some((item) => {
    const base = text(item)
    if (base !== undefined) return base !== '_self_'
    return entries(item).some(
      ({ key, value }) => /sweep|search|optuna/i.test(key) && text(value) !== undefined,
    )
  })
}

/** Other plugins around Optuna hand the trial to the program, which reports to a pruner. */
function namesPruner(root: ConfigMap, sweeper: ConfigNode): boolean {
  const named = textWithTemplates(at(sweeper, '_target_')) ?? chosenIn(root, 'hydra/sweeper') ?? ''
  return (
    /prun/i.test(named) ||
    !isNothing(at(sweeper, 'pruner')) ||
    chosenIn(root, 'hydra/sweeper/pruner') !== undefined
  )
}

/** Optuna's sweeper draws by TPE where nothing is said. */
function samplerOf(root: ConfigMap, sweeper: ConfigNode): string | null {
  const target = textWithTemplates(at(sweeper, 'sampler', '_target_'))
  const chosen = target ?? chosenIn(root, 'hydra/sweeper/sampler') ?? 'tpe'
  return /random/i.test(chosen)
    ? 'random'
    : /grid/i.test(chosen)
      ? 'grid'
      : /[a-z]/i.test(chosen)
        ? 'tpe'
        : null
}

function sweptIn(params: ConfigNode): Swept[] {
  return entries(params).flatMap(({ key, value }): Swept[] => {
    const given = textWithTemplates(value) ?? written(value)
    const swept = given === undefined ? null : sweptValue(given)
    return swept === null ? [] : [{ name: key, value: swept, span: { start: value.start, end: value.end } }]
  })
}

function changeSweeper(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'trialCap')
    return writeKeys(claim, facts, `Stop after ${value} trials`, [
      { keys: ['hydra', 'sweeper', claim.key], value: value as number },
    ])
  if (claim.setting === 'parallelism')
    return writeKeys(claim, facts, `Run ${value} trials at a time`, [
      { keys: ['hydra', 'sweeper', 'n_jobs'], value: value as number },
    ])
  if (claim.setting === 'drawn') {
    const { name, low, high } = value as DrawnDimension
    const root = facts.config?.documents[claim.site.document ?? 0]?.root
    const described = at(root, 'hydra', 'sweeper', 'search_space', name)
    const title = `Draw ${name} on a logarithmic scale`
    if (described !== undefined) {
      const keys = ['hydra', 'sweeper', 'search_space', name]
      // Optuna refuses a step on this scale.
      return writeKeys(claim, facts, title, [
        { keys: [...keys, 'log'], value: true },
        ...(at(described, 'step') === undefined ? [] : [{ keys: [...keys, 'step'], value: undefined }]),
      ])
    }
    const interval = text(at(root, 'hydra', 'sweeper', 'params', name)) ?? `interval(${low}, ${high})`
    return writeKeys(claim, facts, title, [
      { keys: ['hydra', 'sweeper', 'params', name], value: taggedAsLogarithmic(interval) },
    ])
  }
  // A study without a name is a new one each time.
  if (claim.setting === 'persisted') {
    const root = facts.config?.documents[claim.site.document ?? 0]?.root
    const sweeper = ['hydra', 'sweeper']
    const keys = at(root, ...sweeper, beforeFirst) === undefined ? sweeper : [...sweeper, beforeFirst]
    const named = (text(at(root, ...keys, 'study_name')) ?? '') !== ''
    return writeKeys(claim, facts, 'Keep the study in a file', [
      { keys: [...keys, 'storage'], value: 'sqlite:///study.db' },
      ...(named ? [] : [{ keys: [...keys, 'study_name'], value: studyName(facts.path) }]),
    ])
  }
  if (claim.setting === 'earlyTermination')
    return { reason: 'run the study from the program: `optuna.create_study(pruner=…)` and `trial.report`' }
  return { reason: 'another sweeper (hydra/sweeper: optuna) has to be chosen in the defaults list' }
}

/** Where the sweeper of Optuna before version 1.1 has its settings. */
const beforeFirst = 'optuna_config'

/** Searches of several files are kept in one place, and two of one name would go on with each other's trials. */
function studyName(path: string): string {
  const name = baseName(path).replace(/\.\w+$/, '')
  return /^[\w-]+$/.test(name) && !/^(config|default|main|optuna|hydra|sweep(er)?)$/i.test(name)
    ? name
    : 'study'
}

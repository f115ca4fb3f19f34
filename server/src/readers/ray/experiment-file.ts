/**
 * Experiments of Ray Tune and RLlib in files: `rllib train file ppo.yaml`, `tune.run_experiments(yaml.safe_load(…))`. Source: Ray 2.9,
 * rllib/train.py and tune/experiment/config_parser.py: every `grid_search` is a factor, `num_samples` repeats the grid.
 */
import { at, entries, entry, items, map, number, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import { distinctCount } from '../../estimate/dimension.js'
import { gridSize } from '../../estimate/grid.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { keyedPlace } from '../config-change.js'
import { defineReader } from '../reader.js'

export const rayExperimentReader = defineReader({
  name: 'ray-experiment',
  languages: ['yaml', 'json'],
  triggers: ['grid_search'],
  read(facts, _context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const root = map(document.root)
      if (root === undefined) continue
      const experiments = entries(root).filter(({ value }) => isExperiment(value))
      if (experiments.length === 0 && isExperiment(root))
        readExperiment(claims, document, 'experiment', root, [])
      for (const { key, value } of experiments) readExperiment(claims, document, key, map(value)!, [key])
    }
  },
  change: () => ({
    reason: 'a search algorithm is chosen in Python: `tune.Tuner(…, tune_config=TuneConfig(search_alg=…))`',
  }),
})

/** It names what is run, and gives it a configuration. */
function isExperiment(node: ConfigNode): boolean {
  const holds = (...keys: string[]) => keys.some((key) => at(node, key) !== undefined)
  return (
    map(node) !== undefined &&
    holds('run', 'run_or_experiment', 'trainable') &&
    holds('config', 'param_space')
  )
}

const deepest = 12

interface Factor extends Dimension {
  at: ConfigEntry
}

function readExperiment(
  claims: ClaimBuilder,
  document: ConfigDocument,
  name: string,
  experiment: ConfigMap,
  keys: readonly string[],
): void {
  const config = at(experiment, 'config') ?? at(experiment, 'param_space')
  // Environments are compared, each by itself.
  const factors = factorsIn(config, '', 0).filter(({ name }) => !/^env(ironment)?(_name)?$/.test(name))
  const [first] = factors
  if (first === undefined) return
  const place = keyedPlace({ start: first.at.keyStart, end: first.at.value.end }, document.index, [...keys])
  const evidence: Evidence = {
    role: 'tuning',
    accelerator: takesGpu(experiment, config) ? 'gpu' : 'maybe',
    small: null,
    notebook: false,
  }
  const search = claims.subject('Search', place, name, evidence)
  const samples = number(at(experiment, 'num_samples')) ?? 1
  const dimensions: Dimension[] = factors.map(({ name, size, values }) =>
    values === undefined ? { name, size } : { name, size, values },
  )
  if (samples > 1) dimensions.push({ name: 'num_samples', size: samples, repeats: true })
  const grids = [dimensions]
  search.known('strategy', 'grid_search', 'grid', place)
  search.known('space', 'grid_search', { grids, ...gridSize(grids) }, place)
  search.known('unit', 'run', 'run', place)
  search.known('folds', 'run', 1, place)
  search.known('persisted', 'run', true, place)
  search.known('alternatives', 'grid_search', ['bayesian'], place)
  const scheduler = entry(experiment, 'scheduler')
  if (scheduler !== undefined) search.known('earlyTermination', 'scheduler', true, place)
}

/** `lr: {grid_search: [0.1, 0.01]}`, however deep it stands. */
function factorsIn(node: ConfigNode | undefined, name: string, depth: number): Factor[] {
  if (node === undefined || depth > deepest) return []
  return entries(node).flatMap((one): Factor[] => {
    const { key, value } = one
    if (key === 'grid_search' && value.kind === 'list') {
      const values = items(value).map((item, index) => written(item) ?? `#${index}`)
      return [{ name, size: distinctCount(values), values, at: one }]
    }
    return factorsIn(value, key, depth + 1)
  })
}

function takesGpu(experiment: ConfigMap, config: ConfigNode | undefined): boolean {
  const counts = [
    at(config, 'num_gpus'),
    at(config, 'num_gpus_per_learner_worker'),
    at(config, 'num_gpus_per_learner'),
    at(experiment, 'resources_per_trial', 'gpu'),
    at(experiment, 'trial_resources', 'gpu'),
  ]
  return counts.some((one) => (number(one) ?? 0) > 0)
}

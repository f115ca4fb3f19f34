/**
 * What writes the texts that a trainer of TRL learns from: `generate()` of transformers, unless it is told to use vLLM or
 * continuous batching. Source: trl 0.14 to 1.6, grpo_config.py, rloo_config.py, online_dpo_config.py.
 */
import type { PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { mayBePassed } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import type { ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { isBefore } from '../versions.js'
import type { ArgumentsSource } from './arguments-source.js'
import type { Trainers } from './trainers.js'

/** For a switch that hands generation to vLLM. */
export const byEngine = (value: Json | undefined): TrainingSettings['generation'] | undefined =>
  value === true ? 'engine' : value === false || value === null ? 'training' : undefined

export const generationSettings = settingTable('Training', {
  generation: { keys: ['use_vllm'], parse: byEngine, otherwise: 'training' },
})

/** Configurations of trainers that write texts and can have vLLM do so, with the version that brought it. */
const online: ReadonlyMap<string, string> = new Map([
  ['GRPOConfig', '0.14'],
  ['OnlineDPOConfig', '0.14'],
  ['RLOOConfig', '0.22'],
])

/** Engines of transformers itself. */
export const batching = ['use_transformers_continuous_batching', 'use_transformers_paged']

export function claimGeneration(
  source: ArgumentsSource,
  trainers: Trainers,
  { versions }: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  const { python, made, place, site } = source
  const since = online.get(configured(source))
  if (!made.family.trl || since === undefined || isBefore(versions, ['trl'], since)) return
  const engine = batching.find((key) => effective(source.get(key)) === true)
  const other = engine ?? elsewhere(python, trainers)
  if (engine !== undefined) training.known('generation', engine, 'engine', place, { site })
  else if (other !== null) training.unknown('generation', 'use_vllm', other, place, { site })
  else generationSettings.claim(training, source)
}

/** The library's class, also behind one of the project. */
function configured({ made }: ArgumentsSource): string {
  const names = [made.call.name ?? '', ...(made.klass?.bases ?? []), ...(made.foreign?.bases ?? [])]
  return names.map((name) => name.split('.').at(-1)!).find((name) => /Config$/.test(name)) ?? ''
}

/** Something else may write the texts. */
function elsewhere(python: PythonModule, trainers: Trainers): string | null {
  if (/\bunsloth\b/.test(python.code)) return 'Unsloth brings an engine of its own'
  const own = trainers.calls.some((call) => mayBePassed(python.argument(call, 'rollout_func')))
  return own ? 'a function of the project writes the texts' : null
}

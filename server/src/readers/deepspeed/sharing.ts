/** What a DeepSpeed configuration says beside the number format: how states are shared, batches, the optimiser. */
import type { PythonModule } from '../../python/module.js'
import { type Configured, configuredAt } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { DictionarySource } from '../../values/call-source.js'
import { orDefault } from '../../values/operations.js'
import type { Locator } from '../../values/source.js'
import { effective } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { OptimizerName, TrainingSettings } from '../../workload/resource-kinds.js'
import type { Source } from './configuration.js'

/** A value of the configuration: null: left out; undefined: it cannot be read. */
export type Look = (...keys: string[]) => Json | undefined

export function lookInto(python: PythonModule, source: Source, locator: Locator, site: Place): Look | null {
  if (source.kind === 'unknown') return null
  if (source.kind === 'file') return lookIntoFile(source.root)
  const dictionary = new DictionarySource(python, source.dictionary, locator, site)
  return (...keys) => effective(orDefault(dictionary.get(...keys), null))
}

export function lookIntoFile(root: Configured): Look {
  return (...keys) => {
    const node = configuredAt(root, ...keys)
    return node === undefined ? null : node.kind === 'scalar' ? node.value : undefined
  }
}

/** Undefined: it cannot be read. */
export function sharingOf(look: Look): TrainingSettings['sharding'] | undefined {
  const stage = look('zero_optimization', 'stage')
  if (stage === null || stage === 0) return null
  if (stage !== 1 && stage !== 2 && stage !== 3) return undefined
  const device = (section: string) => look('zero_optimization', section, 'device')
  const optimizer = device('offload_optimizer')
  const parameters = device('offload_param')
  const old = look('zero_optimization', 'cpu_offload')
  if (optimizer === undefined || parameters === undefined) return undefined
  const on = (where: Json) => where === 'cpu' || where === 'nvme'
  return {
    kind: 'deepspeed',
    stage,
    offload: { optimizer: on(optimizer) || old === true, parameters: on(parameters) },
  }
}

/** Samples of a device at a time; null: neither is there. Source: deepspeed/runtime/config.py, `_set_batch_related_parameters`. */
export function batchOf(look: Look): number | null | undefined {
  return numberIn(look, 'train_micro_batch_size_per_gpu')
}

/** Undefined: it follows from the size of the whole batch and the number of devices. */
export function accumulationOf(look: Look): number | undefined {
  const steps = numberIn(look, 'gradient_accumulation_steps')
  return steps === null ? (look('train_batch_size') === null ? 1 : undefined) : steps
}

function numberIn(look: Look, key: string): number | null | undefined {
  const value = look(key)
  return value === null || typeof value === 'number' ? value : undefined
}

/** Types of optimizer that DeepSpeed makes itself (deepspeed/runtime/engine.py, `_configure_basic_optimizer`). */
const optimizers: Record<string, OptimizerName> = {
  adam: 'adamw fused',
  adamw: 'adamw fused',
  lion: 'lion',
  sgd: 'sgd',
}

/** Null: the program brings its own. */
export function optimizerOf(look: Look): OptimizerName | null | undefined {
  const type = look('optimizer', 'type')
  return typeof type === 'string' ? lookUp(optimizers, type.toLowerCase()) : type === null ? null : undefined
}

/**
 * The files that come with frameworks say in their names what they hold: `zero3_bf16_cpuoffload_params.json` (axolotl),
 * `ds_z2_offload_config.json` (LLaMA-Factory), `zero3_offload` (ms-swift). Undefined: another name.
 */
export function sharingByName(path: string): TrainingSettings['sharding'] | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const stage = Number(/(?:^|[_-])(?:zero|z)[_-]?([0-3])(?![0-9])/i.exec(name)?.[1] ?? Number.NaN)
  if (stage === 0) return null
  if (stage !== 1 && stage !== 2 && stage !== 3) return undefined
  const offloads = /offload/i.test(name)
  const parameters = offloads && stage === 3
  return {
    kind: 'deepspeed',
    stage,
    offload: { optimizer: offloads && !/offload[_-]?params?/i.test(name), parameters },
  }
}

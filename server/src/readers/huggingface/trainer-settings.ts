/** Settings of Trainers that are plain arguments. Source: transformers 4.46 and 5.0, training_args.py; trl, trainer/base_config.py. */

import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asBoolean, asNumber, asText } from '../../values/parse.js'
import { pythonLiteral } from '../../values/python-literal.js'
import { settingTable, since } from '../setting-table.js'
import { optimizerWords } from './optimizer-words.js'

const numberOrNull = (value: Json): number | null => (typeof value === 'number' && value > 0 ? value : null)

/** `Set optim=adamw_bnb_8bit`. */
const title = (_value: unknown, written: Json, key: string): string =>
  `Set ${key}=${typeof written === 'string' ? written : pythonLiteral(written)}`

const count = { parse: asNumber, write: (value: number) => value, title }

export const trainerSettings = settingTable('Training', {
  epochs: { keys: ['num_train_epochs'], parse: asNumber, otherwise: 3 },
  maxSteps: { keys: ['max_steps'], parse: numberOrNull, otherwise: null },
  batchSize: { ...count, keys: ['per_device_train_batch_size'], otherwise: 8 },
  accumulation: { ...count, keys: ['gradient_accumulation_steps'], otherwise: 1 },
  optimizer: {
    keys: ['optim'],
    parse: (value) => (typeof value === 'string' ? lookUp(optimizerWords, value) : undefined),
    otherwise: 'adamw',
    write: (name) =>
      name === 'adamw 8 bit' ? 'adamw_bnb_8bit' : { reason: 'optim has to be changed by hand here' },
    title,
  },
  checkpointing: {
    keys: ['gradient_checkpointing'],
    parse: asBoolean,
    otherwise: false,
    write: (on) => on,
    title,
  },
  saves: {
    keys: ['save_strategy'],
    parse: (value) => (value === 'no' ? 'never' : typeof value === 'string' ? 'while it runs' : undefined),
    otherwise: 'while it runs',
  },
  keptCheckpoints: {
    keys: ['save_total_limit'],
    parse: (value) => (value === null ? null : asNumber(value)),
    otherwise: null,
    write: (limit) => limit,
    title: (limit) => `Keep the last ${limit} checkpoints: save_total_limit=${limit}`,
  },
  checkpointHolds: {
    keys: ['save_only_model'],
    parse: (value) => (value === true ? 'weights' : 'training state'),
    otherwise: 'training state',
  },
  device: {
    keys: ['use_cpu', 'no_cuda'],
    parse: (value) => (value === true ? 'cpu' : 'accelerator'),
    write: () => false,
  },
  compiled: { keys: ['torch_compile'], parse: asBoolean, write: (on) => on },
})

/** TRL recomputes activations unless it is told not to (trl, #3510). */
export const trlSettings = settingTable('Training', {
  checkpointing: {
    ...trainerSettings.rows.checkpointing!,
    otherwise: since('trl', '0.22', true, false),
    otherwiseInWords: 'true; false before trl 0.22',
  },
})

export const loaderSettings = settingTable('InputPipeline', {
  workers: { keys: ['dataloader_num_workers'], parse: asNumber, otherwise: 0 },
  pinnedMemory: { keys: ['dataloader_pin_memory'], parse: asBoolean, otherwise: true },
  persistentWorkers: { keys: ['dataloader_persistent_workers'], parse: asBoolean, otherwise: false },
})

export const parallelSettings = settingTable('Parallelism', {
  backend: { keys: ['ddp_backend'], parse: asText, write: (name) => name },
  findsUnused: { keys: ['ddp_find_unused_parameters'], parse: asBoolean, write: () => undefined },
})

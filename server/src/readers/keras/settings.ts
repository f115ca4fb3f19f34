/** Settings of Keras that are plain arguments. Source: keras 3.5, trainers/trainer.py, callbacks/early_stopping.py, model_checkpoint.py. */
import { asNumber, asText, asWord } from '../../values/parse.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { directionRow, patienceRow } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'

/** Before this release Keras had several back ends, no policies, and no fused kernels in its usual layers. Source: its release notes. */
export const tensorflowOnly = '2.4'

const formats = new Map<string, Precision>([
  ['mixed_float16', 'fp16-mixed'],
  ['mixed_bfloat16', 'bf16-mixed'],
  ['float16', 'fp16'],
  ['bfloat16', 'bf16'],
  ['float32', 'fp32'],
  ['float64', 'fp64'],
])

export const asPolicy = asWord(formats)

export const fitSettings = settingTable('Training', {
  // Left out, it is 32 for arrays; data that come in batches have their own.
  batchSize: { keys: ['batch_size'], parse: asNumber, write: (samples: number) => samples },
  epochs: {
    keys: ['epochs', 'nb_epoch'],
    parse(value) {
      const count = asNumber(value)
      return count !== undefined && count > 0 ? count : undefined
    },
    otherwise: 1,
  },
})

export const stoppingSettings = settingTable('Training', {
  stopMetric: { keys: ['monitor'], position: 0, parse: asText, otherwise: 'val_loss', write: (name) => name },
  patience: { ...patienceRow, position: 2, otherwise: 0 },
  stopStart: { keys: ['start_from_epoch'], parse: asNumber, otherwise: 0 },
  // `auto` takes the direction from the name; only what is written out can be wrong.
  stopDirection: { ...directionRow, position: 4 },
})

export const checkpointSettings = settingTable('Training', {
  checkpointHolds: {
    keys: ['save_weights_only'],
    parse: (value) => (value === true ? 'weights' : 'training state'),
    otherwise: 'training state',
  },
})

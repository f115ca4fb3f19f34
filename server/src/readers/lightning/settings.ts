/** Settings of Lightning that are plain arguments. Source: lightning 2.6, trainer.py, callbacks/early_stopping.py, model_checkpoint.py. */
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { asNumber, asText } from '../../values/parse.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { directionRow, patienceRow } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'
import { acceleratorKind } from './accelerators.js'

export const checkpointClass = 'lightning.pytorch.callbacks.ModelCheckpoint'

const formats: Record<string, Precision> = {
  '32': 'fp32',
  '32-true': 'fp32',
  '16': 'fp16-mixed',
  '16-mixed': 'fp16-mixed',
  bf16: 'bf16-mixed',
  'bf16-mixed': 'bf16-mixed',
  '16-true': 'fp16',
  'bf16-true': 'bf16',
  '64': 'fp64',
  '64-true': 'fp64',
  'transformer-engine': 'fp8',
  'transformer-engine-float16': 'fp8',
}

export function precisionFrom(value: Json): Precision | undefined {
  if (value === null) return 'fp32'
  return lookUp(formats, String(value).toLowerCase())
}

const noSteps = (value: Json): number | null => (typeof value === 'number' && value > 0 ? value : null)

/** What Lightning does when neither epochs nor steps are given (pytorch/loops/utilities.py). */
const epochsByDefault = 1000

export const trainerSettings = settingTable('Training', {
  precision: { keys: ['precision'], parse: precisionFrom, otherwise: 'fp32' },
  device: {
    keys: ['accelerator'],
    parse: (value) => (acceleratorKind(String(value)) === 'cpu' ? 'cpu' : 'accelerator'),
    write: () => 'auto',
  },
  maxSteps: { keys: ['max_steps'], parse: noSteps, otherwise: null },
  epochs: {
    keys: ['max_epochs'],
    parse(value) {
      const count = value === null ? epochsByDefault : asNumber(value)
      return count !== undefined && count > 0 ? count : undefined
    },
    otherwise: epochsByDefault,
    write: (count) => count,
    title: (count) => `Limit the run: max_epochs=${count}`,
    safety: 'display',
  },
  remakesLoaders: {
    keys: ['reload_dataloaders_every_n_epochs', 'reload_dataloaders_every_epoch'],
    parse: (value) =>
      value === true || value === 1 ? true : value === false || value === 0 ? false : undefined,
    otherwise: false,
  },
  accumulation: {
    keys: ['accumulate_grad_batches'],
    parse: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
  },
  saves: {
    keys: ['enable_checkpointing', 'checkpoint_callback'],
    parse: (value) => (value === false ? 'never' : 'while it runs'),
    otherwise: 'while it runs',
  },
})

export const stoppingSettings = settingTable('Training', {
  stopMetric: { keys: ['monitor'], position: 0, parse: asText, otherwise: 'early_stop_on' },
  patience: { ...patienceRow, position: 2, otherwise: 3 },
  stopDirection: { ...directionRow, position: 4, otherwise: 'lower' },
})

export const checkpointSettings = settingTable('Training', {
  keepsBest: {
    keys: ['monitor'],
    parse: (value) => typeof value === 'string' && !/^train|^(loss|epoch|step|global_step)$/.test(value),
    otherwise: false,
  },
  keptCheckpoints: {
    keys: ['save_top_k'],
    parse: (value) => (value === -1 ? null : asNumber(value)),
    otherwise: 1,
  },
  checkpointHolds: {
    keys: ['save_weights_only'],
    parse: (value) => (value === true ? 'weights' : 'training state'),
    otherwise: 'training state',
  },
})

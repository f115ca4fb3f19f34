/** Settings of PyTorch-Ignite that are plain arguments. Source: ignite 0.5, handlers/early_stopping.py. */
import { asNumber } from '../../values/parse.js'
import { patienceRow } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'

export const stoppingSettings = settingTable('Training', {
  patience: { ...patienceRow, position: 0, otherwise: 1 },
})

export const engineSettings = settingTable('Training', {
  precision: {
    keys: ['amp_mode'],
    position: 9,
    parse: (value) =>
      value === null ? 'fp32' : value === 'amp' || value === 'apex' ? 'fp16-mixed' : undefined,
    otherwise: 'fp32',
  },
})

export const runSettings = settingTable('Training', {
  epochs: {
    keys: ['max_epochs'],
    position: 1,
    parse: (value) => (value === null ? 1 : asNumber(value)),
    otherwise: 1,
  },
})

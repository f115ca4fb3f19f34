/** Settings of PyTorch-Ignite that are plain arguments. Source: ignite 0.5, handlers/early_stopping.py. */
import { patienceRow } from '../early-stopping.js'
import { settingTable } from '../setting-table.js'

export const stoppingSettings = settingTable('Training', {
  patience: { ...patienceRow, position: 0, otherwise: 1 },
})

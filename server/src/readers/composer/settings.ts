/** Settings of Composer that are plain arguments. Source: composer 0.28, callbacks/early_stopper.py. */
import { asNumber, asText, asWord } from '../../values/parse.js'
import { settingTable } from '../setting-table.js'

const directions = new Map<string, 'lower' | 'higher'>([
  ['less', 'lower'],
  ['lt', 'lower'],
  ['greater', 'higher'],
  ['gt', 'higher'],
])

const kept = (key: string) =>
  settingTable('Training', {
    keptCheckpoints: {
      keys: [key],
      parse: (value) => (typeof value !== 'number' ? undefined : value < 0 ? null : value),
      otherwise: null,
      otherwiseInWords: 'all',
      write: (count) => count ?? -1,
    },
  })

/** What a `Trainer` with a folder for checkpoints keeps, and a callback that saves. Source: composer 0.28, trainer/trainer.py, callbacks/checkpoint_saver.py. */
export const savingSettings = kept('save_num_checkpoints_to_keep')
export const saverSettings = kept('num_checkpoints_to_keep')

export const stoppingSettings = settingTable('Training', {
  stopMetric: { keys: ['monitor'], position: 0, parse: asText },
  stopDirection: {
    keys: ['comp'],
    position: 2,
    parse: asWord(directions),
    write: (direction) => (direction === 'higher' ? 'greater' : 'less'),
  },
  // In epochs, as a number or as '3ep'.
  patience: {
    keys: ['patience'],
    position: 4,
    parse(value) {
      const count = typeof value === 'string' ? /^(\d+)ep$/.exec(value)?.[1] : asNumber(value)
      return count === undefined ? undefined : Number(count)
    },
    otherwise: 1,
    write: (epochs) => epochs,
  },
})

/** `fairseq-train DATA --arch transformer …`. Source: fairseq 0.12, fairseq/options.py and dataclass/configs.py. */
import { convert, firstGiven, orDefault } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { settingTable } from '../setting-table.js'
import type { PublishedScript } from './published-script.js'

export const fairseqSettings = settingTable('Training', {
  epochs: { keys: ['max-epoch'], parse: asNumber },
  maxSteps: { keys: ['max-update'], parse: asNumber },
  accumulation: { keys: ['update-freq'], parse: asNumber, otherwise: 1 },
  saves: {
    keys: ['no-save'],
    parse: (value) => (value === true ? 'never' : 'while it runs'),
    otherwise: 'while it runs',
  },
  keptCheckpoints: {
    keys: ['keep-last-epochs'],
    parse: asNumber,
    otherwise: null,
    write: (limit) => limit,
  },
})

const switches = ['fp16', 'bf16', 'amp', 'memory-efficient-fp16', 'memory-efficient-bf16'] as const

export const fairseqScripts: readonly PublishedScript[] = [
  {
    named: /^(fairseq-train|fairseq_cli\.train)$/,
    known: ['arch', 'a'],
    trains: (source) => !source.has('tpu') && !source.has('cpu'),
    read(source, training) {
      const keeps = source.has('no-epoch-checkpoints') || source.has('no-save')
      fairseqSettings.claim(
        training,
        source,
        {},
        fairseqSettings.settings.filter((setting) => setting !== 'keptCheckpoints' || !keeps),
      )
      const [first, ...others] = switches.map((key) =>
        convert(source.get(key), (value) =>
          asBoolean(value) === false
            ? undefined
            : /bf16/.test(key)
              ? ('bf16-mixed' as const)
              : ('fp16-mixed' as const),
        ),
      )
      training.say('precision', 'fp16', orDefault(firstGiven(first!, ...others), 'fp32'))
      const patience = convert(source.get('patience'), (value) => (asNumber(value) ?? 0) > 0)
      training.say('earlyStopping', 'patience', orDefault(patience, false))
      training.say(
        'validation',
        'disable-validation',
        convert(orDefault(convert(source.get('disable-validation'), asBoolean), false), (off) => !off),
      )
    },
  },
]

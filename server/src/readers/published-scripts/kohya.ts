/** Trainers of sd-scripts. Source: sd-scripts 0.8 to 0.9, library/train_util.py and the train_*.py scripts; their step is that of Diffusers. */
import { asBoolean, asNumber, asWord } from '../../values/parse.js'
import { sdScriptsFormats, sdScriptsOptions } from '../sd-scripts-options.js'
import { settingTable } from '../setting-table.js'
import type { PublishedScript } from './published-script.js'

export const kohyaSettings = settingTable('Training', {
  precision: { ...sdScriptsOptions.precision, parse: asWord(sdScriptsFormats) },
  epochs: { ...sdScriptsOptions.epochs, parse: asNumber },
  maxSteps: { ...sdScriptsOptions.maxSteps, parse: asNumber, otherwise: 1600 },
  batchSize: { keys: ['train_batch_size'], parse: asNumber, otherwise: 1, write: (size) => size },
  accumulation: { ...sdScriptsOptions.accumulation, parse: asNumber, write: (steps) => steps },
  checkpointing: { ...sdScriptsOptions.checkpointing, parse: asBoolean },
})

export const kohyaScripts: readonly PublishedScript[] = [
  {
    named:
      /^((sdxl|flux|sd3|lumina)_train|((sdxl|flux|sd3|lumina)_)?train_(network|db|textual_inversion|control_net|controlnet))\.py$/,
    known: ['network_module', 'train_data_dir', 'dataset_config'],
    read(source, training) {
      // A file of settings may say all of it.
      if (source.has('config_file')) return
      // Each set of a file has a batch size of its own, and epochs come before steps.
      const elsewhere = [
        ...(source.has('dataset_config') ? ['batchSize'] : []),
        ...(source.has('max_train_epochs') ? ['maxSteps'] : []),
      ]
      kohyaSettings.claim(
        training,
        source,
        {},
        kohyaSettings.settings.filter((setting) => !elsewhere.includes(setting)),
      )
    },
  },
]

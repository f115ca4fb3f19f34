import { orDefault } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { settingTable } from '../setting-table.js'
import { acceleratedFormat } from './formats.js'
import { sizeOf } from './model.js'
import type { PublishedScript } from './published-script.js'

export const diffusersSettings = settingTable('Training', {
  epochs: { keys: ['num_train_epochs'], parse: asNumber },
  maxSteps: { keys: ['max_train_steps'], parse: asNumber },
  batchSize: { keys: ['train_batch_size'], parse: asNumber, write: (size) => size },
  accumulation: {
    keys: ['gradient_accumulation_steps'],
    parse: asNumber,
    otherwise: 1,
    write: (steps) => steps,
  },
  imageEdge: { keys: ['resolution'], parse: asNumber },
  checkpointing: { keys: ['gradient_checkpointing'], parse: asBoolean, otherwise: false },
  optimizer: {
    keys: ['use_8bit_adam'],
    parse: (value) => (value === true ? 'adamw 8 bit' : 'adamw'),
    otherwise: 'adamw',
  },
  saves: { keys: ['checkpointing_steps'], parse: () => 'while it runs' as const, otherwise: 'while it runs' },
  keptCheckpoints: {
    keys: ['checkpoints_total_limit'],
    parse: asNumber,
    otherwise: null,
    write: (limit) => limit,
  },
  resumable: { keys: ['resume_from_checkpoint'], parse: () => true, otherwise: false },
})

/** Pixels of the pictures where `--resolution` does not say. */
function edgeOf(name: string): number {
  if (/unconditional/.test(name)) return 64
  if (/instruct_pix2pix/.test(name)) return 256
  return /(text_to_image|lcm_distill)\w*_sdxl/.test(name) ? 1024 : 512
}

export const diffusersScripts: readonly PublishedScript[] = [
  {
    named:
      /^(train_(text_to_image|dreambooth|controlnet|instruct_pix2pix|unconditional|custom_diffusion|lcm_distill)\w*|textual_inversion\w*)\.py$/,
    known: [
      'pretrained_model_name_or_path',
      'pretrained_teacher_model',
      'model_config_name_or_path',
      'resolution',
    ],
    needsLauncher: true,
    read(source, training, { name }) {
      // Only adapters or single words are trained and saved.
      const part = /_lora|textual_inversion|custom_diffusion/.test(name)
      diffusersSettings.claim(
        training,
        source,
        {},
        diffusersSettings.settings.filter(
          (setting) => setting !== 'imageEdge' && (setting !== 'keptCheckpoints' || !part),
        ),
      )
      training.say('imageEdge', 'resolution', orDefault(source.number('resolution'), edgeOf(name)))
      const { key, value } = acceleratedFormat(source)
      training.say('precision', key, value)
      if (part) return
      const named = 'pretrained_model_name_or_path'
      training.say('parameters', named, sizeOf(source.text(named)))
    },
  },
]

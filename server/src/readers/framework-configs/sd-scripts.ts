/**
 * Files of settings for kohya's sd-scripts (`--config_file lora.toml`). Their sections are for people: the program takes the keys of
 * all of them alike. Keys and defaults: sd-scripts 0.9, library/train_util.py.
 */

import { entries, map } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimUncached } from '../claim-uncached.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { sdScriptsFormats, sdScriptsOptions } from '../sd-scripts-options.js'
import { settingTable } from '../setting-table.js'
import { changeFrameworkConfig } from './change.js'
import { FrameworkConfig, FrameworkConfigClaims, isOn } from './framework-config.js'
import { positive } from './memory.js'

const anchor = 'pretrained_model_name_or_path'

const trainingSettings = settingTable('Training', {
  epochs: { ...sdScriptsOptions.epochs, parse: asQuotedNumber },
  maxSteps: { ...sdScriptsOptions.maxSteps, parse: positive },
  accumulation: { ...sdScriptsOptions.accumulation, parse: positive },
  checkpointing: { ...sdScriptsOptions.checkpointing, parse: isOn },
})

const inputSettings = settingTable('InputPipeline', {
  workers: { keys: ['max_data_loader_n_workers'], parse: asQuotedNumber, otherwise: 8 },
})

export const sdScriptsReader = defineReader({
  name: 'sd-scripts',
  title: "kohya's sd-scripts",
  settings: [trainingSettings, inputSettings],
  languages: ['toml'],
  triggers: [anchor],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) {
      const found = FrameworkConfig.of(facts, flattened(document), context.binding)
      if (found === null || !trains(found)) continue
      claims.frameworkConfig('sd-scripts', false)
      read(found, claims)
    }
  },
  change,
})

/** The keys of its sections beside those that stand above them. */
function flattened(document: ConfigDocument): ConfigDocument {
  const root = map(document.root)
  if (root === undefined) return document
  return {
    ...document,
    root: { ...root, entries: keysOf(root).map(({ entry }) => entry) } satisfies ConfigMap,
  }
}

function keysOf(root: ConfigMap): { entry: ConfigEntry; keys: string[] }[] {
  return entries(root).flatMap((entry) =>
    entry.value.kind === 'map'
      ? entries(entry.value).map((one) => ({ entry: one, keys: [entry.key, one.key] }))
      : [{ entry, keys: [entry.key] }],
  )
}

function trains(config: FrameworkConfig): boolean {
  return (
    config.has(anchor) &&
    ['max_train_steps', 'max_train_epochs', 'train_batch_size', 'train_data_dir', 'dataset_config'].some(
      (key) => config.has(key),
    )
  )
}

function read(config: FrameworkConfig, claims: ClaimBuilder): void {
  const evidence = config.evidence('gpu')
  const training = FrameworkConfigClaims.subject('Training', config, claims, anchor, evidence)
  training.known('managed', [anchor], true)
  training.known('fineTuning', [anchor], true)
  trainingSettings.claim(training.subject, training)
  const whole = ['full_bf16', 'full_fp16', 'fp8_base'].find((key) => config.switch(key) === true)
  const { keys, otherwise } = sdScriptsOptions.precision
  const format = convert(training.text(...keys), (word) => sdScriptsFormats.get(word))
  if (whole === undefined) training.say('precision', [...keys], orDefault(format, otherwise))
  else training.unknown('precision', [whole], whole)
  readAttention(config, training)
  const input = FrameworkConfigClaims.subject('InputPipeline', config, claims, anchor, evidence)
  input.known('feeds', [anchor], 'training')
  // Latents that are kept take no decoding.
  if (keepsLatents(config)) return
  inputSettings.claim(input.subject, input)
  readLatents(config, claims, evidence)
}

/** Stable Diffusion 1 to XL compute attention as it is written down, unless asked; models since then do not. */
function readAttention(config: FrameworkConfig, training: FrameworkConfigClaims<'Training'>): void {
  const chosen = ['sdpa', 'xformers', 'mem_eff_attn'].find((key) => config.given(key))
  if (chosen !== undefined) training.known('attention', [chosen], 'fused')
  else if (config.value('network_module') !== 'networks.lora' || config.open)
    training.unknown('attention', ['sdpa'], 'the script decides')
  else training.default('attention', ['sdpa'], 'eager')
}

function keepsLatents(config: FrameworkConfig): boolean {
  return ['cache_latents', 'cache_latents_to_disk'].some(
    (key) => config.given(key) || config.isUnreadable(key),
  )
}

/** Pictures that are changed each time give other latents. */
function readLatents(config: FrameworkConfig, claims: ClaimBuilder, evidence: Evidence): void {
  const changed = ['color_aug', 'random_crop'].some((key) => config.given(key))
  if (changed) return
  const place = config.place(['cache_latents'], anchor)
  claimUncached(claims, evidence, 'latents', {
    key: 'cache_latents',
    transformation: 'the encoding of the pictures',
    because: 'without `cache_latents` the VAE encodes each of them in every epoch',
    place,
    site: place,
  })
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const root = map(facts.config?.documents[0]?.root)
  const set = (key: string, to: string | boolean | number): Change | Refusal => {
    const known = root === undefined ? undefined : keysOf(root).find(({ entry }) => entry.key === key)?.keys
    const beside =
      root === undefined ? undefined : keysOf(root).find(({ entry }) => entry.key === anchor)?.keys
    return changeFrameworkConfig(claim, to, facts, {
      keys: known ?? [...(beside ?? [anchor]).slice(0, -1), key],
    })
  }
  switch (claim.setting) {
    case 'precision':
      return value === 'bf16-mixed' || value === 'fp16-mixed'
        ? set('mixed_precision', value.slice(0, 4))
        : { reason: 'only 16-bit formats are offered' }
    case 'workers':
      return typeof value === 'number' ? set('max_data_loader_n_workers', value) : byHand(claim)
    case 'attention':
      return set('sdpa', true)
    case 'cached':
      return set('cache_latents', true)
    default:
      return byHand(claim)
  }
}

/** DeepSpeed around a hand-written loop, and its configuration files by themselves. */

import { entry } from '../../config/access.js'
import { configuredFrom } from '../../config/configured.js'
import type { ConfigDocument } from '../../config/node.js'
import type { Call, PythonModule } from '../../python/module.js'
import {
  type Configured,
  type ConfiguredPlace,
  configuredAt,
  configuredChild,
} from '../../text/configured.js'
import { isLeftOut, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite, configuredSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, ClaimOptions, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Binding } from '../../workload/claim.js'
import { codeText } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { changeDeepSpeed } from './change.js'
import {
  type Section,
  type Source,
  sectionsInFile,
  sectionsOf,
  sourceOf,
  type Verdict,
  verdictOf,
} from './configuration.js'
import { accumulationOf, batchOf, lookInto, optimizerOf, sharingOf } from './sharing.js'

export const deepspeedReader = defineReader({
  name: 'deepspeed',
  languages: ['python', 'json'],
  triggers: ['deepspeed', 'zero_optimization', 'train_micro_batch_size_per_gpu'],
  // The engine has the last word on the loop that it is put around.
  layer: 2,
  read(facts, context, claims) {
    if (facts.python !== undefined) readCode(facts.python, context, claims)
    else for (const document of facts.config?.documents ?? []) readDocument(facts, document, claims)
  },
  change: changeDeepSpeed,
})

const key = 'bf16'
const onPurpose = /fp32|float32/i

// Code.

/** Formats that the code brings by itself, whatever the configuration says; those of arrays and of whole numbers are none. */
const shortening =
  /\bautocast\b|\.(half|bfloat16)\s*\(\)|\btorch\.(bfloat16|float16|half)\b|\b(torch_)?dtype\s*=(?!\s*(np|numpy|torch\.(u?int\d*|long|bool|float32))\b)|GradScaler|\bapex\b|load_in_[48]bit/

const unreadableSections: Verdict = { format: null, section: null }

function readCode(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const calls = python.callsTo('deepspeed.initialize')
  const call = calls[0]
  if (call === undefined) return
  const training = claims.extend('Training')
  const place = calleePlace(call)
  const site = callSite(call)
  const source = configurationOf(python, call, context.binding)
  if (calls.length === 1) readSharing(python, call, source, training, place, site)
  const sections = calls.length > 1 ? null : sectionsOf(python, source)
  const { format, section } = sections === null ? unreadableSections : verdictOf(sections)
  if (format === null || format === 'auto' || call.conditional) {
    training.unknown('precision', key, 'the DeepSpeed configuration', place, { site })
    return
  }
  if (format === 'fp32' && shortening.test(codeText(python))) {
    training.unknown('precision', key, 'a format that the code sets itself', place, { site })
    return
  }
  const options = placeOptions(section, source, site)
  // A file that is named for it was made on purpose.
  if (format === 'fp32' && onPurpose.test(options.location?.path ?? '')) {
    training.unknown('precision', key, 'its name', place, { site })
    return
  }
  const at = section?.switch ?? section?.expr
  const shown: Place = at === undefined ? place : { start: at.start, end: at.end }
  if (section === null || section.state === 'absent')
    training.default('precision', key, format, place, { ...options, channel: 'code' })
  else
    training.known('precision', `${section.key}.enabled`, format, shown, {
      ...options,
      overridable: section.overridable,
    })
}

/** Batches are those of the engine's own loader; a loader of the program has its own. */
function readSharing(
  python: PythonModule,
  call: Call,
  source: Source,
  training: SubjectBuilder<'Training'>,
  place: Place,
  site: Place,
): void {
  const look = lookInto(python, source, training.locator, site)
  if (look === null) return
  const at = (...keys: string[]): ClaimOptions => {
    const node = source.kind === 'file' ? configuredAt(source.root, ...keys) : undefined
    return node === undefined ? { site } : { location: node.at.location, site: configuredSite(site, node.at) }
  }
  const sharding = sharingOf(look)
  const stage = at('zero_optimization', 'stage')
  if (sharding !== undefined) training.known('sharding', 'zero_optimization', sharding, place, stage)
  const steps = accumulationOf(look)
  const accumulation = 'gradient_accumulation_steps'
  if (steps !== undefined) training.known('accumulation', accumulation, steps, place, at(accumulation))
  const batch = batchOf(look)
  const micro = 'train_micro_batch_size_per_gpu'
  if (batch != null && !isLeftOut(python.argument(call, 'training_data', 4)))
    training.known('batchSize', micro, batch, place, at(micro))
  const optimizer = optimizerOf(look)
  if (optimizer != null && isLeftOut(python.argument(call, 'optimizer', 2)))
    training.known('optimizer', 'optimizer.type', optimizer, place, at('optimizer', 'type'))
}

/** Where the value stands, and what a change edits. */
function placeOptions(section: Section | null, source: Source, site: Place): ClaimOptions {
  if (source.kind === 'file') {
    const at = section?.at ?? carrierOf(source.root)
    const keys = [...(source.root.at.keys ?? []), key, 'enabled']
    return { location: at.location, site: configuredSite(site, { ...at, keys }) }
  }
  if (section?.at !== undefined)
    return {
      location: section.at.location,
      site: configuredSite(site, section.at),
    }
  return { site }
}

/** The key that a file is shown by where it lacks the one that is meant. */
function carrierOf(root: Configured): ConfiguredPlace {
  for (const name of ['zero_optimization', 'train_micro_batch_size_per_gpu', 'train_batch_size']) {
    const found = configuredChild(root, name)
    if (found !== undefined) return found.at
  }
  return root.at
}

function configurationOf(python: PythonModule, call: Call, binding: Binding | null): Source {
  const unknown: Source = { kind: 'unknown', because: 'the DeepSpeed configuration' }
  for (const [name, position] of [['config', 10] as const, ['config_params', 12] as const]) {
    const given = python.argument(call, name, position)
    if (isLeftOut(given)) continue
    const expr = passedExpression(given)
    return expr === null ? unknown : sourceOf(python, expr)
  }
  // `deepspeed train.py --deepspeed_config ds.json`, or the default of that option.
  const flag = binding?.launch.flags.deepspeed_config ?? binding?.launch.flags['deepspeed-config']
  const named = flag === undefined ? defaultFile(python) : flag.value
  const root = typeof named === 'string' ? python.configurationFile(named) : null
  if (root === null || (flag === undefined && binding !== null && !binding.launch.complete)) return unknown
  return { kind: 'file', root }
}

function defaultFile(python: PythonModule): string | null {
  const option = python.programArguments.find((one) => one.name === 'deepspeed_config')
  const path = option?.default == null ? undefined : effective(python.fold(option.default))
  return typeof path === 'string' ? path : null
}

// Files.

/** Keys that only a DeepSpeed configuration has together. */
function deepspeedDocument(document: ConfigDocument): boolean {
  const { root } = document
  if (root.kind !== 'map') return false
  const has = (name: string) => entry(root, name) !== undefined
  if (entry(root, 'zero_optimization')?.value.kind === 'map') return true
  return (
    (has('train_micro_batch_size_per_gpu') || has('train_batch_size')) &&
    [
      'fp16',
      'bf16',
      'steps_per_print',
      'gradient_clipping',
      'wall_clock_breakdown',
      'prescale_gradients',
    ].some(has)
  )
}

/**
 * What only a training needs. Each engine asks for a batch size, one for inference as well (deepspeed/runtime/config.py,
 * `_batch_assertion`).
 */
const trainingKeys = [
  'optimizer',
  'scheduler',
  'zero_optimization',
  'train_batch_size',
  'gradient_accumulation_steps',
  'gradient_clipping',
  'prescale_gradients',
  'activation_checkpointing',
]

/** `auto` stands for an argument of a Trainer, which then decides on the format as well. */
function leftToTrainer(document: ConfigDocument): boolean {
  const stack = [document.root]
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.kind === 'scalar' && node.value === 'auto') return true
    if (node.kind === 'list') stack.push(...node.items)
    if (node.kind === 'map') for (const one of node.entries) stack.push(one.value)
  }
  return false
}

function readDocument(facts: FragmentFacts, document: ConfigDocument, claims: ClaimBuilder): void {
  // A template is filled in later.
  if (document.index > 0 || document.hasErrors || !deepspeedDocument(document)) return
  const root: Configured | null = configuredFrom(facts.path, facts.fragment, [document])
  if (root === null) return
  const { location } = carrierOf(root)
  const place: Place = {
    start: location.start,
    end: location.end,
    document: document.index,
    keys: [key, 'enabled'],
  }
  const training = claims.subject('Training', place, 'deepspeed', {
    role: /(^|\/)tests?\//.test(facts.path) ? 'test' : 'job',
    accelerator: 'gpu',
    small: null,
    notebook: false,
  })
  const { format, section } = verdictOf(sectionsInFile(root))
  const channel = 'named file'
  if (onPurpose.test(facts.path)) {
    training.unknown('precision', key, 'its name', place, { channel })
    return
  }
  if (format === null || format === 'auto' || leftToTrainer(document)) {
    training.unknown('precision', key, 'the arguments of the Trainer', place, { channel })
    return
  }
  if (!trainingKeys.some((name) => configuredChild(root, name) !== undefined)) {
    training.unknown('precision', key, 'nothing says that it is for a training', place, { channel })
    return
  }
  // Accelerate and the Trainers on it add a section of their own where there is none
  // (accelerate, utils/dataclasses.py, `DeepSpeedPlugin.set_mixed_precision`).
  if (section === null) {
    training.unknown('precision', key, 'what takes the file may add it', place, { channel })
    return
  }
  // The code that takes the file may bring a format of its own.
  const at = section.at?.location
  const shown = at === undefined ? place : { ...place, start: at.start, end: at.end }
  training.known('precision', `${section.key}.enabled`, format, shown, { channel, overridable: true })
}

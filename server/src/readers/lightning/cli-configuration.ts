/** YAML files of `LightningCLI` by themselves: the trainer's settings, whichever program they are given to. */
import { entries, entry, map } from '../../config/access.js'
import { configuredFrom } from '../../config/configured.js'
import type { ConfigDocument, ConfigNode } from '../../config/node.js'
import { configuredAt } from '../../text/configured.js'
import type { Span } from '../../text/location.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { FragmentFacts } from '../reader.js'
import { acceleratorKind } from './accelerators.js'
import { cliSource, isForTraining, readCliData, readCliRun } from './cli-settings.js'
import { isOfFirstVersion } from './releases.js'
import { precisionFrom } from './settings.js'

/** A `trainer:` with settings that only Lightning has, beside a model or data. */
function cliDocument(document: ConfigDocument): boolean {
  const { root } = document
  const trainer = map(entry(root, 'trainer')?.value)
  if (trainer === undefined || entry(root, 'defaults') !== undefined || entry(root, '_target_') !== undefined)
    return false
  const has = (name: string) => entry(trainer, name) !== undefined
  // Hydra makes objects from `_target_`; its files are read with the script.
  if (has('_target_')) return false
  const settings = [
    'accelerator',
    'devices',
    'max_epochs',
    'max_steps',
    'strategy',
    'callbacks',
    'num_nodes',
    'precision',
  ]
  return (
    settings.filter(has).length >= 2 &&
    ['model', 'data', 'seed_everything'].some((name) => entry(root, name) !== undefined)
  )
}

/** What `SaveConfigCallback` wrote of a run, outside of a folder that keeps configurations. */
function isRecord({ fragment, path }: FragmentFacts): boolean {
  return (
    /^# (pytorch_)?lightning(\.pytorch)?==\d/.test(fragment.text) &&
    !/(^|\/)(conf|config|cfg)s?\//i.test(path)
  )
}

export function readCliDocument(facts: FragmentFacts, document: ConfigDocument, claims: ClaimBuilder): void {
  if (document.index > 0 || document.hasErrors || !cliDocument(document) || isRecord(facts)) return
  const root = configuredFrom(facts.path, facts.fragment, [document])
  const trainer = root === null ? undefined : configuredAt(root, 'trainer')
  if (trainer?.kind !== 'map') return
  const value = (key: string) => {
    const node = configuredAt(trainer, key)
    return node?.kind === 'scalar' ? node.value : undefined
  }
  const onProcessor = value('gpus') === 0 || /(^|[/_.-])cpu[_.-]/i.test(facts.path)
  const accelerator = onProcessor ? 'cpu' : value('accelerator')
  const dev = value('fast_dev_run')
  const trial = dev === true || (typeof dev === 'number' && dev > 0)
  const { location } = trainer.at
  const place: Place = {
    start: location.start,
    end: location.end,
    document: 0,
    keys: ['trainer', 'precision'],
    target: {
      kind: 'call',
      role: 'parser',
      ...(entries(entry(document.root, 'trainer')?.value).some(({ key }) => isOfFirstVersion(key))
        ? { older: true }
        : {}),
    },
  }
  const source = cliSource(document, claims, place)
  const evidence: Evidence = {
    role: trial || /(^|\/)tests?\//.test(facts.path) ? 'test' : isForTraining(source) ? 'training' : 'job',
    accelerator: typeof accelerator === 'string' ? acceleratorKind(accelerator) : 'maybe',
    small: null,
    notebook: false,
  }
  const training = claims.subject('Training', place, 'trainer', evidence)
  readCliRun(source, configuredAt(trainer, 'callbacks'), place, training)
  readCliData(source, place, evidence, claims)
  const options = { channel: 'named file', overridable: true } as const
  const plugins = configuredAt(trainer, 'plugins')
  const strategy = configuredAt(trainer, 'strategy')
  const node = configuredAt(trainer, 'precision')
  if ((plugins !== undefined && plugins.kind !== 'scalar') || strategy?.kind === 'map')
    training.unknown('precision', 'precision', 'a plugin or the strategy', place, { channel: 'named file' })
  else if (node === undefined && namesFormat(document.root, trainer.at.location))
    training.unknown('precision', 'precision', 'another part of the file', place, { channel: 'named file' })
  else if (node === undefined) training.default('precision', 'precision', 'fp32', place, options)
  else {
    const known = node.kind === 'scalar' ? precisionFrom(node.value) : undefined
    const at = node.at.location
    if (known === undefined)
      training.unknown('precision', 'precision', 'a value that is not understood', place, {
        channel: 'named file',
      })
    else training.known('precision', 'precision', known, { ...place, start: at.start, end: at.end }, options)
  }
}

const formats = /^(precision\w*|bf16|fp16|amp\w*|mixed_precision|(\w+_)?dtype)$/

/** NeMo and others give the format beside the trainer, to a plugin that the program makes. */
function namesFormat(node: ConfigNode, trainer: Span): boolean {
  if (node.kind === 'list') return node.items.some((one) => namesFormat(one, trainer))
  if (node.kind !== 'map') return false
  return node.entries.some(
    ({ key, value }) =>
      (value.start < trainer.start || value.end > trainer.end) &&
      (formats.test(key) || namesFormat(value, trainer)),
  )
}

/**
 * YAML files of detectron2 (`train_net.py --config-file x.yaml`), with those that `_BASE_` names and the `KEY value` pairs
 * behind the options of the launch line. Source: detectron2 0.6, config/defaults.py (`SOLVER.AMP.ENABLED` False,
 * `DATALOADER.NUM_WORKERS` 4, `SOLVER.MAX_ITER` 40,000), engine/defaults.py, `default_argument_parser`.
 */
import { configuredFrom } from '../../config/configured.js'
import { overrideValue } from '../../link/hydra-overrides.js'
import { type Configured, type ConfiguredMap, configuredAt } from '../../text/configured.js'
import { changedAt } from '../../text/merge-configured.js'
import type { Launch, LaunchValue } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { changeFrameworkConfig, changeInterval } from '../framework-configs/change.js'
import { startsTraining } from '../framework-configs/inherited-claims.js'
import { defineReader } from '../reader.js'
import { isMixed, knowsAmp, readFrameworkConfig, type Spelling } from './config.js'

const spelling: Spelling = {
  solver: ['SOLVER'],
  amp: ['SOLVER', 'AMP', 'ENABLED'],
  steps: ['SOLVER', 'MAX_ITER'],
  evaluates: ['TEST', 'EVAL_PERIOD'],
  saves: ['SOLVER', 'CHECKPOINT_PERIOD'],
  loader: ['DATALOADER'],
  workers: ['DATALOADER', 'NUM_WORKERS'],
}

export const detectron2ConfigReader = defineReader({
  name: 'detectron2-config',
  languages: ['yaml'],
  triggers: ['_BASE_', 'META_ARCHITECTURE', 'SOLVER:'],
  read(facts, context, claims) {
    const own = configuredFrom(facts.path, facts.fragment, facts.config?.documents ?? [])
    if (own?.kind !== 'map' || facts.fragment.index !== 0) return
    const inherits = own.entries._BASE_ !== undefined
    if (!inherits && !isDetectron2(own, facts.fragment.text)) return
    const launch = context.binding?.launch
    if (launch !== undefined && !startsTraining(launch)) return
    claims.frameworkConfig('detectron2', inherits)
    const root = inherits ? facts.inherited : own
    if (root === undefined || !isDetectron2(root, facts.fragment.text)) return
    // What only others inherit is judged with them.
    if (launch === undefined && /(^|\/)base[^/]*$/i.test(facts.path)) return
    const merged = launch === undefined ? root : withPairs(root, launch)
    const first = Object.values(own.entries)[0]
    const place = first?.at.location ?? { start: 0, end: 1 }
    readFrameworkConfig({
      claims,
      path: facts.path,
      root: merged,
      spelling,
      place: { start: place.start, end: place.end, document: 0, keys: [] },
      launched: launch !== undefined,
      accelerator: deviceOf(merged),
      unclear: whyUnclear(merged, context.versions),
    })
  },
  change(claim, value, facts) {
    if (facts.config === undefined) return { reason: 'the launch line sets this: change it there' }
    switch (claim.setting) {
      case 'precision':
        return isMixed(value)
          ? changeFrameworkConfig(claim, true, facts, { keys: spelling.amp })
          : { reason: 'detectron2 trains in fp16 or fp32' }
      case 'workers':
        return changeFrameworkConfig(claim, (value as number | null) ?? 4, facts)
      case 'kind':
        return changeInterval(claim, facts)
      default:
        return byHand(claim)
    }
  },
})

/** Files of other projects are written alike: maskrcnn-benchmark, fast-reid and SlowFast have other keys and defaults. */
function isDetectron2(root: ConfiguredMap, text: string): boolean {
  const has = (...keys: string[]) => {
    const node = configuredAt(root, ...keys)
    return node !== undefined && !(node.kind === 'unknown' && root.open !== undefined)
  }
  if (has('SOLVER', 'MAX_EPOCH') || has('MODEL', 'BACKBONE', 'CONV_BODY') || has('DTYPE') || has('TRAIN'))
    return false
  if (!has('SOLVER')) return false
  const version = configuredAt(root, 'VERSION')
  return (
    (version?.kind === 'scalar' && version.value === 2) ||
    /detectron2:\/\//.test(text) ||
    // What a program lays over a file of the model zoo: keys that only this library has.
    has('SOLVER', 'AMP', 'ENABLED') ||
    has('TEST', 'EVAL_PERIOD') ||
    (has('MODEL', 'META_ARCHITECTURE') && (has('SOLVER', 'IMS_PER_BATCH') || has('SOLVER', 'MAX_ITER')))
  )
}

function whyUnclear(root: ConfiguredMap, versions: Record<string, string>): string | null {
  const node = configuredAt(root, ...spelling.amp)
  if (node !== undefined) return node.kind === 'unknown' ? node.because : null
  // What a program has written out holds every key that its version knows.
  if (configuredAt(root, 'CUDNN_BENCHMARK') !== undefined && configuredAt(root, 'VIS_PERIOD') !== undefined)
    return 'a version without mixed precision'
  return knowsAmp(versions) ? null : 'a version without mixed precision'
}

function deviceOf(root: ConfiguredMap): 'cpu' | 'gpu' {
  const device = configuredAt(root, 'MODEL', 'DEVICE')
  return device?.kind === 'scalar' && device.value === 'cpu' ? 'cpu' : 'gpu'
}

const dotted = /^[A-Z][A-Z0-9_]*(\.[A-Z0-9_]+)*$/

/** `--num-gpus 8 SOLVER.AMP.ENABLED True OUTPUT_DIR out`. */
function withPairs(root: ConfiguredMap, launch: Launch): ConfiguredMap {
  // A flag without a value (`--resume`) takes the first key for its own.
  const taken = Object.values(launch.flags).filter(
    ({ value }) => typeof value === 'string' && value.includes('.') && dotted.test(value),
  )
  const words = [...taken.map(lastWord), ...launch.positionals].sort(
    (a, b) => a.location.start - b.location.start,
  )
  let merged = root
  for (let index = 0; index + 1 < words.length; index++) {
    const key = words[index]!.value
    if (typeof key !== 'string' || !dotted.test(key)) continue
    const given = words[++index]!
    merged = changedAt(merged, key.split('.'), () => overridden(given))
  }
  for (const [name, given] of Object.entries(launch.flags))
    if (name.includes('.') && dotted.test(name))
      merged = changedAt(merged, name.split('.'), () => overridden(given))
  return launch.complete ? merged : { ...merged, open: 'arguments of the launch line' }
}

/** The value stands at the end of its flag. */
function lastWord(flag: LaunchValue): LaunchValue {
  const { end } = flag.location
  return { ...flag, location: { ...flag.location, start: end - String(flag.value).length } }
}

function overridden(given: LaunchValue): Configured {
  const at = { location: given.location, document: 0, keys: null }
  const value = typeof given.value === 'string' ? overrideValue(given.value) : undefined
  return value === undefined
    ? { kind: 'unknown', because: 'a value of the launch line', at }
    : { kind: 'scalar', value, at }
}

/** Ultralytics: one `Training` and one `InputPipeline` for each `train()` of a model. */

import type { ArgumentValue, Call, Folded, PythonModule } from '../../python/module.js'
import { configuredAt } from '../../text/configured.js'
import type { Json } from '../../text/json.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite, configuredSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimArgument } from '../claim-argument.js'
import { isExplained } from '../pytorch/data-loader.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { onWindows } from '../windows.js'
import { changeUltralytics } from './changes.js'

const models = /^ultralytics\.(\w+\.)*(YOLO|RTDETR|YOLOWorld|YOLOE)$/

/** Epochs and patience that are left out, from version 8.1 on; before, patience was half of it (cfg/default.yaml). */
export const epochsByDefault = 100
export const patienceByDefault = (versions: Record<string, string>): number =>
  /^8\.0(\.|$)/.test(versions['ultralytics=='] ?? '') ? 50 : 100
export const workersByDefault = 8

export const ultralyticsReader = defineReader({
  name: 'ultralytics',
  languages: ['python'],
  triggers: ['ultralytics'],
  read(facts, context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of trainCalls(python)) readTrain(python, call, context, claims)
  },
  change: changeUltralytics,
})

/** Calls of `train` on one of the library's models. */
export function trainCalls(python: PythonModule): Call[] {
  const own = [...python.imports].some((name) => /^ultralytics(\.|$)/.test(name))
  if (!own) return []
  return python.calls.filter((call) => {
    if (call.method !== 'train' || call.expr.callee.type !== 'attribute') return false
    if (call.receiver !== null) return models.test(call.receiver)
    return call.expr.args.some((one) => one.name === 'data') && call.name === null
  })
}

function readTrain(python: PythonModule, call: Call, context: ReaderContext, claims: ClaimBuilder): void {
  const argument = (key: string): ArgumentValue => {
    const given = python.argument(call, key)
    // A file with settings, or those of the run that goes on, may bring what is left out.
    return given.state === 'absent' ? (leftOut(python, call, key) ?? given) : given
  }
  const evidence = evidenceOf(python, call, argument('device'), context)
  const place = calleePlace(call)
  const scope = call.function?.qualified ?? ''
  const training = claims.subject('Training', place, scope, evidence)
  training.known('managed', 'train', true, place)
  training.known('automaticDevice', 'device', true, place)
  claimArgument(training, 'precision', 'amp', call, argument('amp'), {
    convert: (value) => {
      const on = asBoolean(value)
      return on === undefined ? undefined : on ? 'fp16-mixed' : 'fp32'
    },
    otherwise: 'fp16-mixed',
  })
  claimArgument(training, 'validation', 'val', call, argument('val'), {
    convert: asBoolean,
    otherwise: true,
  })
  readLength(call, argument, patienceByDefault(context.versions), training)
  // It falls to a hundredth over all epochs, along a line or a cosine.
  training.known('fullHorizonSchedule', 'lrf', true, place)
  const compile = argument('compile')
  if (compile.state === 'given')
    claimArgument(training, 'compiled', 'compile', call, compile, {
      convert: (value: Json) => (typeof value === 'string' ? true : asBoolean(value)),
    })

  const pipeline = claims.subject('InputPipeline', place, scope, { ...evidence })
  claimArgument(pipeline, 'workers', 'workers', call, argument('workers'), {
    convert: (value) =>
      value === 0 && (isExplained(python, call) || onWindows(python)) ? undefined : asNumber(value),
    otherwise: workersByDefault,
  })
  pipeline.known('feeds', 'train', 'training', place)
  // Who asks for none where eight are the default had a reason, if only a message of an operating system.
  const cache = argument('cache')
  const inMemory =
    cache.state === 'given' &&
    cache.folded.state === 'known' &&
    /^(true|ram)$/i.test(String(cache.folded.value))
  if (inMemory) pipeline.known('work', 'cache', 'light', place)
  else pipeline.unknown('work', 'workers', 'workers were left out on purpose', place)
}

/** What the file of `cfg=` says of a key; undefined: nothing does. Source: ultralytics, engine/model.py, `train`. */
function leftOut(python: PythonModule, call: Call, key: string): ArgumentValue | undefined {
  if (brings(python, call, 'resume')) return { state: 'unknown', because: 'the run that goes on' }
  if (!brings(python, call, 'cfg')) return undefined
  const unknown: ArgumentValue = { state: 'unknown', because: 'a file brings settings' }
  const cfg = python.argument(call, 'cfg')
  if (cfg.state !== 'given' || cfg.folded.state !== 'known' || typeof cfg.folded.value !== 'string')
    return unknown
  const file = python.configurationFile(cfg.folded.value)
  if (file === null) return unknown
  const node = configuredAt(file, key)
  if (node === undefined) return undefined
  if (node.kind !== 'scalar') return unknown
  const { span, expr } = cfg
  const { location } = node.at
  const folded: Folded = {
    state: 'known',
    value: node.value,
    channel: 'named file',
    overridable: false,
    location,
    configured: node.at,
  }
  return { state: 'given', expr, span, folded }
}

function brings(python: PythonModule, call: Call, key: string): boolean {
  const given = python.argument(call, key)
  if (given.state === 'absent') return false
  return !(given.state === 'given' && given.folded.state === 'known' && !given.folded.value)
}

/** Epochs, and after how many without an improvement the run ends: by default not before it is over. */
function readLength(
  call: Call,
  argument: (key: string) => ArgumentValue,
  patience: number,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  const time = argument('time')
  if (time.state !== 'absent')
    training.unknown('epochs', 'epochs', 'a limit of hours comes first', place, { site })
  else
    claimArgument(training, 'epochs', 'epochs', call, argument('epochs'), {
      convert: (value) => {
        const count = asNumber(value)
        return count !== undefined && count > 0 ? count : undefined
      },
      otherwise: epochsByDefault,
    })
  const waits = argument('patience')
  const key = 'patience'
  if (waits.state === 'unknown' || (waits.state === 'given' && waits.folded.state === 'unknown')) {
    training.unknown('earlyStopping', key, 'an argument that cannot be read', place, { site })
    return
  }
  if (waits.state === 'given' && waits.folded.state === 'known') {
    const { value, overridable, channel, location, configured } = waits.folded
    const there = configured === undefined ? site : configuredSite(site, configured)
    const origin = { site: there, overridable, channel, ...(location === undefined ? {} : { location }) }
    // Zero switches it off.
    if (value === 0) training.known('earlyStopping', key, false, { ...waits.span }, origin)
    else {
      training.known('earlyStopping', key, true, { ...waits.span }, origin)
      claimArgument(training, 'patience', key, call, waits, { convert: asNumber })
    }
    return
  }
  const epochs = argument('epochs')
  const total =
    epochs.state === 'absent'
      ? epochsByDefault
      : epochs.state === 'given' && epochs.folded.state === 'known'
        ? Number(epochs.folded.value)
        : Number.NaN
  if (Number.isNaN(total))
    training.unknown('earlyStopping', key, 'the epochs cannot be read', place, { site })
  else training.default('earlyStopping', key, total > patience, place, { site })
}

/** Data sets of a few images that the library tries itself out with. */
export const trialData =
  /^(coco(8|12|128)\S*|dota8\S*|imagenet(10|ette\d*)|tiger-pose|mnist\d*|cifar10)(\.yaml)?$/

function evidenceOf(
  python: PythonModule,
  call: Call,
  device: ArgumentValue,
  context: ReaderContext,
): Evidence {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  const data = python.argument(call, 'data')
  if (data.state === 'given' && data.folded.state === 'known' && trialData.test(String(data.folded.value)))
    evidence.small ??= String(data.folded.value)
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  if (visible === '' || visible === '-1') evidence.accelerator = 'cpu'
  else if (device.state === 'given' && device.folded.state === 'known') {
    const { value } = device.folded
    const word = String(value).toLowerCase()
    evidence.accelerator =
      word === 'cpu' ? 'cpu' : word === 'mps' ? 'mps' : value === null || word === '' ? 'maybe' : 'gpu'
  } else evidence.accelerator = 'maybe'
  return evidence
}

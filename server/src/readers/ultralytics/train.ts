/** Ultralytics: one `Training` and one `InputPipeline` for each `train()` of a model. */

import { model as known } from '../../catalog/models.js'
import type { Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, Folded, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { configuredAt } from '../../text/configured.js'
import { noteSmall } from '../../text/evidence.js'
import type { Json } from '../../text/json.js'
import {
  knownArgument,
  mayBePassed,
  passedExpression,
  passedPlace,
  textArgument,
} from '../../values/argument.js'
import { argumentValue, CallSource } from '../../values/call-source.js'
import { convert, derived, orDefault, originOf, orUnknown, unreadable } from '../../values/operations.js'
import { asBoolean, asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Key, Locator, Source } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { TrainingSettings } from '../../workload/resource-kinds.js'
import { isExplained } from '../pytorch/data-loader.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { onWindows } from '../windows.js'
import { changeUltralytics } from './changes.js'
import {
  batchByDefault,
  batchOnEach,
  claimMethod,
  devicesNamed,
  edgeByDefault,
  networkNamed,
  optimizerByDefault,
} from './network.js'

const models = /^ultralytics\.(\w+\.)*(YOLO|RTDETR|YOLOWorld|YOLOE)$/

/** Epochs and patience that are left out, from version 8.1 on; before, patience was half of it (cfg/default.yaml). */
export const epochsByDefault = 100
export const patienceByDefault = (versions: Record<string, string>): number =>
  /^8\.0(\.|$)/.test(versions['ultralytics=='] ?? '') ? 50 : 100
/** Processes of the loader on each GPU (cfg/default.yaml). */
export const workersByDefault = 8

const trainingSettings = settingTable('Training', {
  precision: {
    keys: ['amp'],
    parse: (value) => {
      const on = asBoolean(value)
      return on === undefined ? undefined : on ? 'fp16-mixed' : 'fp32'
    },
    otherwise: 'fp16-mixed',
  },
  device: {
    keys: ['device'],
    parse: (value) => (String(value).toLowerCase() === 'cpu' ? 'cpu' : 'accelerator'),
    write: () => null,
  },
  validation: { keys: ['val'], parse: asBoolean, otherwise: true },
  epochs: {
    keys: ['epochs'],
    parse: (value) => {
      const count = asNumber(value)
      return count !== undefined && count > 0 ? count : undefined
    },
    otherwise: epochsByDefault,
  },
  compiled: { keys: ['compile'], parse: (value) => (typeof value === 'string' ? true : asBoolean(value)) },
})

export const ultralyticsReader = defineReader({
  name: 'ultralytics',
  title: 'Ultralytics',
  settings: [trainingSettings],
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
    if (isOfHub(python, call.expr.callee.value)) return false
    if (call.receiver !== null) return models.test(call.receiver)
    return call.expr.args.some((one) => one.name === 'data') && call.name === null
  })
}

/** A model of Ultralytics HUB trains by the settings that it has there, whatever the call says. Source: ultralytics 8.3, `Model.train`. */
function isOfHub(python: PythonModule, model: Expr): boolean {
  const made = python.callOf(model)
  const name = made === null ? undefined : knownArgument(python.argument(made, 'model', 0))
  return typeof name === 'string' && /^https?:\/\/hub\.ultralytics\.com\//.test(name)
}

/** Arguments of `train`; what is left out, a file with settings may bring, or those of the run that goes on. */
class TrainSource implements Source {
  constructor(
    private readonly python: PythonModule,
    private readonly call: Call,
    private readonly locator: Locator,
  ) {}

  get(key: Key): Given<Json> {
    const given = this.python.argument(this.call, String(key))
    const argument = mayBePassed(given) ? given : (leftOut(this.python, this.call, String(key)) ?? given)
    return argumentValue(argument, calleePlace(this.call), callSite(this.call), this.locator)
  }

  set(path: readonly Key[], value: Json | undefined): Write | Refusal {
    return new CallSource(this.python, this.call, this.locator).set(path, value)
  }
}

function readTrain(python: PythonModule, call: Call, context: ReaderContext, claims: ClaimBuilder): void {
  const source = new TrainSource(python, call, claims)
  const evidence = evidenceOf(python, call, source.get('device'), context)
  const place = calleePlace(call)
  const scope = call.function?.qualified ?? ''
  const training = claims.subject('Training', place, scope, evidence)
  training.known('managed', 'train', true, place)
  if (evidence.accelerator !== 'gpu') training.known('automaticDevice', 'device', true, place)
  trainingSettings.claim(training, source)
  const hours = orDefault(source.get('time'), null)
  if (effective(hours) !== null)
    training.say('epochs', 'epochs', unreadable(hours, 'a limit of hours comes first'))
  claimStopping(source, patienceByDefault(context.versions), training)
  claimNetwork(python, call, source, training)
  // It falls to a hundredth over all epochs, along a line or a cosine.
  training.known('fullHorizonSchedule', 'lrf', true, place)

  const pipeline = claims.subject('InputPipeline', place, scope, { ...evidence })
  const workers = convert(source.get('workers'), (value) =>
    value === 0 && (isExplained(python, call) || onWindows(python)) ? undefined : asNumber(value),
  )
  pipeline.say('workers', 'workers', orDefault(workers, workersByDefault))
  pipeline.known('feeds', 'train', 'training', place)
  // An explicit 0 where eight are the default was chosen on purpose, if only a message of an operating system.
  if (/^(true|ram)$/i.test(String(effective(source.get('cache')))))
    pipeline.known('work', 'cache', 'light', place)
  else pipeline.unknown('work', 'workers', 'workers were left out on purpose', place)
}

/** `YOLO('yolov8n.pt').train(batch=16, imgsz=640)` */
function claimNetwork(
  python: PythonModule,
  call: Call,
  source: Source,
  training: SubjectBuilder<'Training'>,
): void {
  const devices = devicesNamed(effective(orDefault(source.get('device'), null)))
  const batch = orDefault(convert(source.get('batch'), asNumber), batchByDefault)
  const size = effective(batch)
  const each: Given<number> =
    devices === null && size !== undefined && size >= 1
      ? { ...originOf(batch), state: 'range', low: 1, high: size }
      : convert(batch, (one) => batchOnEach(one, devices), 'it is found out when it starts')
  training.say('batchSize', 'batch', each)
  training.say('imageEdge', 'imgsz', orDefault(convert(source.get('imgsz'), asNumber), edgeByDefault))
  claimMethod(training, calleePlace(call))
  const words = convert(source.get('optimizer'), asOptimizer, 'another optimizer')
  training.say('optimizer', 'optimizer', orDefault(words, optimizerByDefault))
  const made = call.receiverCall
  const file = made === null ? undefined : python.argument(made, 'model', 0)
  if (made === null || file === undefined || !mayBePassed(file)) return
  const given = argumentValue(file, calleePlace(made), callSite(made), training.locator)
  const name = convert(given, networkNamed, 'a network of its own')
  training.say('model', 'YOLO', orUnknown(name, 'a network of its own'))
  const parameters = derived(name, (one) => known(one)?.parameters)
  training.say('parameters', 'YOLO', parameters)
}

const asOptimizer = (word: Json): TrainingSettings['optimizer'] | undefined =>
  typeof word !== 'string'
    ? undefined
    : /^(auto|adamw|adam|nadam|radam|adamax)$/i.test(word)
      ? 'adamw'
      : /^sgd$/i.test(word)
        ? 'sgd momentum'
        : /^rmsprop$/i.test(word)
          ? 'rmsprop'
          : undefined

/** What the file of `cfg=` says of a key; undefined: nothing does. Source: ultralytics, engine/model.py, `train`. */
function leftOut(python: PythonModule, call: Call, key: string): ArgumentValue | undefined {
  if (brings(python, call, 'resume')) return { state: 'unknown', because: 'the run that goes on' }
  if (!brings(python, call, 'cfg')) return undefined
  const cfg = python.argument(call, 'cfg')
  const path = textArgument(cfg)
  const file = path === null ? null : python.configurationFile(path)
  const node = file === null ? null : configuredAt(file, key)
  if (node === undefined) return undefined
  const expr = passedExpression(cfg)
  if (node?.kind !== 'scalar' || expr === null) return { state: 'unknown', because: 'a file brings settings' }
  const folded: Folded = {
    state: 'known',
    value: node.value,
    channel: 'named file',
    overridable: false,
    location: node.at.location,
    configured: node.at,
  }
  return { state: 'given', expr, span: { ...passedPlace(cfg)! }, folded }
}

function brings(python: PythonModule, call: Call, key: string): boolean {
  const given = python.argument(call, key)
  const value = knownArgument(given)
  return mayBePassed(given) && (value === undefined || Boolean(value))
}

/** After how many epochs without an improvement the run ends: by default not before it is over. */
function claimStopping(source: Source, patience: number, training: SubjectBuilder<'Training'>): void {
  const key = 'patience'
  const waits = source.get(key)
  // Zero switches it off.
  const stops = convert(waits, (value) => value !== 0)
  training.say(
    key,
    key,
    derived(waits, (value) => asNumber(value) || undefined),
  )
  const epochs = effective(orDefault(convert(source.get('epochs'), asNumber), epochsByDefault))
  const because = 'the epochs cannot be read'
  training.say(
    'earlyStopping',
    key,
    epochs === undefined ? orUnknown(stops, because) : orDefault(stops, epochs > patience),
  )
}

/** Data sets of a few images that the library tries itself out with. */
export const trialData =
  /^(coco(8|12|128)\S*|dota8\S*|imagenet(10|ette\d*)|tiger-pose|mnist\d*|cifar10)(\.yaml)?$/

function evidenceOf(python: PythonModule, call: Call, device: Given<Json>, context: ReaderContext): Evidence {
  const evidence: Evidence = { ...trainingEvidence(python), published: true }
  if (evidence.role !== 'test') evidence.role = 'training'
  const data = String(knownArgument(python.argument(call, 'data')))
  if (trialData.test(data)) noteSmall(evidence, data)
  const visible = context.binding?.launch.environment.CUDA_VISIBLE_DEVICES?.value
  const word = String(effective(device) ?? '').toLowerCase()
  evidence.accelerator =
    visible === '' || visible === '-1' || word === 'cpu'
      ? 'cpu'
      : word === 'mps'
        ? 'mps'
        : word === ''
          ? 'maybe'
          : 'gpu'
  return evidence
}

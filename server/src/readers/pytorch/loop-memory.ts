/** What decides how much memory a hand-written PyTorch program needs, as far as one module says it. */

import { model as known } from '../../catalog/models.js'
import type { Call, PythonModule } from '../../python/module.js'
import { aroundOfMade, madeNetworks } from '../../python/networks/size.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { isUnreadable, knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { absent, orDefault, originOf } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { batchElsewhere } from '../../workload/elsewhere.js'
import type { OptimizerName } from '../../workload/resource-kinds.js'
import { claimArgument, claimFolded } from '../claim-argument.js'
import { checkpointingBy } from '../huggingface/checkpointing.js'
import { claimLength } from '../huggingface/sequence-length.js'
import {
  claimModel,
  type TrainedModel,
  type TrainedModelResult,
  trainedModel,
} from '../huggingface/trained-model.js'
import { adaptersOf, weightBits } from '../huggingface/weight-bits.js'
import { transformersVersion } from '../huggingface/weights.js'
import { definedModelFor, trainedNetwork } from './defined-network.js'
import { feedsOf } from './loader-use.js'
import { namedBatch } from './named-batch.js'
import { trainedSizes } from './network-size.js'
import { imageEdge } from './picture-edge.js'
import { isMostly } from './published-network.js'

type Training = SubjectBuilder<'Training'>

/** Engines that share states among devices, or split batches, by their own configuration. */
const sharing = [
  'torch.distributed.fsdp.',
  'torch.distributed._composable.',
  'deepspeed.',
  'fairscale.',
  'colossalai.',
]

/**
 * Claims of the module that holds the loop. Without one model whose name can be read, or whose layers can be followed,
 * only the batch is claimed.
 */
export function readLoopMemory(
  python: PythonModule,
  versions: Record<string, string>,
  training: Training,
  place: Place,
): void {
  const named = trainedModel(python)
  const found = named === null ? aroundPublished(python, place) : (chosenByDefault(python, named) ?? named)
  if (found === null) readDefined(python, training, place)
  if (found === null) return
  if ('because' in found) {
    readBatch(python, training, place)
    return
  }
  const site = found.loads[0] === undefined ? place : callSite(found.loads[0])
  if (found.loads.length === 0 && found.byDefault !== true) training.known('ownNetwork', 'model', true, site)
  claimModel(training, found, site)
  if (found.loads.some(({ method }) => method === 'from_pretrained'))
    training.known('fineTuning', 'from_pretrained', true, site)
  readWeights(python, found, versions, training)
  const adapters = adaptersOf(python, { state: 'absent' })
  if ('because' in adapters) training.unknown('adapters', 'requires_grad', adapters.because, place)
  else if (adapters.call === null)
    training.default('adapters', adapters.key, null, place, { overridable: adapters.overridable === true })
  else training.known('adapters', adapters.key, adapters.adapters, calleePlace(adapters.call))
  readInput(python, found, training, place)
  readCommon(python, training, place)
  training.default('attention', 'attn_implementation', 'fused', place)
}

/** Of several networks, the one that the options of the program choose by default, which its optimizer trains. */
function chosenByDefault(python: PythonModule, named: TrainedModelResult): TrainedModel | null {
  if (!('because' in named)) return null
  const made = trainedNetwork(python)
  const around = made === null ? null : aroundOfMade(python, made)
  if (made === null || !isMostly(around)) return null
  return { ...trainedAround(around.name, made), byDefault: true }
}

/** A network of the project's own that is little more than a published one, wherever the program makes it. */
function aroundPublished(python: PythonModule, place: Place): TrainedModel | null {
  const name = once(python, 'published network within its own', () => {
    const here = madeNetworks(python)
    const users = [...python.importers, ...python.programs]
    const made = here.length > 0 ? here : users.flatMap(({ makes = [] }) => makes)
    const [first] = made
    const around = first?.around
    return isMostly(around) && made.every((one) => one.around?.name === around.name) ? around.name : null
  })
  return name === null ? null : trainedAround(name, place)
}

function trainedAround(id: string, { start, end }: Place): TrainedModel {
  const published = known(id)
  return {
    id,
    parameters: published?.parameters ?? null,
    place: { start, end },
    argument: null,
    loads: [],
    library: (published?.shape?.vocabulary ?? 0) > 0 ? 'transformers' : 'torchvision',
    languageHead: false,
  }
}

function readCommon(python: PythonModule, training: Training, place: Place): void {
  readBatch(python, training, place)
  readOptimizer(python, training, place)
  const { locator } = training
  const none = orDefault(absent(locator.origin(place)), false)
  const { key, value } = checkpointingBy(python, { locator, place, site: place }, none)
  training.say('checkpointing', key, value)
  if (python.uses(...sharing)) training.unknown('sharding', 'sharding', 'an engine that shares states', place)
  else training.default('sharding', 'sharding', null, place)
}

/** A network of the module, where its layers can be followed. */
function readDefined(python: PythonModule, training: Training, place: Place): void {
  const defined = definedModelFor(python, imageEdge(python)?.edge ?? null)
  if (defined === null) {
    readCounted(python, training, place)
    return
  }
  const { place: made, ...layers } = defined.model
  training.known('layers', layers.name, { ...layers, input: defined.input }, made)
  training.known('parameters', layers.name, layers.parameters, made)
  training.default('weightBits', 'dtype', 32, made)
  training.default('adapters', 'requires_grad', null, made)
  readCommon(python, training, place)
}

/** Networks whose layers are counted, where what they do to a sample cannot be followed. */
function readCounted(python: PythonModule, training: Training, place: Place): void {
  const networks = trainedSizes(python)
  if (networks === null) {
    // The program may say elsewhere what it trains.
    readBatch(python, training, place)
    return
  }
  training.known('countedLayers', 'layers', { name: 'its own network', networks }, place)
  const edge = once(python, 'the edge of its pictures', () => imageEdge(python))
  if (edge !== null && networks.some(({ places }) => places?.axes === 2))
    training.known('imageEdge', edge.key, edge.edge, edge.place)
  training.default('weightBits', 'dtype', 32, place)
  training.default('adapters', 'requires_grad', null, place)
  readCommon(python, training, place)
}

function readWeights(
  python: PythonModule,
  found: TrainedModel,
  versions: Record<string, string>,
  training: Training,
): void {
  const key = 'dtype'
  // A network that is built around it does not say how it is loaded.
  if (found.library !== 'transformers' || found.loads.length === 0) {
    training.default('weightBits', key, 32, found.place)
    return
  }
  const major = transformersVersion(python, versions)?.major ?? null
  const results = found.loads.map((load) => weightBits(python, load, found.id, major))
  const [first] = results
  const same =
    first !== undefined && 'bits' in first && results.every((one) => 'bits' in one && one.bits === first.bits)
  if (first !== undefined && 'bits' in first && same)
    training.known('weightBits', first.key, first.bits, calleePlace(first.call))
  else training.unknown('weightBits', key, 'the format of the weights', found.place)
}

/** The batch of the loaders that feed training, where they agree. */
function readBatch(python: PythonModule, training: Training, place: Place): void {
  const key = 'batch_size'
  const feeding = once(python, 'the loaders that feed a training', () =>
    python.callsTo('torch.utils.data.DataLoader').filter((call) => feedsOf(python, call) === 'training'),
  )
  const [loader] = feeding
  if (loader === undefined) {
    const named = python.uses('torch.utils.data.DataLoader') ? null : namedBatch(python)
    if (named === null) training.unknown('batchSize', key, batchElsewhere, place)
    else claimFolded(training, 'batchSize', named.key, python.fold(named.expr), named.expr, asNumber)
    return
  }
  if (feeding.some((call) => mayBePassed(python.argument(call, 'batch_sampler', 4)))) {
    training.unknown('batchSize', key, 'a sampler makes the batches', place)
    return
  }
  const values = feeding.map((call) => python.argument(call, key, 1))
  const sizes = values.map(passedExpression)
  const parts = sizes.map((size) => (size === null ? null : sizeOfDevice(python, size)))
  const each = parts.find((one) => one !== null)
  if (each != null) {
    const folded = parts.map((part, index) => effective(python.fold(part ?? sizes[index] ?? each)))
    if (folded.every((one) => one === folded[0]))
      claimFolded(training, 'batchSize', key, python.fold(each), each, asNumber)
    else training.unknown('batchSize', key, 'several loaders', place)
    return
  }
  const written = values.map(knownArgument)
  if (
    written.some(
      (one, index) => one !== written[0] || isUnreadable(values[index]!) !== isUnreadable(values[0]!),
    )
  ) {
    training.unknown('batchSize', key, 'several loaders', place)
    return
  }
  if (python.uses('torch.nn.DataParallel')) {
    // It splits the batch, so that one device takes at most all of it.
    const high = knownArgument(values[0]!)
    if (typeof high === 'number')
      training.say('batchSize', key, {
        ...originOf(argumentValue(values[0]!, calleePlace(loader), callSite(loader), training.locator)),
        state: 'range',
        low: 1,
        high,
      })
    else training.unknown('batchSize', key, 'DataParallel splits it', place)
    return
  }
  claimArgument(training, 'batchSize', key, loader, values[0]!, { convert: asNumber, otherwise: 1 })
}

/** `per_gpu` of `per_gpu * max(1, self.n_gpu)`: a batch for all devices of the process, of which each gets its part. */
function sizeOfDevice(python: PythonModule, size: Expr): Expr | null {
  const product = python.definition(size)
  if (product.type !== 'binary' || product.op !== '*') return null
  const isCount = ({ start, end }: Expr) => countsDevices.test(python.code.slice(start, end))
  const { left, right } = product
  if (isCount(left) === isCount(right)) return null
  return isCount(left) ? right : left
}

const countsDevices =
  /^(max\(\s*1\s*,\s*)?([\w.]+\.)?(n_?gpus?|num_?gpus?|device_count\(\))\s*(,\s*1\s*)?\)?$/i

const optimizers: [RegExp, OptimizerName][] = [
  [/^torch\.optim\.(\w+\.)?(AdamW?|NAdam|RAdam)$/, 'adamw'],
  [/^transformers\.(optimization\.)?AdamW$/, 'adamw fused'],
  [/^bitsandbytes\.optim\.(\w+\.)?(Paged)?AdamW?8bit$/, 'adamw 8 bit'],
  [/^bitsandbytes\.optim\.(\w+\.)?(Paged)?Lion8bit$/, 'lion 8 bit'],
  [/^transformers\.(optimization\.)?Adafactor$|^torch\.optim\.Adafactor$/, 'adafactor'],
  [/^torch\.optim\.(\w+\.)?SGD$/, 'sgd'],
  [/^torch\.optim\.(\w+\.)?RMSprop$/, 'rmsprop'],
  [/^torch\.optim\.(\w+\.)?Adagrad$/, 'adagrad'],
  [/^torch\.optim\.(\w+\.)?Adadelta$/, 'adadelta'],
]

function readOptimizer(python: PythonModule, training: Training, place: Place): void {
  const key = 'optimizer'
  const made = once(python, 'the optimizers that it makes', () =>
    python.calls.flatMap((call): { call: Call; name: OptimizerName }[] => {
      const found = optimizers.find(([pattern]) => call.name !== null && pattern.test(call.name))
      return found === undefined ? [] : [{ call, name: found[1] }]
    }),
  )
  const names = new Set(made.map((one) => exact(python, one)))
  const [name] = names
  if (name === undefined || names.size > 1) {
    const because = name === undefined ? 'an optimiser that is made elsewhere' : 'several optimisers'
    training.unknown('optimizer', key, because, place)
  } else training.known('optimizer', made[0]!.call.method, name, calleePlace(made[0]!.call))
}

function exact(python: PythonModule, { call, name }: { call: Call; name: OptimizerName }): OptimizerName {
  if (name === 'sgd') {
    const momentum = python.argument(call, 'momentum', 2)
    const none = passedExpression(momentum) === null || knownArgument(momentum) === 0
    return none ? 'sgd' : 'sgd momentum'
  }
  if (name !== 'adamw') return name
  return knownArgument(python.argument(call, 'fused')) === true ? 'adamw fused' : 'adamw'
}

/** Frames of clips that go through the network as pictures: `x.view(B * T, C, H, W)`, `'b t c h w -> (b t) c h w'`. */
const severalPictures =
  /\.(view|reshape)\(\s*\w+\s*\*\s*\w+\s*,\s*\w+\s*,\s*\w+\s*,\s*\w+\s*\)|->\s*\(\s*\w+ \w+\s*\) \w+ \w+ \w+\s*['"]/

/** Length of texts, or edge of images. */
function readInput(python: PythonModule, found: TrainedModel, training: Training, place: Place): void {
  const shape = known(found.id)?.shape
  if (found.library === 'transformers' && shape != null && shape.vocabulary > 0) {
    claimLength(python, training, shape.positions, place)
    return
  }
  const edge = once(python, 'the edge of its pictures', () => imageEdge(python))
  if (severalPictures.test(python.code))
    training.unknown('imageEdge', 'view', 'each sample holds several pictures', place)
  else if (edge === null) training.unknown('imageEdge', 'transforms', 'images are prepared elsewhere', place)
  else training.known('imageEdge', edge.key, edge.edge, edge.place)
}

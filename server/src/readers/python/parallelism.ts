/** How a Python program uses the devices of a node. */
import { usesMatch } from '../../python/library-uses.js'
import type { Call, PythonModule } from '../../python/module.js'
import { mayHandOutDevices } from '../../python/ray-resources.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../../syntax/python-children.js'
import { fixedArgument, knownArgument, mayBePassed } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Launch } from '../../workload/claim.js'
import { givesRanks, knowsRank, startsPlainly } from '../../workload/launches.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import type { ReaderContext } from '../reader.js'
import { trainCalls } from '../ultralytics/train.js'
import { commandText, harmless, runsNotebook, starters } from './started-programs.js'

type Parallelism = ProgramSettings['parallelism']
type Verdict = { value: Parallelism; key: string } | { because: string; key: string }

const distributed = [
  'torch.nn.parallel.DistributedDataParallel',
  'torch.distributed.init_process_group',
  'torch.distributed.fsdp.',
  'torch.distributed._composable.',
  'torch.distributed.device_mesh.',
  'torch.distributed.init_device_mesh',
  'torch.distributed.tensor.',
  'torch.distributed.pipelining.',
  'torch.distributed.run',
  'torch.distributed.elastic.',
  'accelerate.Accelerator',
  'accelerate.PartialState',
  'lightning.fabric.Fabric',
  'deepspeed.',
  'horovod.',
  'byteps.',
  'colossalai.',
  'fairscale.',
  'megatron.',
  'composer.',
  'tensorflow.distribute.',
  'keras.distribution.',
  'jax.pmap',
  'jax.shard_map',
  'jax.sharding.',
  'jax.experimental.pjit.',
  'jax.experimental.shard_map.',
  'jax.experimental.mesh_utils.',
  'jax.make_mesh',
  'jax.distributed.',
  'flax.jax_utils.',
  'ray.train.',
  'xgboost.dask.',
  'lightgbm.dask.',
  'lightgbm.DaskLGBMClassifier',
  'lightgbm.DaskLGBMRegressor',
  'dask_cuda.',
  'smdistributed.',
  'apex.parallel.',
  'fastai.distributed.',
  '.distrib_ctx',
  '.to_distributed',
  'ignite.distributed.',
  'pyspark.ml.torch.distributor.',
  'pyspark.ml.deepspeed.',
  '.start_multi_process_pool',
  '.encode_multi_process',
  'faiss.index_cpu_to_all_gpus',
  'cuml.dask.',
  'sparkdl.',
  'xgboost.spark.',
]

/** Without `accelerate launch`, Accelerate trains on one device. */
const startsItself = distributed.filter((name) => !/^accelerate\.(Accelerator|PartialState)$/.test(name))

const replicated = [
  'torch.nn.DataParallel',
  'torch_geometric.nn.DataParallel',
  'keras.utils.multi_gpu_model',
  '.parallel_ctx',
  '.to_parallel',
]
const spawners = [
  'torch.multiprocessing.spawn',
  'torch.multiprocessing.Process',
  'torch.multiprocessing.Pool',
  'accelerate.notebook_launcher',
  'multiprocessing.Process',
  'multiprocessing.Pool',
  'multiprocessing.pool.Pool',
  'multiprocessing.get_context',
  'torch.multiprocessing.get_context',
  'concurrent.futures.ProcessPoolExecutor',
  'joblib.Parallel',
]

export function parallelismOf(python: PythonModule, launch: Launch | null): Verdict {
  const found = (names: string[]) => names.find((name) => python.uses(name))?.replace(/\.$/, '')
  const hands = mayHandOutDevices(python)
  const trials = found(hands ? ['ray.tune.', 'tune.run', 'hyperopt.SparkTrials'] : ['hyperopt.SparkTrials'])
  if (trials !== undefined) return { value: 'trials', key: trials }
  const known = launch !== null && startsPlainly(launch) && !knowsRank(launch) ? startsItself : distributed
  const library = found(hands ? known : known.filter((name) => name !== 'ray.train.'))
  if (library !== undefined) return { value: 'distributed', key: library }
  const lightning = lightningDevices(python)
  if (lightning !== null) return lightning
  return alone(python, launch) ?? { value: 'none', key: 'devices' }
}

/** What PyTorch itself has for several processes: something else starts them, and each of them uses one device. */
const byProcess =
  /^torch\.(nn\.parallel\.DistributedDataParallel$|distributed\.(init_process_group$|fsdp\.|_composable\.))/

/** Each of its processes uses one device, whoever starts them: as many as are started, and no more, are used. */
export function takesOneEach(python: PythonModule, context: ReaderContext): boolean {
  const others = distributed.filter((name) => !byProcess.test(name))
  if (!python.uses('torch.distributed.init_process_group') || python.uses(...others)) return false
  if (lightningDevices(python) !== null || listedDevices(python) !== null) return false
  const launch = context.binding?.launch ?? null
  const several = python.uses(...replicated, ...spawners) || startedPrograms(python) !== null
  return (
    !several && !runsNotebook(python.text) && !placedByKeyword(python) && trainerOf(python, launch) === null
  )
}

/** How one process uses the devices that it sees, whatever started it and others; null: it uses one. */
export function alone(python: PythonModule, launch: Launch | null): Verdict | null {
  const found = (names: string[]) => names.find((name) => python.uses(name))?.replace(/\.$/, '')
  const detectors = listedDevices(python)
  if (detectors !== null) return detectors
  const trainer = trainerOf(python, launch)
  if (trainer !== null) return trainer
  const wrapper = found(replicated)
  if (wrapper !== undefined) return { value: 'data-parallel', key: wrapper }
  const spawned = found(spawners)
  if (spawned !== undefined) return { value: 'spawned', key: spawned }
  const started = startedPrograms(python)
  if (started !== null) return started
  if (runsNotebook(python.text)) return { because: 'it runs another notebook', key: '%run' }
  const placed = placedOnDevices(python)
  if (placed !== null) return placed
  if (python.uses('torch.cuda.device_count', 'jax.device_count', 'jax.devices', 'jax.local_devices')) {
    return { because: 'it asks how many devices there are', key: 'device_count' }
  }
  const parallelTrials = python
    .methodCalls('optimize')
    .find((call) => mayBePassed(python.argument(call, 'n_jobs')))
  return parallelTrials === undefined ? null : { value: 'trials', key: 'n_jobs' }
}

/** A Trainer takes every device that it sees, but the one of its rank where a launcher gives it one. */
function trainerOf(python: PythonModule, launch: Launch | null): Verdict | null {
  const own = ['transformers.Trainer', 'transformers.Seq2SeqTrainer'].find((name) => python.uses(name))
  const trainer = own ?? trlTrainer(python)
  const ranked = launch !== null && givesRanks(launch)
  return trainer === undefined ? null : { value: ranked ? 'distributed' : 'data-parallel', key: trainer }
}

export function trlTrainer(python: PythonModule): string | undefined {
  const modules = [...python.importers, ...python.imported]
  for (const call of python.calls) if (call.name !== null && trlTrainers.test(call.name)) return call.name
  return modules.find((module) => usesMatch(module, trlTrainers))?.uses.find((use) => trlTrainers.test(use))
}

const trlTrainers = /^(trl|setfit|sentence_transformers|optimum)\.(\w+\.)*\w*Trainer$/

/** Lightning takes every device unless it is told otherwise. */
function lightningDevices(python: PythonModule): Verdict | null {
  const trainers = python.callsTo('lightning.pytorch.Trainer')
  if (trainers.length === 0) {
    return python.uses('lightning.pytorch.Trainer', 'lightning.pytorch.cli.LightningCLI')
      ? { value: 'distributed', key: 'lightning.pytorch.Trainer' }
      : null
  }
  let one = true
  for (const call of trainers) {
    const devices = python.argument(call, 'devices')
    const gpus = python.argument(call, 'gpus')
    const given = !mayBePassed(devices) ? gpus : devices
    const value = fixedArgument(given)
    one &&= value === 1 || value === '1' || (Array.isArray(value) && value.length === 1)
  }
  return one ? null : { value: 'distributed', key: 'lightning.pytorch.Trainer' }
}

/** Ultralytics takes one device unless `train()` is given a list of them. */
function listedDevices(python: PythonModule): Verdict | null {
  for (const call of trainCalls(python)) {
    const given = python.argument(call, 'device')
    if (!mayBePassed(given)) continue
    const value = knownArgument(given)
    if (value === undefined) return { because: 'how many devices it is given cannot be read', key: 'device' }
    const several = Array.isArray(value) ? value.length > 1 : /,/.test(String(value))
    if (several) return { value: 'distributed', key: 'device' }
  }
  return null
}

/** Commands that the program starts: `torchrun` inside a script drives the devices. */
function startedPrograms(python: PythonModule): Verdict | null {
  for (const call of python.calls) {
    if (call.name === null || !starters.test(call.name)) continue
    const command = call.expr.args[0]
    if (command === undefined) continue
    const text = commandText(python, command.value)
    if (text === null) return { because: 'it starts other programs', key: call.name }
    const [program] = text.trim().split(/\s+/)
    if (program !== undefined && harmless.test(program.replace(/^.*\//, ''))) continue
    if (/torchrun|torch\.distributed|accelerate|deepspeed|horovodrun|mpirun|python/.test(text))
      return { value: 'spawned', key: call.name }
    return { because: 'it starts other programs', key: call.name }
  }
  return null
}

/** Parts of a model or of the work placed on devices by number. */
function placedOnDevices(python: PythonModule): Verdict | null {
  const placed = placedByKeyword(python) ?? python.calls.find((call) => placesByNumber(python, call))?.method
  if (placed !== undefined) return { value: 'model-parallel', key: placed }
  if (!/(cuda|gpu):/i.test(python.text)) return null
  const visit = (expr: Expr): boolean =>
    (expr.type === 'constant' &&
      typeof expr.value === 'string' &&
      /^(cuda|gpu|GPU|\/gpu|\/GPU|\/device:GPU):[1-9]/.test(expr.value)) ||
    (expr.type === 'fstring' &&
      typeof expr.parts[0] === 'string' &&
      /^(cuda|\/?gpu|\/device:gpu):$/i.test(expr.parts[0]) &&
      !isOneNumber(expr.parts[1])) ||
    childrenOf(expr).some(visit)
  for (const statement of python.statements) {
    if (expressionsOf(statement).some(visit)) return { value: 'model-parallel', key: 'cuda:1' }
  }
  return null
}

/** The number that an option gives, or the first of its numbers: `args.gpu`, `opt.gpu_ids[0]`. */
function isOneNumber(part: string | Expr | undefined): boolean {
  if (part === undefined || typeof part === 'string') return false
  if (part.type === 'subscript') return part.index.type === 'constant' && part.value.type === 'attribute'
  return part.type === 'attribute' || part.type === 'constant'
}

/** `device_map='auto'`, `tensor_parallel_size=4`: the keyword; undefined: the model stands on one device. */
function placedByKeyword(python: PythonModule): string | undefined {
  for (const call of python.calls) {
    for (const [keyword, plain] of [
      ['device_map', null],
      ['tensor_parallel_size', 1],
      ['pipeline_parallel_size', 1],
      ['data_parallel_size', 1],
    ] as const) {
      const given = call.expr.args.find((one) => one.name === keyword)
      if (given === undefined) continue
      const value = effective(python.fold(given.value))
      if (value === plain || (keyword === 'device_map' && /^(cpu|cuda(:0)?)$/.test(String(value)))) continue
      return keyword
    }
  }
  return undefined
}

/** `.cuda(1)`, `torch.cuda.set_device(rank)`. */
function placesByNumber(python: PythonModule, call: Call): boolean {
  if (call.name !== 'torch.cuda.set_device' && call.method !== 'cuda') return false
  const argument = call.expr.args.find((one) => one.name === null)
  if (argument === undefined || python.callAt(argument.value)?.name === 'torch.cuda.current_device')
    return false
  const value = effective(python.fold(argument.value))
  return value === undefined ? call.name === 'torch.cuda.set_device' : typeof value === 'number' && value > 0
}

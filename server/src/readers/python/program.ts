/** What a Python program does as a whole: how it uses the devices of a node, whether it trains and can go on later. */

import type { Call, PythonModule } from '../../python/module.js'
import { rankSource } from '../../python/rank-source.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../../syntax/python-children.js'
import { fixedArgument, fixedValue, knownArgument, mayBePassed } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import type { Launch } from '../../workload/claim.js'
import { givesRanks, knowsRank, startsPlainly } from '../../workload/launches.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import { boosterOnAccelerator } from '../boosting/device.js'
import { fastaiFits } from '../fastai/learners.js'
import { jaxEvidence } from '../jax/loop.js'
import { keptOnProcessor } from '../lightning/accelerators.js'
import { acceleratedLibrary } from '../pipelines/accelerator-use.js'
import { workOfModule } from '../pipelines/step-work.js'
import { trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { resumption } from '../pytorch/resume.js'
import { asksRay } from '../ray/asked.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { trainCalls } from '../ultralytics/train.js'
import { mergesOnProcessor } from './merging.js'
import { commandText, starters } from './started-programs.js'
import { strangersOf } from './strangers.js'
import { takenDevices } from './taken-devices.js'

type Parallelism = ProgramSettings['parallelism']
type Verdict = { value: Parallelism; key: string } | { because: string; key: string }

export const programReader = defineReader({
  name: 'python-program',
  languages: ['python'],
  triggers: [
    'torch',
    'tensorflow',
    'keras',
    'jax',
    'transformers',
    'Trainer',
    'lightning',
    'accelerate',
    'deepspeed',
    'xgboost',
    'lightgbm',
    'sklearn',
    'cupy',
    'cudf',
    'ultralytics',
    'fastai',
    'import ray',
    'from ray',
    'pandas',
    'pyspark',
    'polars',
    'cv2',
    'PIL',
    'duckdb',
    'dask',
    'pyarrow',
    'rasterio',
    'nibabel',
    'bs4',
    'joblib',
    'spacy',
    'paddle',
  ],
  read(facts, context, claims) {
    const python = facts.python
    // A text inside of another file is a program where something starts it.
    if (python === undefined || (facts.fragment.index !== 0 && context.binding === null)) return
    const evidence = trainingEvidence(python)
    const place = placeOf(python)
    const program = claims.subject('Program', place, '', evidence)
    const parallelism = parallelismOf(python, context.binding?.launch ?? null)
    if ('because' in parallelism) program.unknown('parallelism', parallelism.key, parallelism.because, place)
    else program.known('parallelism', parallelism.key, parallelism.value, place)
    const single =
      'value' in parallelism && parallelism.value === 'distributed' && takesOneEach(python, context)
    if (single) program.known('devicesEach', parallelism.key, 1, place)
    // Trials and processes of its own each take some.
    const together = 'value' in parallelism && /^(none|distributed|data-parallel)$/.test(parallelism.value)
    const taken = together ? takenDevices(python) : null
    if (taken !== null) program.known('devices', taken.key, taken.devices, taken.place)
    program.known('trains', 'training', trainsAnywhere(python) && !onlyMeasures(facts.path), place)
    program.known('infers', 'model', inference(python), place)
    readAccelerator(program, takesAccelerator(python, context) ? 'maybe' : evidence.accelerator, place)
    readResumption(python, program, place)
    const rank = rankSource(python)
    program.known('readsRank', rank ?? 'rank', rank, place)
    readWork(python, program, place)
    const none = asksRay(python)
    if (none !== undefined) program.known('asksForAccelerators', none.key, false, none.place)
    for (const { what, could, start, end } of strangersOf(python, python.tree.body)) {
      const handed = none !== undefined && /^the module ray(\.|$)/.test(what)
      const brings = handed ? could.filter((one) => one !== 'accelerator') : could
      if (brings.length > 0) claims.unseen({ what, could: brings, location: claims.locate({ start, end }) })
    }
  },
})

/** `benchmark.py`, `bench_step.py`: a few steps against the clock, and nothing that is kept. */
function onlyMeasures(path: string): boolean {
  return /(^|[/_-])bench(mark)?(s|ing)?([_-][^/]*)?\.py$/i.test(path)
}

/** What it does and with which libraries: whether a machine with an accelerator is of any use to it. */
function readWork(python: PythonModule, program: SubjectBuilder<'Program'>, place: Place): void {
  program.known(
    'work',
    'program',
    workOfModule(python).map((one) => one.work),
    place,
  )
  const starts = runsNotebook(python.text) || python.calls.some((call) => startsUnknown(python, call))
  const kept = keptOnProcessor(python)
  if (starts) program.unknown('acceleratorLibrary', 'import', 'it starts other programs', place)
  else if (mergesOnProcessor(python)) program.known('acceleratorLibrary', 'merge_and_unload', null, place)
  else if (kept !== null) program.known('acceleratorLibrary', kept, null, place)
  else {
    const imported = acceleratedLibrary(python, python.tree.body)
    const use = imported === null ? boosterOnAccelerator(python) : { library: imported }
    if ('because' in use) program.unknown('acceleratorLibrary', 'params', use.because, place)
    else program.known('acceleratorLibrary', 'import', use.library, place)
  }
}

/** A notebook of Databricks that runs another one, in its own session or beside it. */
const otherNotebook = /^# MAGIC[ \t]+%run\b|\bdbutils\.notebook\.run\(/m

function runsNotebook(text: string): boolean {
  return (text.includes('# MAGIC') || text.includes('dbutils.notebook.run(')) && otherNotebook.test(text)
}

/** The main guard, else the first statement that is no import and no documentation. */
function placeOf(python: PythonModule): Place {
  const { body } = python.tree
  const main = body.find(
    (one) => one.type === 'if' && python.code.slice(one.test.start, one.test.end).includes('__main__'),
  )
  const first = main ?? body.find((one) => one.type !== 'import' && one.type !== 'expr') ?? body[0]
  if (first === undefined) return { start: 0, end: 0 }
  const line = python.text.indexOf('\n', first.start)
  return { start: first.start, end: Math.min(first.end, line < 0 ? first.end : line) }
}

/** TensorFlow and JAX compute on the first accelerator without being told, where nothing places their operations. */
function takesAccelerator(python: PythonModule, context: ReaderContext): boolean {
  if (
    python.evidence.accelerator === 'none' &&
    (trainCalls(python).length > 0 || fastaiFits(python).length > 0)
  )
    return true
  if (python.evidence.accelerator === 'none' && onAnyPlatform(python, context)) return true
  return (
    python.evidence.accelerator === 'none' &&
    python.evidence.role === 'training' &&
    python.imports.has('tensorflow') &&
    !python.uses('tensorflow.device', 'tensorflow.config.', 'tensorflow.compat.v1.') &&
    !/CUDA_VISIBLE_DEVICES/.test(python.code)
  )
}

/** It trains with JAX and chooses no platform. */
function onAnyPlatform(python: PythonModule, context: ReaderContext): boolean {
  return (
    python.evidence.role === 'training' &&
    python.imports.has('jax') &&
    jaxEvidence(python, context).accelerator === 'maybe'
  )
}

function readAccelerator(program: SubjectBuilder<'Program'>, accelerator: string, place: Place): void {
  if (accelerator === 'gpu' || accelerator === 'maybe')
    program.known('usesAccelerator', 'device', true, place)
  else if (accelerator === 'cpu') program.known('usesAccelerator', 'device', false, place)
  else program.unknown('usesAccelerator', 'device', 'nothing in the program names a device', place)
}

/** Models of libraries that compute on the device that they are given, or on the first. */
const models =
  /^(sentence_transformers\.(\w+\.)*(SentenceTransformer|CrossEncoder|SparseEncoder)|transformers\.(\w+\.)*(pipeline|(Auto)?Model\w*\.from_pretrained|\w+(Model|For\w+)\.from_pretrained)|diffusers\.\w+\.from_(pretrained|single_file)|whisper\.load_model|vllm\.LLM)$/

/** What loads a model that the program runs and does not train. */
function inference(python: PythonModule): string | null {
  if (trainsAnywhere(python)) return null
  return python.calls.find((call) => call.name !== null && models.test(call.name))?.method ?? null
}

// Devices.

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

function parallelismOf(python: PythonModule, launch: Launch | null): Verdict {
  const found = (names: string[]) => names.find((name) => python.uses(name))?.replace(/\.$/, '')
  const trials = found(['ray.tune.', 'tune.run', 'hyperopt.SparkTrials'])
  if (trials !== undefined) return { value: 'trials', key: trials }
  const library = found(
    launch !== null && startsPlainly(launch) && !knowsRank(launch) ? startsItself : distributed,
  )
  if (library !== undefined) return { value: 'distributed', key: library }
  const lightning = lightningDevices(python)
  if (lightning !== null) return lightning
  return (
    alone(python, launch) ?? {
      value: 'none',
      key: 'devices',
    }
  )
}

/** What PyTorch itself has for several processes: something else starts them, and each of them uses one device. */
const byProcess =
  /^torch\.(nn\.parallel\.DistributedDataParallel$|distributed\.(init_process_group$|fsdp\.|_composable\.))/

/** Each of its processes uses one device, whoever starts them: as many as are started, and no more, are used. */
function takesOneEach(python: PythonModule, context: ReaderContext): boolean {
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

function trlTrainer(python: PythonModule): string | undefined {
  const modules = [...python.importers, ...python.imported]
  const pattern = /^(trl|setfit|sentence_transformers|optimum)\.(\w+\.)*\w*Trainer$/
  for (const call of python.calls) if (call.name !== null && pattern.test(call.name)) return call.name
  for (const module of modules) {
    const use = module.uses.find((one) => pattern.test(one))
    if (use !== undefined) return use
  }
  return undefined
}

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

const harmless =
  /^(git|nvidia-smi|ls|cp|mv|rm|mkdir|pip|tar|unzip|wget|curl|aws|gsutil|hostname|which|scontrol|ffmpeg|dot|tensorboard)$/
/** It starts something that may compute on an accelerator. */
function startsUnknown(python: PythonModule, call: Call): boolean {
  if (call.name === null || !starters.test(call.name)) return false
  const command = call.expr.args[0]
  const text = command === undefined ? null : commandText(python, command.value)
  const program = text?.trim().split(/\s+/)[0]?.replace(/^.*\//, '')
  return program === undefined || !harmless.test(program) || /cuda|nvenc|cuvid|gpu/i.test(text!)
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
      /^(cuda|\/?gpu|\/device:gpu):$/i.test(expr.parts[0])) ||
    childrenOf(expr).some(visit)
  for (const statement of python.statements) {
    if (expressionsOf(statement).some(visit)) return { value: 'model-parallel', key: 'cuda:1' }
  }
  return null
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
  if (argument === undefined) return false
  const value = effective(python.fold(argument.value))
  return value === undefined ? call.name === 'torch.cuda.set_device' : typeof value === 'number' && value > 0
}

// Going on later.

const frameworkSaves = [
  'lightning.pytorch.Trainer',
  'transformers.Trainer',
  'transformers.Seq2SeqTrainer',
  'keras.callbacks.ModelCheckpoint',
  'keras.callbacks.BackupAndRestore',
]

function readResumption(python: PythonModule, program: SubjectBuilder<'Program'>, place: Place): void {
  const asked = askedToResume(python)
  if (asked !== null) {
    if (asked.known) program.known('resumes', asked.key, true, asked.place)
    else program.unknown('resumes', asked.key, 'whether it resumes depends on the launch', asked.place)
    return
  }
  if (
    python.uses(...frameworkSaves) ||
    trlTrainer(python) !== undefined ||
    python.uses('lightning.pytorch.cli.LightningCLI')
  ) {
    // It saves by itself, but nobody asks it to go on from there.
    if (python.uses('.load_state', 'torch.load'))
      program.unknown('resumes', 'checkpoint', 'something is loaded', place)
    else program.default('resumes', 'checkpoint', false, place)
    return
  }
  const result = resumption(python)
  if (result === 'unknown') program.unknown('resumes', 'checkpoint', 'something is saved or loaded', place)
  else if (result === 'resumes') program.known('resumes', 'checkpoint', true, place)
  else program.default('resumes', 'checkpoint', false, place)
}

interface Asked {
  key: string
  place: Place
  known: boolean
}

/** `trainer.train(resume_from_checkpoint=True)`, `trainer.fit(model, ckpt_path='last')`, `BackupAndRestore(...)`. */
function askedToResume(python: PythonModule): Asked | null {
  const restore = python.callsTo('keras.callbacks.BackupAndRestore')[0]
  if (restore !== undefined) return { key: 'BackupAndRestore', place: calleePlace(restore), known: true }
  for (const call of python.calls) {
    if (!/^(train|fit|TrainingArguments|\w+Config|\w+Arguments)$/.test(call.method)) continue
    for (const key of ['resume_from_checkpoint', 'ckpt_path', 'resume']) {
      const given = call.expr.args.find((one) => one.name === key)
      if (given === undefined) continue
      const folded = python.fold(given.value)
      const place = { start: given.start, end: given.end }
      const value = effective(folded)
      const fixed = value === undefined || fixedValue(folded) !== undefined
      if (value !== null && value !== false) return { key, place, known: fixed }
      if (!fixed) return { key, place, known: false }
    }
  }
  return null
}

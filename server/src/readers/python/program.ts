/** What a Python program does as a whole: how it uses the devices of a node, whether it trains and can go on later. */

import type { PythonModule } from '../../python/module.js'
import { isAccelerated } from '../../python/packages.js'
import { rankSource } from '../../python/rank-source.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { boosterOnAccelerator } from '../boosting/device.js'
import { fastaiFits } from '../fastai/learners.js'
import { jaxEvidence } from '../jax/loop.js'
import { keptOnProcessor } from '../lightning/accelerators.js'
import { acceleratedLibrary, startsElsewhere } from '../pipelines/accelerator-use.js'
import { workOfModule } from '../pipelines/step-work.js'
import { trainingEvidence, trainsAnywhere } from '../pytorch/evidence.js'
import { staysOnHost } from '../pytorch/no-device.js'
import { asksRay, runsWithoutRay } from '../ray/asked.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { trainsOnDriver } from '../spark/on-driver.js'
import { learningAgents } from '../stable-baselines/agents.js'
import { takesAway } from '../takes-away.js'
import { trainCalls } from '../ultralytics/train.js'
import { mergesOnProcessor } from './merging.js'
import { parallelismOf, takesOneEach } from './parallelism.js'
import { readResumption } from './program-resumption.js'
import { resultFolder } from './result-folder.js'
import { runsNotebook, startsUnknown } from './started-programs.js'
import { setsToTrain, startsTraining } from './started-training.js'
import { strangersOf } from './strangers.js'
import { takenDevices, takeOneDevice } from './taken-devices.js'
import { trainedSeconds } from './trained-cells.js'

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
    'librosa',
    'soundfile',
    'skimage',
    'SimpleITK',
    'pydicom',
    'nltk',
    'rdkit',
    'h5py',
    'tifffile',
    'import av',
    'decord',
    'moviepy',
    'pydub',
    'xarray',
    'zarr',
    'netCDF4',
    'geopandas',
    'osgeo',
    'pyogrio',
    'fiona',
    'laspy',
    'openslide',
    'anndata',
    'scanpy',
    'pysam',
    'pypdf',
    'pdfplumber',
    'import fitz',
    'trafilatura',
    'selectolax',
    'warcio',
    'datasketch',
    'deltalake',
    'imageio',
    'bs4',
    'joblib',
    'spacy',
    'paddle',
    'stable_baselines3',
    'sb3_contrib',
    'catboost',
    'aeon',
    'sktime',
    'statsmodels',
    'prophet',
    'pmdarima',
    'gensim',
    'lightfm',
    'hmmlearn',
    'pyod',
    'subprocess',
    'os.system(',
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
    if (taken !== null) {
      const site = taken.call === undefined ? taken.place : callSite(taken.call)
      program.known('devices', taken.key, taken.devices, taken.place, { site })
    }
    const agents = learningAgents(python)
    const trains = trainsAnywhere(python) || agents.length > 0 || setsToTrain(python)
    program.known('trains', 'training', trains && !onlyMeasures(facts.path), place)
    program.known('startsTraining', 'training', startsTraining(python) && !onlyMeasures(facts.path), place)
    if (agents.length > 0 && agents.every(({ small }) => small))
      program.known('lightNetwork', 'MlpPolicy', 'a few dense layers (`MlpPolicy`)', agents[0]!.place)
    const driver = trainsOnDriver(python)
    if (driver !== null)
      program.known('trainsOnDriver', 'toPandas', driver.library, calleePlace(driver.collected))
    const trained = trainedSeconds(facts.cellSeconds, python, claims)
    if (trained !== null) program.known('trainedSeconds', 'outputs', trained, place)
    program.known('infers', 'model', inference(python), place)
    const accelerator = takesAccelerator(python, context) ? 'maybe' : evidence.accelerator
    if (accelerator === 'cpu' && staysOnHost(python))
      program.known('usesAccelerator', '.to(device)', false, place)
    else readAccelerator(program, accelerator, place)
    readResumption(python, program, place)
    const folder = resultFolder(python, context.binding?.launch ?? null)
    if (folder !== null) program.known('resultFolder', folder.name, folder.name, folder.place)
    const away = takesAway(python, context.binding?.launch ?? null)
    if (away !== null) program.known('takesAway', away, away, place)
    const rank = rankSource(python)
    program.known('readsRank', rank ?? 'rank', rank, place)
    readWork(python, program, place)
    const none = asksRay(python)
    if (none !== undefined) program.known('asksForAccelerators', none.key, false, none.place)
    if (runsWithoutRay(python)) program.known('handsOut', 'import', false, place)
    for (const { what, could, start, end } of strangersOf(python, python.tree.body)) {
      const handed = none !== undefined && /^the module (ray|xgboost_ray|lightgbm_ray)(\.|$)/.test(what)
      const brings = handed ? could.filter((one) => one !== 'accelerator') : could
      if (brings.length > 0) claims.unseen({ what, could: brings, location: claims.locate({ start, end }) })
    }
  },
  change: takeOneDevice,
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
  const starts =
    runsNotebook(python.text) ||
    startsElsewhere(python, python.tree.body) ||
    python.calls.some((call) => startsUnknown(python, call))
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
  if (learningAgents(python).some(({ onProcessor }) => !onProcessor)) return true
  return (
    python.evidence.accelerator === 'none' &&
    (python.imports.has('tensorflow') ? python.evidence.role === 'training' : trainsElsewhere(python)) &&
    !python.uses('tensorflow.device', 'tensorflow.config.', 'tensorflow.compat.v1.') &&
    !/CUDA_VISIBLE_DEVICES/.test(python.code)
  )
}

/** What it trains with TensorFlow or Keras is in modules of the project, which use nothing else that computes on an accelerator. */
function trainsElsewhere(python: PythonModule): boolean {
  if (!trainsAnywhere(python)) return false
  const theirs = python.imported
    .flatMap(({ imports, brings = [] }) => [...imports, ...brings])
    .filter(isAccelerated)
  return theirs.length > 0 && theirs.every((one) => /^(tensorflow|keras|tf_keras)(\.|$)/.test(one))
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

/** What a step of a pipeline is for: by its name, and by what its code does. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import type { StepWork } from '../../workload/resource-kinds.js'

/** `readRawData`, `read-raw-data`, `Read raw data` give the same words. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '')
}

/** By the beginning of a word; the first that fits wins. */
const byWord: [RegExp, StepWork][] = [
  [/^(deploy|serv(e|ing)$|register|registry|promot|publish|endpoint|release|rollout|push)/, 'deploy'],
  [
    /^(notif|alert|slack|discord|email|approv|monitor|cleanup|delete|teardown|install|log|logs|logger|print|report)/,
    'report',
  ],
  [/^(download|fetch|clone|ingest|crawl|scrap|acquir|extract$)/, 'download'],
  [/^(tun(e|er|ing)$|hpo$|hp$|hyper|automl|sweep$)/, 'tune'],
  [
    /^(prep$|prepar|pre?proc|feature(s|d)?$|featur(iz|is)|transform(s|ed|er|ing|ation|ations)?$|tokeni|embed(s|ding|dings|der)?$|clean(s|ed|er|ing)?$|normali|augment|encod|resiz|etl$|vectori|chunk(er|ing)?$|imput(e|er|ing|ation)|wrangl|engineer)/,
    'prepare',
  ],
  [/^(train|finetun|fine$|fit$|fitting$|pretrain|distill)/, 'train'],
  [/^(eval|test|tests|testing$|scor|benchmark|metric|assess|predict|infer$|inference|batch$)/, 'evaluate'],
]

/** Words after which `train`, `test` and the like only say which data is meant: `split_train_test`, `training_data`. */
const dataWords =
  /^(data|dataset|datasets|df|dataframe|csv|records|corpus|images|examples|documents|texts|audio|videos)$/
const loads = /^(load|loader|loading|read|reader|get|pull|query|source|import|importer|collect)$/
const makes =
  /^(generat|creat|mak|build|process|split|filter|merge|convert|parse|format|join|aggregat|sampl|shard|materiali)/

const brings = /^(pull|copy|upload|get|fetch|push|clone|build|sync|move)$/
const program = /^(scripts?|code|images?|repo|repository)$/

/** What a name says. Empty where it says nothing: `step_1`, `model_loader`. */
export function workOfName(name: string): StepWork[] {
  const words = wordsOf(name)
  // `clean_up` is not about data.
  if (words.some((word, index) => word === 'clean' && words[index + 1] === 'up')) return ['report']
  // `skip_training`, `no_train_task`: the other branch only says so.
  if (/^(no|not|skip|skipped)$/.test(words[0] ?? '')) return ['report']
  // `pull_train_script`: what trains is brought there.
  if (brings.test(words[0] ?? '') && words.some((word) => program.test(word))) return []
  const found: StepWork[] = []
  const add = (work: StepWork) => {
    if (!found.includes(work)) found.push(work)
  }
  for (const [index, word] of words.entries()) {
    const kind = byWord.find(([pattern]) => pattern.test(word))?.[1]
    if (kind === undefined) continue
    const next = words[index + 1]
    // `train_test_split`, `load_training_data`: the set, not the act.
    const namesSet =
      /^(train|training|test|testing|eval|evaluation)$/.test(word) &&
      ((next !== undefined && (dataWords.test(next) || /^(set|sets|split|test|valid|eval|val)/.test(next))) ||
        (index > 0 && /^(train|split)/.test(words[index - 1]!)))
    if (!namesSet) add(kind)
    else if (words.some((one) => /^split/.test(one))) add('prepare')
  }
  // `load_features` fetches what another step has made.
  if (found.length === 1 && found[0] === 'prepare' && words.some((word) => loads.test(word))) {
    if (words.some((word) => /^features?$/.test(word))) return ['download']
  }
  const ofData = words.some((word) => dataWords.test(word))
  if (found.length === 0 && ofData) {
    if (words.some((word) => makes.test(word))) return ['prepare']
    if (words.some((word) => loads.test(word))) return ['download']
  }
  return found
}

const preparing =
  /^(pandas\.(read_|concat|merge|get_dummies|to_datetime|cut|qcut|melt|pivot)|sklearn\.(preprocessing|feature_extraction|feature_selection|impute|decomposition)\.|sklearn\.model_selection\.train_test_split$|pyspark\.(ml\.feature|sql|pandas)\.|datasets\.load_dataset|nltk\.|spacy\.|cv2\.|librosa\.|tensorflow_transform\.|PIL\.|soundfile\.|skimage\.|SimpleITK\.|pydicom\.|nibabel\.|rdkit\.|tifffile\.|imageio\.)/
/** Libraries that read, join and write tables, pictures, sounds and texts, whatever is called of them. By name of the top package. */
const ofData = new Set(
  (
    'polars duckdb dask modin pyarrow fastparquet ibis vaex deltalake pyiceberg geopandas rasterio rioxarray xarray zarr netCDF4 pyogrio fiona laspy ' +
    'h5py lmdb av decord pydub resampy audioread moviepy ffmpeg pypdf fitz pdfplumber pytesseract docx trafilatura selectolax bs4 justext warcio fastwarc ' +
    'datasketch simhash imagehash ftfy langdetect langid pysam anndata scanpy openslide mne osgeo sqlalchemy'
  ).split(' '),
)

const preparingMethods =
  /^(withColumn|saveAsTable|insertInto|fillna|dropna|merge|groupby|get_dummies|drop_duplicates|fit_transform|to_csv|to_parquet|to_pickle|tokenize|astype|pivot|resample|rolling)$/
/** Weights of an adapter that become part of the model's. */
const mergingMethods = /^merge_and_unload$/
const evaluating = /^(sklearn\.metrics\.|evaluate\.load|torchmetrics\.)/
const evaluatingMethods = /^(evaluate|score|predict_proba)$/
const deployingMethods = /^(deploy|register_model|create_endpoint|upload_model)$/
const deploying = /^(mlflow\.register_model|google\.cloud\.aiplatform\.(Model\.upload|Endpoint\.create))/
const downloading =
  /^(urllib\.request\.(urlretrieve|urlopen)|requests\.get|wget\.download|gdown\.|kaggle\.|google\.cloud\.storage\.|boto3\.(client|resource)|huggingface_hub\.snapshot_download)/
const training =
  /^((xgboost|lightgbm|catboost)(_ray)?\.(main\.)?(train|cv)$|autogluon\.|(transformers|trl|sentence_transformers|setfit|optimum|composer|lightning|detectron2|mmengine)\.([\w.]+\.)?(\w*Trainer|Runner)$)/
const trainingMethods = /^(fit|fit_generator|train_on_batch|partial_fit)$/

/** Which kind of work one call belongs to; null: none that can be told. */
function workOfCall(call: Call): StepWork | null {
  const { name, method } = call
  const work = name === null ? null : workOfLibrary(name)
  if (work !== null || call.expr.callee.type !== 'attribute') return work
  return trainingMethods.test(method) && isScaler(call) ? 'prepare' : workOfMethod(method)
}

function workOfLibrary(name: string): StepWork | null {
  if (training.test(name)) return 'train'
  if (evaluating.test(name)) return 'evaluate'
  if (deploying.test(name)) return 'deploy'
  if (downloading.test(name)) return 'download'
  return preparing.test(name) || ofData.has(name.split('.', 1)[0]!) ? 'prepare' : null
}

function workOfMethod(method: string): StepWork | null {
  if (trainingMethods.test(method)) return 'train'
  if (deployingMethods.test(method)) return 'deploy'
  if (mergingMethods.test(method)) return 'merge'
  if (evaluatingMethods.test(method)) return 'evaluate'
  return preparingMethods.test(method) ? 'prepare' : null
}

const scalers = /^sklearn\.(preprocessing|impute|decomposition|feature_)/

/** `scaler.fit(x)` prepares; it trains nothing. */
function isScaler(call: Call): boolean {
  if (scalers.test(call.receiver ?? '')) return true
  const { callee } = call.expr
  const receiver = callee.type === 'attribute' ? callee.value : null
  const id = receiver?.type === 'name' ? receiver.id : receiver?.type === 'attribute' ? receiver.attr : ''
  return /scal|encod|token|vectori|imput|pca|transform|binar|prepro|label/i.test(id)
}

export interface SeenWork {
  work: StepWork
  /** Calls that belong to it. */
  calls: number
}

const deepest = 2

/** What the code of a function does, functions of the module followed, in the order in which it first happens. */
export function workOfCode(python: PythonModule, func: Func): SeenWork[] {
  const found = new Map<StepWork, number>()
  const add = (work: StepWork, calls = 1) => found.set(work, (found.get(work) ?? 0) + calls)
  const seen = new Set<Func>()
  const visit = (one: Func, depth: number): void => {
    if (seen.has(one) || depth > deepest) return
    seen.add(one)
    if (trainingFunctions(python).has(one)) add('train')
    for (const call of one.calls) {
      const work = workOfCall(call)
      if (work !== null) add(work)
      for (const theirs of workElsewhere(python, call)) add(theirs)
      const inner = python.functionOf(call.expr.callee)
      if (inner !== null) visit(inner, depth + 1)
    }
  }
  visit(func, 0)
  return [...found].map(([work, calls]) => ({ work, calls }))
}

/** Functions with a training loop of their own. */
function trainingFunctions(python: PythonModule): ReadonlySet<Func | null> {
  return once(python, 'functions with training loops', () => {
    const training = python.loops.filter(({ role }) => role === 'train' || role === 'epoch')
    return new Set(training.map((loop) => loop.function))
  })
}

/** What the code of a whole module does. */
export function workOfModule(python: PythonModule): SeenWork[] {
  const found = new Map<StepWork, number>()
  const add = (work: StepWork) => found.set(work, (found.get(work) ?? 0) + 1)
  if (python.loops.some((loop) => loop.role === 'train' || loop.role === 'epoch')) add('train')
  for (const call of python.calls) {
    const work = workOfCall(call)
    if (work !== null) add(work)
    for (const one of workElsewhere(python, call)) add(one)
  }
  return [...found].map(([work, calls]) => ({ work, calls }))
}

/** What a function of another module does, or the class of another module that an object is made of. */
function workElsewhere(python: PythonModule, { name, expr: { callee } }: Call): StepWork[] {
  const there = name === null ? (python.importedFunction(callee) ?? python.importedClass(callee)) : null
  if (there === null) return []
  const works = there.calls.flatMap((one) => {
    const cut = one.lastIndexOf('.')
    const [owner, method] = [one.slice(0, Math.max(cut, 0)), one.slice(cut + 1)]
    const work = workOfLibrary(one) ?? workOfMethod(method)
    return work === 'train' && scalers.test(owner) ? [] : (work ?? [])
  })
  return 'trains' in there && there.trains ? [...works, 'train'] : works
}

/** Every function that an entry function of the module reaches, itself included. */
export function reachedFunctions(python: PythonModule, func: Func): Func[] {
  const seen = new Set<Func>()
  const visit = (one: Func, depth: number): void => {
    if (seen.has(one) || depth > 3) return
    seen.add(one)
    for (const call of one.calls) {
      const inner = python.functionOf(call.expr.callee)
      if (inner !== null) visit(inner, depth + 1)
    }
  }
  visit(func, 0)
  return [...seen]
}

/** Whether code could use an accelerator at all: by the libraries that it imports. */
import { importedModules } from '../../python/imported-modules.js'
import type { PythonModule } from '../../python/module.js'
import { isAccelerated, standardLibrary } from '../../python/packages.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { strangersOf } from '../python/strangers.js'

/** Packages that compute on processors only, whatever they are given. By name of the top package. */
const onProcessors = new Set(
  (
    'numpy scipy pandas pyarrow fastparquet polars sklearn statsmodels skimage PIL imageio matplotlib seaborn plotly bokeh ' +
    'tqdm rich click typer fire absl yaml toml dotenv pydantic requests httpx aiohttp boto3 botocore s3fs gcsfs fsspec psutil joblib ' +
    'h5py zarr lmdb nltk gensim regex ftfy bs4 lxml feedparser jsonlines ujson orjson simplejson dateutil pytz tzlocal ' +
    'sqlalchemy psycopg2 pymysql pymongo redis kafka snowflake pandas_gbq db_dtypes openpyxl xlrd kfp kfp_components ' +
    'sagemaker zenml flytekit metaflow prefect airflow mlflow wandb minio kaggle gdown wget holidays category_encoders imblearn ' +
    'pandera great_expectations evidently whylogs ydata_profiling pandas_profiling packaging attr attrs typing_extensions ' +
    'prophet pmdarima geopandas shapely tabulate jinja2 loguru structlog tenacity optuna hyperopt skopt networkx ' +
    'colorama termcolor omegaconf hydra IPython ipywidgets six tensorboardX clearml comet_ml neptune aim cv2 gym gymnasium pyspark ' +
    'pyrootutils rootutils hydra_zen hydra_plugins hydra_colorlog lightning_utilities torchmetrics torchinfo torchsummary icecream natsort easydict munch addict box dotmap ml_collections yacs jsonargparse configargparse tyro simple_parsing ruamel tomli moviepy decord pyhocon docopt ' +
    'datasets tokenizers sentencepiece tiktoken safetensors huggingface_hub modal ' +
    'librosa soundfile resampy pydub audioread duckdb rasterio pyproj fiona sktime tsfresh featuretools shap lime lifelines ' +
    'xlsxwriter pytesseract rdkit openai anthropic cohere pypdf docx nbformat papermill ' +
    'langdetect langid fasttext textblob textstat unidecode emoji contractions rapidfuzz fuzzywuzzy thefuzz Levenshtein jellyfish ' +
    'datasketch simhash imagehash exifread piexif blurhash smart_open html2text trafilatura readability newspaper justext selectolax tldextract warcio fastwarc ijson msgpack ' +
    'lz4 zstandard snappy blosc tables netCDF4 xarray rioxarray cfgrib deltalake pyiceberg adlfs paramiko docker kubernetes ' +
    'pika celery elasticsearch opensearchpy neo4j psycopg asyncpg aiofiles watchdog schedule jsonschema marshmallow dacite ' +
    'multiprocess dill cloudpickle pathos prettytable humanize coloredlogs pendulum arrow numexpr bottleneck toolz cytoolz ' +
    'more_itertools sortedcontainers xxhash mmh3 pysam Bio anndata scanpy pybedtools nibabel SimpleITK pydicom tifffile openslide ' +
    'osgeo laspy trimesh mne pywt sympy cvxpy pulp ortools river surprise lightfm hdbscan umap igraph pyod mlxtend feature_engine ' +
    'patsy arch ruptures statsforecast hmmlearn pgmpy deap emcee astropy uproot awkward flask fastapi uvicorn starlette django ' +
    'aeon tslearn pyts stumpy pycatch22 skforecast mlforecast econml causalml dowhy boruta eli5 yellowbrick scikitplot kneed minisom gplearn ' +
    'pygam interpret optbinning sksurv skmultilearn bayes_opt nevergrad pymoo pyswarms wordcloud pyLDAvis missingno sweetviz folium altair graphviz ' +
    'pydot filelock portalocker setproctitle medmnist webdataset kagglehub splitfolders prometheus_client slowapi draccus ' +
    'streamlit gradio dash ConfigSpace smac editdistance sacrebleu rouge_score sacremoses jieba konlpy underthesea pythainlp ' +
    'av ibis vaex pyogrio fitz pdfplumber pymupdf camelot'
  ).split(' '),
)
/** Of the namespace `google`: clients of services, which compute elsewhere. */
const clients =
  /^google\.(cloud\.(storage|bigquery|bigquery_storage|pubsub|firestore|secretmanager|logging|spanner|datastore|aiplatform)|auth|oauth2|api_core|colab)\b/

/** What is imported and computes on an accelerator, or that what could do so is not known. */
export type AcceleratorUse = { library: string | null } | { because: string }

/** Of statements with the functions in them (a step whose code stands in one function), or of a whole module. */
export function acceleratorUse(python: PythonModule, code: Stmt[]): AcceleratorUse {
  const library = acceleratedLibrary(python, code)
  if (library !== null) return { library }
  if (startsElsewhere(python, code)) return { because: 'it starts other programs' }
  if (importsByName(python, code)) return { because: 'which module it imports is known when it runs' }
  const stranger = strangersOf(python, code).find(({ could }) => could.includes('accelerator'))
  return stranger === undefined ? { library } : { because: `what ${stranger.what} does is not known` }
}

/** What it takes out of a module of the project starts one and leaves it running: a server of models. */
export function startsElsewhere(python: PythonModule, code: Stmt[]): boolean {
  return importedModules(python, code).some(({ name, summary }) => {
    if (summary === null) return false
    const taken = [lookUp(summary.classes, name ?? ''), lookUp(summary.functions, name ?? '')].flatMap(
      (one) => one?.calls ?? [],
    )
    const seen = taken.length > 0 ? taken : name === null || name === '*' ? summary.uses : []
    return seen.includes('subprocess.Popen')
  })
}

/** `importlib.import_module(args.experiment)`, `runpy.run_path(script)`: any library may stand behind the name. */
function importsByName(python: PythonModule, code: Stmt[]): boolean {
  return python.calls.some(
    ({ name, expr }) =>
      byName.test(name ?? '') &&
      expr.args[0]?.value.type !== 'constant' &&
      code.some(({ start, end }) => start <= expr.start && expr.end <= end),
  )
}

const byName = /^(importlib\.import_module|__import__|runpy\.run_(module|path))$/

/** The library that computes on an accelerator, imported here or by a module of the project that is; null: none. */
export function acceleratedLibrary(python: PythonModule, code: Stmt[]): string | null {
  // A plugin of Spark computes queries on the GPU; the code only names it.
  if (sparkPlugin.test(python.code)) return 'spark-rapids'
  const imported = importedModules(python, code)
  // Its parameters may stand in another module: `PARAMETERS = {'device': 'cuda'}`.
  const toldElsewhere = imported.some(({ summary }) => summary?.evidence?.accelerator === 'gpu')
  for (const { module, name, summary } of imported) {
    const root = rootOf(module)
    if (summary !== null) {
      const all = [...summary.imports, ...(summary.brings ?? [])]
      const theirs = all.find(
        (one) =>
          (isAccelerated(one) && !onlyTexts(one, all)) || (toldElsewhere && onlyWhereTold(rootOf(one))),
      )
      if (theirs !== undefined) return rootOf(theirs)
    } else if (onlyWhereTold(root)) {
      // What stands between the statements asks for the machine: `@app.function(gpu='A100')`.
      const told = isBooster(root) ? /\b(gpu|cuda)/i : root === 'polars' ? polarsEngine : /gpu|cuda/i
      if (code.some(({ start, end }) => told.test(python.code.slice(start, end)))) return root
    } else if (isAccelerated(module) && !(root === 'transformers' && name !== null && textTool.test(name))) {
      if (!/^torch(vision|audio)?$/.test(root) || !onlyHoldsTensors(python)) return root
    }
  }
  return null
}

/** https://docs.nvidia.com/spark-rapids/user-guide/latest/: the plugin's class, and its keys. */
export const sparkPlugin = /\b(com\.nvidia\.spark|spark\.rapids)\./

/** What a program needs of torch to bring data into files of tensors. */
const tensorTools =
  /^torch(\.(save|tensor|Tensor|from_numpy|as_tensor|manual_seed|set_num_threads|zeros|ones|full|empty|arange|stack|cat|concat|split|chunk|unique|is_tensor|zeros_like|ones_like|randperm|Generator|no_grad|\w+Tensor|u?int\d*|long|short|float\d*|bfloat16|bool|size|utils(\.data(\.\w+)*)?))?$|^torchvision(\.(datasets|transforms|io)(\.\w+)*)?$|^torchaudio(\.(load|save|info|transforms|functional|datasets|set_audio_backend)(\.\w+)*)?$/
/** Devices, networks and training. */
const otherTools =
  /cuda|\bgpu\b|\.to\(|\.half\(|\bdevice\b|\bnn\b|\bbackward\b|\bmps\b|\bjit\b|@torch\.compile/i

/** All that it takes out of torch keeps tensors in files: what it computes, it computes on the processor. */
function onlyHoldsTensors(python: PythonModule): boolean {
  if (otherTools.test(python.code) || /\bimport\s+torch\w*\s+as\b/.test(python.code)) return false
  for (const [, from, names] of python.code.matchAll(
    /^[ \t]*from\s+(torch[\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)/gm,
  ))
    for (const name of names!.replace(/[()\\\s]+/g, ' ').split(','))
      if (name.trim() !== '' && !tensorTools.test(`${from}.${name.trim().split(' ')[0]}`)) return false
  for (const [whole] of python.code.matchAll(/(?<![\w.])torch(vision|audio)?(\.\w+)+/g))
    if (!holds(whole)) return false
  return true
}

/** `torch.tensor`, `torch.stack([…]).mean` without what its result is asked for. */
function holds(name: string): boolean {
  const [root, first = '', second] = name.split('.')
  if (tensorTools.test(name)) return true
  // `torch.utils.data.Dataset.__init__`, `torch.Tensor.numpy`.
  return second !== undefined && tensorTools.test(`${root}.${first}`) && first !== 'utils'
}

/** What prepares the input of a model, by name of the class: no weights, no arithmetic on an accelerator. */
const textTool = /^(set_seed|logging)$|(Tokenizer|TokenizerFast|FeatureExtractor|Config)$/

/** All that a module takes out of transformers prepares the input of a model. */
function onlyTexts(imported: string, all: readonly string[]): boolean {
  if (imported.split('.')[0] !== 'transformers') return false
  const taken = all.filter((one) => one.startsWith('transformers.'))
  return taken.length > 0 && taken.every((one) => textTool.test(one.split('.').at(-1)!))
}

const rootOf = (module: string): string => module.split('.')[0]!

/** These compute on a GPU where they are told so. */
function onlyWhereTold(root: string): boolean {
  return isBooster(root) || /^(spacy|faiss|polars)$/.test(root)
}

/** `lazy.collect(engine="gpu")`. Source: Polars 1.x, "GPU support". */
const polarsEngine = /\bengine\s*=\s*["']gpu|\bGPUEngine\b/

function isBooster(root: string): boolean {
  return /^(xgboost|lightgbm|catboost)$/.test(root)
}

/**
 * True for libraries that never compute on an accelerator, or not unless they are told to.
 *
 * @param name what is imported from the module; null: the module itself
 */
export function computesOnProcessors(module: string, name: string | null = null): boolean {
  const root = rootOf(module)
  const whole = name === null ? module : `${module}.${name}`
  if (/\.(deep_learning|dl)(\.|$)/.test(module)) return false
  return standardLibrary.has(root) || onProcessors.has(root) || onlyWhereTold(root) || clients.test(whole)
}

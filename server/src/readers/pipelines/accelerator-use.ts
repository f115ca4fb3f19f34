/** Whether code could use an accelerator at all: by the libraries that it imports. */
import type { PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import { standardLibrary } from '../python/single-device-libraries.js'

/** Packages that compute on processors only, whatever they are given. By name of the top package. */
const onProcessors = new Set(
  (
    'numpy scipy pandas pyarrow fastparquet polars sklearn statsmodels skimage PIL imageio matplotlib seaborn plotly bokeh ' +
    'tqdm rich click typer fire absl yaml toml dotenv pydantic requests httpx aiohttp boto3 botocore s3fs gcsfs fsspec psutil joblib ' +
    'h5py zarr lmdb nltk gensim regex ftfy bs4 lxml feedparser jsonlines ujson orjson simplejson dateutil pytz tzlocal ' +
    'sqlalchemy psycopg2 pymysql pymongo redis kafka snowflake pandas_gbq db_dtypes openpyxl xlrd kfp kfp_components ' +
    'sagemaker zenml flytekit metaflow prefect airflow mlflow wandb minio kaggle gdown wget holidays category_encoders imblearn ' +
    'pandera great_expectations evidently whylogs ydata_profiling pandas_profiling packaging attr attrs typing_extensions ' +
    'prophet pmdarima geopandas shapely tabulate jinja2 loguru structlog tenacity'
  ).split(' '),
)
/** Of the namespace `google`: clients of services, which compute elsewhere. */
const clients =
  /^google\.(cloud\.(storage|bigquery|bigquery_storage|pubsub|firestore|secretmanager|logging|spanner|datastore|aiplatform)|auth|oauth2|api_core|colab)\b/

export type AcceleratorUse = { library: string | null } | { because: string }

/** Of statements with the functions in them (a step whose code stands in one function), or of a whole module. */
export function acceleratorUse(python: PythonModule, code: Stmt[]): AcceleratorUse {
  const modules: string[] = []
  const visit = (statement: Stmt): void => {
    if (statement.type === 'import') {
      if (statement.level > 0) modules.push('.')
      else if (statement.from)
        for (const { name } of statement.names) modules.push(`${statement.module ?? ''}.${name}`)
      else for (const { name } of statement.names) modules.push(name)
    }
    for (const block of blocksOf(statement)) block.forEach(visit)
  }
  code.forEach(visit)
  let unknown: string | null = null
  for (const module of modules) {
    const root = module.split('.')[0]!
    if (standardLibrary.has(root) || onProcessors.has(root) || clients.test(module)) continue
    if (/^(xgboost|lightgbm|catboost)$/.test(root)) {
      const { start, end } = { start: code[0]!.start, end: code.at(-1)!.end }
      // These compute on a GPU where they are told so.
      if (/\b(gpu|cuda)/i.test(python.text.slice(start, end))) return { library: root }
      continue
    }
    if (accelerated.has(root)) return { library: root }
    unknown ??= root === '' ? 'a module of the project' : root
  }
  return unknown === null ? { library: null } : { because: `what ${unknown} does is not known` }
}

const accelerated = new Set(
  (
    'torch torchvision torchaudio tensorflow keras tf_keras jax jaxlib flax cupy cudf cuml cugraph dask_cudf dask_cuda rmm numba pycuda ' +
    'onnxruntime tensorrt transformers sentence_transformers diffusers vllm lightning pytorch_lightning accelerate ' +
    'deepspeed nvidia nvtabular merlin paddle mxnet ultralytics detectron2 mmcv mmdet mmengine easyocr whisper faiss open_clip ' +
    'timm fastai spacy autogluon flair stable_baselines3'
  ).split(' '),
)

/** Networks that are small, as far as the layers in one file tell. */
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf, expressionsOf } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'

/** What a size that is not known is taken for: columns of a table, classes, the width of an embedding. */
const usualWidth = 1_024

/** Parameters of a layer whose sizes are (a, b, kernel); a size that is not known is null. */
function parametersOf(name: string, [a, b, k]: (number | null | undefined)[]): number | null {
  if (a == null && b == null) return null
  const plain = (a ?? usualWidth) * (b ?? usualWidth)
  if (name === 'torch.nn.Linear' || name === 'torch.nn.LazyLinear') return plain
  if (/^torch\.nn\.(Conv[123]d|ConvTranspose[123]d)$/.test(name)) {
    const dimensions = Number(name.match(/(\d)d$/)![1])
    return a == null || b == null || k == null ? null : a * b * k ** dimensions
  }
  if (/^torch\.nn\.(RNN|GRU|LSTM)$/.test(name)) {
    const gates = name.endsWith('LSTM') ? 4 : name.endsWith('GRU') ? 3 : 1
    return b == null ? null : gates * ((a ?? usualWidth) + b) * b
  }
  return null
}

const modelSources = [
  'torchvision.models.',
  'timm.',
  'transformers.',
  'segmentation_models_pytorch.',
  'torch.hub.load',
  'diffusers.',
]

/** What can be imported without bringing a network along. */
const plainRoots = new Set(
  (
    '__future__ abc argparse ast base64 builtins cmath collections contextlib copy csv dataclasses datetime decimal enum ' +
    'fractions functools gc getpass glob gzip hashlib heapq importlib inspect io itertools json locale logging math ' +
    'multiprocessing operator os pathlib pickle platform pprint queue random re secrets shutil signal socket sqlite3 ' +
    'statistics string struct subprocess sys tarfile tempfile textwrap threading time timeit traceback types typing ' +
    'unicodedata urllib uuid warnings zipfile ' +
    'torch numpy scipy sklearn pandas polars matplotlib seaborn plotly bokeh altair tqdm wandb mlflow tensorboard ' +
    'tensorboardX neptune comet_ml optuna hyperopt ray joblib h5py pyarrow yaml omegaconf hydra click rich IPython ' +
    'ipywidgets cv2 PIL skimage imageio albumentations imgaug tabulate psutil requests nltk spacy gensim torchmetrics ' +
    'torchinfo torchsummary torchviz lightning pytorch_lightning gym gymnasium xgboost lightgbm catboost imblearn ' +
    'category_encoders statsmodels shap talib einops numba cupy kaggle google kagglehub'
  ).split(' '),
)

/** A program that trains by itself, and imports nothing that could bring a network along. */
function standsAlone(analysis: Analysis): boolean {
  return (
    (analysis.usesHere('.backward') || analysis.usesHere('lightning.pytorch.Trainer')) &&
    !analysis.usesHere('torch.load', 'torch.hub.', 'torch.jit.') &&
    [...analysis.imports].every((name) => plainRoots.has(name.split('.')[0]!))
  )
}

/**
 * A network whose layers are all in this file and come to under two million parameters that take part in a product.
 * `dense`: of nothing but layers that take each parameter once for each sample.
 */
export function smallModel(analysis: Analysis, dense: boolean): string | null {
  if (analysis.uses(...modelSources)) return null
  let total = 0
  let layers = 0
  let wide = 0
  let unknown = 0
  for (const call of analysis.calls) {
    if (call.name === null || !call.name.startsWith('torch.nn.')) continue
    if (/^torch\.nn\.(MultiheadAttention|Transformer\w*)$/.test(call.name)) return null
    if (!/^torch\.nn\.(Lazy)?(Linear|Conv|Embedding|RNN|GRU|LSTM)/.test(call.name)) continue
    // Rows are looked up; that is no arithmetic.
    if (/^torch\.nn\.Embedding/.test(call.name)) continue
    if (dense && !/Linear$/.test(call.name)) return null
    if (repeated(analysis, call)) return null
    const sizes = call.expr.args
      .slice(0, 3)
      .map((argument) => (argument.star > 0 ? null : sizeOf(analysis, argument.value)))
    layers++
    const parameters = parametersOf(call.name, call.method === 'LazyLinear' ? [null, ...sizes] : sizes)
    const guessed = sizes.slice(0, 2).includes(null) || call.method === 'LazyLinear'
    if (parameters !== null) {
      total += parameters
      if (guessed) wide++
    } else if (call.name === 'torch.nn.Linear') unknown++
    else return null
  }
  // Layers from other modules of the project cannot be counted here.
  if (layers === 0) return null
  // Up to three linear layers are no deep network, however wide, where nothing else can hold the rest of it.
  if (unknown > 0 && layers > 3) return null
  if ((unknown > 0 || wide > 0) && !standsAlone(analysis)) return null
  return total < smallNetwork ? `a model of ${layers} ${layers === 1 ? 'layer' : 'layers'}` : null
}

/** From here on a network is worth more than a launch of its kernels. */
export const smallNetwork = 2_000_000

/** A number, or the first of several (a kernel of `(3, 3)`). */
export function sizeOf(analysis: Analysis, expr: Expr): number | null {
  const folded = analysis.fold(expr)
  const value = folded.state === 'known' ? folded.value : null
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'number' ? first : null
}

/** A layer that is made over and over: in a loop, a comprehension, or by a class of which that holds. */
export function repeated(analysis: Analysis, call: Call, depth = 0): boolean {
  if (call.loops.length > 0 || depth > 4) return true
  if (expressionsOf(call.statement).some((expr) => comprehended(expr, call.expr))) return true
  const klass = call.function?.class ?? null
  if (klass === null) return false
  return analysis.constructionsOf(klass).some((made) => made !== call && repeated(analysis, made, depth + 1))
}

/** Whether a comprehension of the expression holds the other one; so does `[Block()] * 6`. */
function comprehended(expr: Expr, inner: Expr, within = false): boolean {
  if (expr === inner) return within
  if (expr.start > inner.start || expr.end < inner.end) return false
  const many = expr.type === 'comprehension' || (expr.type === 'binary' && expr.op === '*')
  return childrenOf(expr).some((child) => comprehended(child, inner, within || many))
}

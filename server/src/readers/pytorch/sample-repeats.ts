/** What the code that makes a sample does with a model or a device: the same in each epoch, or one sample at a time. */

import type { Call, Func, PythonModule } from '../../python/module.js'
import { readyNetworkRun } from '../../python/ready-networks.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { textIn } from '../../values/argument.js'
import { trainingEvidence } from './evidence.js'

export interface Repeated {
  kind: 'repeated work' | 'several files' | 'shared file' | 'table row' | 'sample on device'
  /** As a clause. */
  what: string
  weight: 'slight' | 'ordinary'
}

/** What reads a whole file, of which a sample may be a part. */
const wholeFile =
  /^(pandas\.read_(csv|parquet|json|pickle|feather|excel|hdf)|numpy\.(load|loadtxt|genfromtxt)|torch\.load|scipy\.io\.loadmat|pickle\.load|joblib\.load)$/

/** A few of them write all samples. */
export const fontFile = 'PIL.ImageFont.truetype'

/** `pd.read_parquet(self.files[index // self.windows])`: the next samples read the same file. */
export function readsSharedFile(analysis: PythonModule, { name, expr }: Call): boolean {
  const [path] = expr.args
  if (name === fontFile) return path !== undefined && path.star === 0
  if (name === null || !wholeFile.test(name) || path === undefined || path.star > 0) return false
  if (expr.args.some((one) => one.name === 'mmap_mode' || one.name === 'mmap')) return false
  return comesFromDivision(analysis, path.value, 0)
}

function comesFromDivision(analysis: PythonModule, expr: Expr, depth: number): boolean {
  if (depth > 6) return false
  if (expr.type === 'binary' && expr.op === '//') return true
  if (expr.type === 'call') {
    const name = analysis.nameOf(expr.callee) ?? ''
    if (/^(divmod|bisect\.\w+|numpy\.(searchsorted|digitize))$/.test(name)) return true
  }
  if (expr.type === 'name') {
    const binding = analysis.bindingsOf(expr).at(-1)
    const value = binding?.kind === 'assign' ? binding.value : null
    return value != null && value !== expr && comesFromDivision(analysis, value, depth + 1)
  }
  return childrenOf(expr).some((child) => comesFromDivision(analysis, child, depth + 1))
}

export function repeatedWork(analysis: PythonModule, call: Call): Repeated | null {
  const { callee } = call.expr
  if (isModelPass(analysis, call) || isHandedModelPass(analysis, call))
    return { kind: 'repeated work', what: runsModel, weight: 'ordinary' }
  const work = libraryWork(analysis, call)
  if (work !== null) return { kind: 'repeated work', what: work, weight: 'ordinary' }
  if (isTableRow(analysis, call))
    return { kind: 'table row', what: 'reads a row of a pandas table', weight: 'slight' }
  if (callee.type !== 'attribute' || !copiesToGpu(analysis, call)) return null
  return { kind: 'sample on device', what: 'puts one sample on the accelerator', weight: 'slight' }
}

export const runsModel = 'runs a model'

const namesModel = /model|(^|_)net(work)?$|encoder|backbone|extractor|embedder|teacher|clip|bert|vae/i
const namesNoModel = /tokeni[sz]|process|transform|optimi/i

/** `with torch.no_grad(): text = self.text_model(**tokens)`: only a network is run without gradients, whoever has handed it in. */
function isHandedModelPass(analysis: PythonModule, { expr, function: func, name }: Call): boolean {
  const { callee, args } = expr
  if (func === null || name !== null || args.length === 0) return false
  const called = callee.type === 'attribute' && /^(encode\w*|get_\w+_features|forward\w*)$/.test(callee.attr)
  const network = called ? callee.value : callee
  if (network.type !== 'attribute' || network.value.type !== 'name' || network.value.id !== 'self')
    return false
  if (!namesModel.test(network.attr) || namesNoModel.test(network.attr)) return false
  if (analysis.functionOf(callee) !== null) return false
  return isWithoutGradients(analysis, func.node, expr)
}

const gradientsOff = /^torch\.(no_grad|inference_mode)$/

function isWithoutGradients(
  analysis: PythonModule,
  { body, decorators }: Func['node'],
  inner: Span,
): boolean {
  const isOff = (one: Expr) =>
    gradientsOff.test(analysis.nameOf(one.type === 'call' ? one.callee : one) ?? '')
  const isIn = (block: readonly Stmt[]): boolean =>
    block.some(
      (one) =>
        one.start <= inner.start &&
        inner.end <= one.end &&
        ((one.type === 'with' && one.items.some(({ value }) => isOff(value))) || blocksOf(one).some(isIn)),
    )
  return decorators.some(isOff) || isIn(body)
}

/** Taggers and parsers of texts. */
const textPipeline = /^(spacy\.load|stanza\.Pipeline)$/

/** `self.encoder(pixels)`, `clip.encode_image(pixels)`, of a model that is loaded with its weights. */
function isModelPass(analysis: PythonModule, { expr }: Call): boolean {
  const made = readyNetworkRun(analysis, expr)
  // Without most of its parts a pipeline only cuts words.
  return (
    made !== null &&
    !(
      textPipeline.test(analysis.nameOf(made.callee) ?? '') &&
      made.args.some((one) => /^(disable|exclude|enable|processors)$/.test(one.name ?? ''))
    )
  )
}

function copiesToGpu(analysis: PythonModule, call: Call): boolean {
  if (!analysis.imports.has('torch') && ![...analysis.imports].some((name) => name.startsWith('torch.')))
    return false
  if (call.method === 'cuda') return true
  if (call.method !== 'to') return false
  const [first] = call.expr.args
  if (first === undefined || first.star !== 0) return false
  const device = textIn(analysis.fold(first.value))
  if (device !== null) return /^cuda(:\d+)?$/.test(device)
  // `self.device`: whoever makes the data set chooses it, in a program that has a GPU.
  const named = /(^|[._])device$/.test(analysis.code.slice(first.value.start, first.value.end))
  return (
    named &&
    /^(gpu|maybe)$/.test(trainingEvidence(analysis).accelerator) &&
    !asksForProcessor(analysis, first.value)
  )
}

/** `device='cpu'`, unless somebody passes another. */
function asksForProcessor(analysis: PythonModule, device: Expr): boolean {
  const held = analysis.definition(device)
  const [binding] = held.type === 'name' ? analysis.bindingsOf(held) : []
  const otherwise = binding?.kind === 'param' ? binding.value : null
  return otherwise != null && textIn(analysis.fold(otherwise)) === 'cpu'
}

const processes = new Set([
  'subprocess.run',
  'subprocess.call',
  'subprocess.check_call',
  'subprocess.check_output',
  'subprocess.Popen',
  'subprocess.getoutput',
  'os.system',
  'os.popen',
])
/** Classes whose `fit` searches for parameters; scalers and encoders only count. */
const estimators =
  /^(statsmodels|prophet|pmdarima|hmmlearn|umap|lightgbm|xgboost|catboost|sklearn\.(cluster|decomposition|mixture|manifold|svm|ensemble|gaussian_process|linear_model|neighbors))\./

/** Work that takes milliseconds at least whatever the sample, as a clause; null: none that is known. */
function libraryWork(analysis: PythonModule, call: Call): string | null {
  const { name, method, receiver, expr } = call
  if (name !== null && processes.has(name)) return 'starts a process'
  if (!/^fit(_transform|_predict)?$/.test(method)) return null
  const made = expr.callee.type === 'attribute' ? analysis.definition(expr.callee.value) : null
  const owner = made?.type === 'call' ? analysis.nameOf(made.callee) : receiver
  return estimators.test(owner ?? '') ? 'fits a model' : null
}

const arrays = /^(torch\.(tensor|as_tensor|from_numpy|FloatTensor|LongTensor)|numpy\.(array|asarray))$/

/** `torch.tensor(self.table.iloc[index].values)`: a Series is made of each row, with its index and one type for all. */
function isTableRow(analysis: PythonModule, { name, expr }: Call): boolean {
  const [first] = expr.args
  if (name === null || !arrays.test(name) || first === undefined) return false
  let value = analysis.definition(first.value)
  if (
    value.type === 'call' &&
    value.callee.type === 'attribute' &&
    /^(to_numpy|astype)$/.test(value.callee.attr)
  )
    value = analysis.definition(value.callee.value)
  if (value.type === 'attribute' && value.attr === 'values') value = analysis.definition(value.value)
  if (value.type !== 'subscript' || value.value.type !== 'attribute') return false
  const isRow = /^i?loc$/.test(value.value.attr) && analysis.imports.has('pandas')
  return isRow && isOfSelf(analysis, value.value.value)
}

/** `self.table`, `self.table.sort_values('day')`: not the table of one sample. */
function isOfSelf(analysis: PythonModule, table: Expr, depth = 0): boolean {
  if (depth > 8) return false
  if (table.type === 'attribute')
    return table.value.type === 'name'
      ? table.value.id === 'self'
      : isOfSelf(analysis, table.value, depth + 1)
  if (table.type === 'call' && table.callee.type === 'attribute')
    return isOfSelf(analysis, table.callee.value, depth + 1)
  const value = table.type === 'name' ? analysis.definition(table) : table
  return value !== table && isOfSelf(analysis, value, depth + 1)
}

/** Switches of PyTorch that a program sets for its whole run: calls, attributes of `torch.backends`, variables. */

import type { Call, EnvironmentWrite, Folded, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { fixedValue } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { OperationKind, OperationSettings } from '../../workload/resource-kinds.js'
import { reached } from '../python/reached.js'

/** What a change does: take the statement out, or write another value. */
export type Remedy =
  | { remove: true }
  | { write: string; at: { start: number; end: number } }
  | { reason: string }

export interface Switch {
  kind: OperationKind
  /** As the code calls it, with its value: `CUDA_LAUNCH_BLOCKING=1`. */
  key: string
  statement: Stmt
  at: { start: number; end: number }
  weight: OperationSettings['weight']
  overridable: boolean
  remedy: Remedy
}

/** Variables that slow a run down, and the values that do it. */
export const variables: Record<
  string,
  { when: RegExp; kind: OperationKind; weight: OperationSettings['weight']; harmless: string }
> = {
  CUDA_LAUNCH_BLOCKING: { when: /^1$/, kind: 'debug checks', weight: 'severe', harmless: '0' },
  PYTORCH_NO_CUDA_MEMORY_CACHING: { when: /^1$/, kind: 'debug checks', weight: 'severe', harmless: '0' },
  TORCH_DISTRIBUTED_DEBUG: { when: /^DETAIL$/i, kind: 'debug checks', weight: 'ordinary', harmless: 'OFF' },
  PYTHONMALLOC: { when: /debug/, kind: 'debug checks', weight: 'ordinary', harmless: 'default' },
  NCCL_P2P_DISABLE: { when: /^1$/, kind: 'debug checks', weight: 'slight', harmless: '0' },
  NCCL_SHM_DISABLE: { when: /^1$/, kind: 'debug checks', weight: 'slight', harmless: '0' },
  NCCL_IB_DISABLE: { when: /^1$/, kind: 'debug checks', weight: 'slight', harmless: '0' },
  NVIDIA_TF32_OVERRIDE: { when: /^0$/, kind: 'strict matrix products', weight: 'ordinary', harmless: '1' },
}

/** Those that the program comes by. */
export function switchesOf(python: PythonModule): Switch[] {
  const kept: Switch[] = []
  for (const one of writtenSwitches(python)) {
    const way = reached(python, one.statement)
    if (way === 'no') continue
    kept.push(way === 'option' ? { ...one, overridable: true } : one)
  }
  return kept
}

/** All that the file holds; some are reached by certain launches only. */
export function writtenSwitches(python: PythonModule): Switch[] {
  const found: Switch[] = []
  for (const call of python.calls) {
    const one = callSwitch(python, call)
    if (one !== null) found.push(one)
  }
  for (const statement of python.statements) {
    if (statement.type !== 'assign' || statement.value === null) continue
    const pairs = statement.targets.flatMap((target) => assignedParts(target, statement.value!))
    for (const { target, value } of pairs) {
      const one = target.type === 'attribute' ? attributeSwitch(python, statement, target, value) : null
      if (one !== null)
        found.push(pairs.length > 1 ? { ...one, remedy: { reason: 'it is set together with others' } } : one)
    }
  }
  for (const [name, write] of python.environmentWrites()) {
    const one = variableSwitch(name, write)
    if (one !== null) found.push(one)
  }
  return found
}

/** A launch could bring another value. */
const isOpen = (folded: Folded | undefined): boolean =>
  effective(folded) !== undefined && folded !== undefined && fixedValue(folded) === undefined

function callSwitch(analysis: PythonModule, call: Call): Switch | null {
  const { statement } = call
  const alone = statement.type === 'expr' && statement.value === call.expr
  const remedy: Remedy = alone ? { remove: true } : { reason: 'it is inside another statement' }
  const span = { start: call.expr.start, end: call.expr.end }
  const base = { statement, at: span, overridable: false, remedy }
  const first = call.expr.args[0]
  // Most calls of a program are none of these.
  if (call.name?.startsWith('torch.') !== true) return doubleSwitch(analysis, call)
  const folded = first === undefined ? undefined : analysis.fold(first.value)
  const given = effective(folded)
  const on = given === true
  const overridable = isOpen(folded)
  switch (call.name) {
    case 'torch.autograd.set_detect_anomaly':
      if (!on) return null
      return { ...base, kind: 'debug checks', key: 'set_detect_anomaly(True)', weight: 'severe', overridable }
    case 'torch.autograd.detect_anomaly': {
      if (first?.name === null && given === false) return null
      if (statement.type !== 'with') return null
      const reason = 'take the block out of detect_anomaly()'
      return { ...base, kind: 'debug checks', key: 'detect_anomaly()', weight: 'severe', remedy: { reason } }
    }
    case 'torch.use_deterministic_algorithms':
      if (!on) return null
      return {
        ...base,
        kind: 'deterministic kernels',
        key: 'use_deterministic_algorithms(True)',
        weight: 'ordinary',
        overridable,
        remedy: { write: 'False', at: first!.value },
      }
    case 'torch.set_float32_matmul_precision':
      if (given !== 'highest') return null
      return {
        ...base,
        kind: 'strict matrix products',
        key: 'set_float32_matmul_precision("highest")',
        weight: 'ordinary',
        overridable,
        remedy: writeText(analysis, first!.value, 'high'),
      }
    case 'torch.set_default_dtype':
    case 'torch.set_default_tensor_type': {
      if (first === undefined) return null
      const name = analysis.nameOf(first.value) ?? (typeof given === 'string' ? given : '')
      if (!/(^|\.)(float64|double|DoubleTensor)$/.test(name)) return null
      const short = call.name.slice('torch.'.length)
      return { ...base, kind: 'double precision', key: `${short}(${lastPart(name)})`, weight: 'ordinary' }
    }
    case 'torch.backends.cuda.enable_flash_sdp':
      if (given !== false) return null
      return {
        ...base,
        kind: 'eager attention',
        key: 'enable_flash_sdp(False)',
        weight: 'ordinary',
        overridable,
      }
  }
  return doubleSwitch(analysis, call)
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

function writeText(analysis: PythonModule, expr: Expr, text: string): Remedy {
  if (expr.type !== 'constant') return { reason: 'its value is set elsewhere' }
  const quote = analysis.text[expr.start] === "'" ? "'" : '"'
  return { write: `${quote}${text}${quote}`, at: expr }
}

const modelNames = /(^|_)(model|net|network|classifier|generator|discriminator|encoder|decoder)\d*$/i

/** Classes whose objects are models, and classes of arrays, which have the same methods. */
const modelClasses =
  /(^|\.)\w*(Model|Net|Network|Encoder|Decoder|Classifier|Transformer|Former|VAE|MLP|CNN|RNN|LSTM|GRU|ResNet\d*)$/
const notModels = /(^|\.)\w*(Tensor|Variable|Parameter|Array|ndarray|DataFrame|Series|Loss|Dataset)$/

/** By its class, by what makes it, or by its name: a network, and no tensor, whose methods have the same names. */
export function isModel(analysis: PythonModule, expr: Expr): boolean {
  // The built chain: `Net().double().cuda()`.
  if (
    expr.type === 'call' &&
    (analysis.classOf(expr.callee) !== null ||
      /^(torchvision\.models|timm|transformers)\./.test(analysis.nameOf(expr.callee) ?? ''))
  )
    return true
  const type = analysis.typeOf(expr)
  const named = modelNames.test(lastIdentifier(expr))
  if (type === null) return named
  return (
    /(^|\.)(Module|Sequential|DataParallel|DistributedDataParallel)$/.test(type) ||
    (!notModels.test(type) && (named || modelClasses.test(type)))
  )
}

/** `model.double()`, `model.to(torch.float64)`. */
function doubleSwitch(analysis: PythonModule, call: Call): Switch | null {
  const { callee } = call.expr
  if (callee.type !== 'attribute' || !/^(double|to)$/.test(callee.attr)) return null
  let key = 'double()'
  let format: (typeof call.expr.args)[number] | undefined
  if (callee.attr === 'to') {
    // The device may come first.
    format = call.expr.args
      .filter((one) => one.name === 'dtype' || one.name === null)
      .find((one) => /^torch\.(float64|double)$/.test(analysis.nameOf(one.value) ?? ''))
    const name = format === undefined ? null : analysis.nameOf(format.value)
    if (name === null) return null
    key = `to(${lastPart(name)})`
  } else if (call.expr.args.length > 0) return null
  if (!isModel(analysis, callee.value)) return null
  const receiver = analysis.text.slice(callee.value.start, callee.value.end)
  const alone = call.statement.type === 'expr' && call.statement.value === call.expr
  let remedy: Remedy = alone
    ? { remove: true }
    : { write: '', at: { start: callee.value.end, end: call.expr.end } }
  if (format !== undefined && call.expr.args.length > 1) {
    // The call moves the model as well.
    const written = analysis.text.slice(format.value.start, format.value.end)
    const fp32 = written.replace(/(float64|double)$/, 'float32')
    remedy =
      fp32 === written
        ? { reason: 'its format is set elsewhere' }
        : { write: fp32, at: { start: format.value.start, end: format.value.end } }
  }
  return {
    kind: 'double precision',
    key: `${receiver.length <= 30 && !receiver.includes('\n') ? receiver : 'model'}.${key}`,
    statement: call.statement,
    at: { start: call.expr.start, end: call.expr.end },
    weight: 'ordinary',
    overridable: false,
    remedy,
  }
}

function variableSwitch(
  name: string,
  { statement, value, folded, fallback }: EnvironmentWrite,
): Switch | null {
  const row = lookUp(variables, name)
  const given = effective(folded)
  if (row === undefined || given === undefined || !row.when.test(String(given))) return null
  // `os.environ.update(…)` may set others as well.
  const alone =
    (statement.type === 'assign' && statement.value === value) ||
    (statement.type === 'expr' && statement.value.type === 'call' && statement.value.args[1]?.value === value)
  return {
    kind: row.kind,
    key: `${name}=${given}`,
    statement,
    at: { start: statement.start, end: statement.end },
    weight: row.weight,
    overridable: fallback || isOpen(folded),
    remedy: alone ? { remove: true } : { reason: 'it is inside another statement' },
  }
}

/** `a, b = True, False` sets each by itself. */
function assignedParts(target: Expr, value: Expr): { target: Expr; value: Expr }[] {
  if (target.type !== 'tuple' || value.type !== 'tuple' || target.items.length !== value.items.length)
    return [{ target, value }]
  return target.items.map((one, index) => ({ target: one, value: value.items[index]! }))
}

function attributeSwitch(analysis: PythonModule, statement: Stmt, target: Expr, value: Expr): Switch | null {
  const name = analysis.nameOf(target)
  const folded = name?.startsWith('torch.backends.') === true ? analysis.fold(value) : undefined
  const given = effective(folded)
  if (name === null || given === undefined) return null
  const at = { start: statement.start, end: statement.end }
  const key = `${name.slice('torch.backends.'.length)} = ${given === true ? 'True' : given === false ? 'False' : given}`
  const base = { statement, at, key, overridable: isOpen(folded) }
  const literal = value.type === 'constant'
  const write = (text: string): Remedy =>
    literal ? { write: text, at: value } : { reason: 'its value is set elsewhere' }
  if (/^torch\.backends\.(cuda\.matmul|cudnn)\.allow_tf32$/.test(name) && given === false)
    return { ...base, kind: 'strict matrix products', weight: 'ordinary', remedy: write('True') }
  if (/\.fp32_precision$/.test(name) && given === 'ieee')
    return {
      ...base,
      kind: 'strict matrix products',
      weight: 'ordinary',
      remedy: writeText(analysis, value, 'tf32'),
    }
  if (name === 'torch.backends.cudnn.deterministic' && given === true)
    return { ...base, kind: 'deterministic kernels', weight: 'ordinary', remedy: write('False') }
  if (name === 'torch.backends.cudnn.benchmark' && given === false)
    return { ...base, kind: 'deterministic kernels', weight: 'slight', remedy: write('True') }
  if (name === 'torch.backends.cudnn.enabled' && given === false)
    return { ...base, kind: 'debug checks', weight: 'ordinary', remedy: { remove: true } }
  return null
}

/** What turns TF32 on, anywhere in the program. */
const tf32Uses = [
  'torch.set_float32_matmul_precision',
  'torch.backends.cuda.matmul.allow_tf32',
  'torch.backends.cuda.matmul.fp32_precision',
  'torch.backends.fp32_precision',
]

export function setsTf32(python: PythonModule): boolean {
  return python.uses(...tf32Uses)
}

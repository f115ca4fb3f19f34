/** The layers of a network that take each parameter once for each sample: what its arithmetic comes to follows from their sizes. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Klass } from './module.js'
import { bindingsOf } from './names.js'
import { repeated, sizeOf } from './small-model.js'

/**
 * A number; or a multiple of what is passed under a name: to the constructor, at that position, or among the options of
 * the program that it is handed (null), else its default. Null: it is not known.
 */
export type Size =
  | number
  | { name: string; position: number | null; times: number; otherwise: number | null }
  | null

export interface DenseLayer {
  /** Matrices for each input: 1 for a linear layer, 4 for an LSTM. */
  gates: number
  recurrent: boolean
  inputs: Size
  width: Size
}

/** Null: it has other layers, or none. */
export function denseLayers(analysis: Analysis, klass: Klass): DenseLayer[] | null {
  if (!klass.bases.includes('torch.nn.Module')) return null
  if (appliesWhatItIsGiven(klass)) return null
  const layers: DenseLayer[] = []
  for (const call of analysis.callsOfClass(klass)) {
    const { name, expr } = call
    if (name === null) {
      // Another network of the project inside.
      if (analysis.classOf(expr.callee) !== null || analysis.importedClass(expr.callee) !== null) return null
      continue
    }
    if (/^(torchvision|timm|transformers|diffusers|monai)\./.test(name)) return null
    if (!/^torch\.nn\.[A-Z]/.test(name) || elementwise.test(name)) continue
    if (!/^torch\.nn\.((Lazy)?Linear|(RNN|GRU|LSTM)(Cell)?)$/.test(name) || repeated(analysis, call))
      return null
    const recurrent = !/Linear$/.test(name)
    const keywords = recurrent ? ['input_size', 'hidden_size'] : ['in_features', 'out_features']
    const given = expr.args.some((one) => one.star > 0)
      ? []
      : keywords.map((keyword, index) => {
          const positional = expr.args[index]
          return (
            expr.args.find((one) => one.name === keyword) ??
            (positional?.name === null ? positional : undefined)
          )
        })
    const [a, b] = given.map((one) => (one === undefined ? null : sizeAt(analysis, one.value)))
    const lazy = call.method === 'LazyLinear'
    layers.push({
      gates: /LSTM/.test(name) ? 4 : /GRU/.test(name) ? 3 : 1,
      recurrent,
      inputs: lazy ? null : (a ?? null),
      width: (lazy ? a : b) ?? null,
    })
  }
  return layers.length === 0 ? null : layers
}

/** `self.encoder = encoder`, which `forward` calls: a network that stands elsewhere. */
function appliesWhatItIsGiven(klass: Klass): boolean {
  const [init, forward] = [klass.methods.get('__init__'), klass.methods.get('forward')]
  if (init === undefined || forward === undefined) return false
  const applied = new Set(
    forward.calls.flatMap(({ expr: { callee } }) =>
      callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
        ? [callee.attr]
        : [],
    ),
  )
  const parameters = new Set(init.node.params.map(({ name }) => name))
  return init.node.body.some(
    (statement) =>
      statement.type === 'assign' &&
      statement.value?.type === 'name' &&
      parameters.has(statement.value.id) &&
      statement.targets.some((target) => target.type === 'attribute' && applied.has(target.attr)),
  )
}

/** A size as the class has it by default: `hidden_dim * 2`. */
function sizeAt(analysis: Analysis, expr: Expr, depth = 0): Size {
  const known = sizeOf(analysis, expr)
  if (known !== null) return known
  if (depth > 4) return null
  if (expr.type === 'binary') {
    const [left, right] = [sizeAt(analysis, expr.left, depth + 1), sizeAt(analysis, expr.right, depth + 1)]
    if (left === null || right === null) return null
    if (typeof left === 'number' && typeof right === 'number') {
      if (expr.op === '+') return left + right
      if (expr.op === '*') return left * right
      return /^\/\/?$/.test(expr.op) ? left / right : null
    }
    if (expr.op === '*' && typeof right === 'number') return scaled(left, right)
    if (expr.op === '*' && typeof left === 'number') return scaled(right, left)
    return /^\/\/?$/.test(expr.op) && typeof right === 'number' ? scaled(left, 1 / right) : null
  }
  if (expr.type === 'name') {
    const { bindings } = bindingsOf(analysis, expr.id, expr.start)
    const [binding] = bindings
    if (bindings.length === 1 && binding!.kind === 'param') {
      const otherwise = binding!.value === null ? null : sizeOf(analysis, binding!.value)
      const owner = analysis.parameterOf(binding!)
      return owner === null ? otherwise : { name: expr.id, position: owner.position, times: 1, otherwise }
    }
  }
  const written = analysis.definition(expr)
  if (written !== expr) return sizeAt(analysis, written, depth + 1)
  if (expr.type !== 'attribute') return null
  // `self.hidden = opt.hidden_dim`.
  const [value, ...others] = analysis.attributeValues(expr)
  if (value != null && others.length === 0) return sizeAt(analysis, value, depth + 1)
  return expr.value.type === 'name' && expr.value.id !== 'self'
    ? { name: expr.attr, position: null, times: 1, otherwise: null }
    : null
}

function scaled(size: Size, times: number): Size {
  if (size === null || typeof size === 'number') return size === null ? null : size * times
  return { ...size, times: size.times * times }
}

/** Rows of an embedding are looked up; that is no arithmetic. */
const elementwise =
  /\.(\w*(Dropout\w*|ReLU6?|ELU|SiLU|Norm1d|Loss)|GELU|Sigmoid|Tanh|Softmax|LogSoftmax|LayerNorm|Sequential|ModuleList|ModuleDict|Flatten|Identity|Embedding|Parameter|Buffer)$/

/** Networks of other modules that are made of dense and recurrent layers alone: what their arithmetic comes to. */
import type { DenseLayer, Size } from '../../python/dense-layers.js'
import type { ClassSummary, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { asNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import { once } from './once.js'

export interface DenseNetworks {
  /** Those that take part in a product; sizes that are not known count as usual ones. */
  parameters: number
  /** The widest layer; null: some are not known. */
  widest: number | null
  /** A step goes through some of them position by position. */
  recurrent: boolean
}

/** What a size that is not known is taken for: columns of a table, classes, the width of an embedding. */
const usualWidth = 1_024

/** All networks that the module makes of classes of other modules; null: some have other layers, or it makes none. */
export function denseNetworks(python: PythonModule): DenseNetworks | null {
  return once(python, 'dense networks', () => summedUp(python))
}

function summedUp(python: PythonModule): DenseNetworks | null {
  if (python.usesHere('.from_pretrained', 'torchvision.models.', 'timm.', 'torch.hub.')) return null
  if (python.calls.some(({ name }) => layer.test(name ?? ''))) return null
  const sizes = networksOf(python).map(({ network, made }) =>
    network.dense === undefined ? null : sizesOf(python, network.dense, made),
  )
  if (sizes.length === 0 || sizes.includes(null)) return null
  const layers = sizes.flatMap((one) => one ?? [])
  const widths = layers.map(({ width }) => width)
  return {
    parameters: layers.reduce((sum, one) => sum + parametersOf(one), 0),
    recurrent: layers.some((one) => one.recurrent),
    widest: widths.includes(null) ? null : Math.max(...widths.map((one) => one ?? 0)),
  }
}

interface Network {
  network: ClassSummary
  /** The call that makes it; null: a table of classes or a configuration chooses it. */
  made: CallExpr | null
}

function networksOf(python: PythonModule): Network[] {
  const made = python.calls.flatMap((call) => {
    const network = call.name === null ? python.importedClass(call.expr.callee) : null
    return isNetwork(network) ? [{ network, made: call.expr }] : []
  })
  if (made.length > 0) return made
  // `models = {'lstm': Lstm, 'mlp': Mlp}`: whichever it is.
  const imported = [...python.moduleBindings].flatMap(([id, bindings]) => {
    if (!bindings.every(({ kind }) => kind === 'import')) return []
    const at = python.text.length
    const network = python.importedClass({ type: 'name', id, start: at, end: at })
    return isNetwork(network) ? [{ network, made: null }] : []
  })
  return imported
}

function isNetwork(klass: ClassSummary | null): klass is ClassSummary {
  return klass?.bases.includes('torch.nn.Module') === true
}

type Sizes = Pick<DenseLayer, 'gates' | 'recurrent'> & { inputs: number | null; width: number | null }

function sizesOf(python: PythonModule, layers: readonly DenseLayer[], made: CallExpr | null): Sizes[] {
  return layers.map(({ gates, recurrent, inputs, width }) => ({
    gates,
    recurrent,
    inputs: sizeIn(python, inputs, made),
    width: sizeIn(python, width, made),
  }))
}

function sizeIn(python: PythonModule, size: Size, made: CallExpr | null): number | null {
  if (size === null || typeof size === 'number') return size
  const value = numberIn(python, given(python, size, made)) ?? size.otherwise
  return value === null ? null : value * size.times
}

function given(
  python: PythonModule,
  { name, position }: NonNullable<Exclude<Size, number>>,
  made: CallExpr | null,
): Expr | null {
  if (position === null) return python.programArguments.find((one) => one.name === name)?.default ?? null
  if (made === null || made.args.some((one) => one.star > 0)) return null
  const positional = made.args[position]
  return (
    made.args.find((one) => one.name === name)?.value ??
    (positional !== undefined && positional.name === null ? positional.value : null)
  )
}

function numberIn(python: PythonModule, expr: Expr | null): number | null {
  return expr === null ? null : (asNumber(effective(python.fold(expr)) ?? null) ?? null)
}

function parametersOf({ gates, recurrent, inputs, width }: Sizes): number {
  const [a, b] = [inputs ?? usualWidth, width ?? usualWidth]
  return gates * (recurrent ? a + b : a) * b
}

const layer = /^torch\.nn\.(modules\.(\w+\.)+)?[A-Z](?!\w*(Loss|Parallel)$)\w*$/

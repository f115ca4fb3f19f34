/** The format that a program gives the network which it makes: `ViT(dtype=jnp.dtype(cfg.dtype))`. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import type { Keyed } from '../../values/operations.js'
import type { Locator } from '../../values/source.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { lastKey } from '../pytorch/lowering.js'

const keywords = ['dtype', 'compute_dtype', 'activation_dtype']
const inFull = /^(jnp\.|np\.|jax\.numpy\.)?(float32|fp32|f32)$/
const makesFormat = /^((jax\.)?numpy\.)dtype$/

/** Null: no network of the project is given a format, or one of them a short one. */
export function fullFormatGiven(python: PythonModule, locator: Locator): Keyed<Precision> | null {
  let found: Keyed<Precision> | null = null
  for (const call of python.calls) {
    const given = isOfProject(python, call) ? givenTo(python, call) : null
    if (given === null) continue
    const format = inFullBy(python, given, locator)
    if (format === null) return null
    found ??= format
  }
  return found
}

function givenTo(python: PythonModule, call: Call): Expr | null {
  for (const keyword of keywords) {
    const given = passedExpression(python.argument(call, keyword))
    if (given !== null) return given
  }
  return null
}

function isOfProject(python: PythonModule, { expr: { callee } }: Call): boolean {
  const bases = (python.classOf(callee) ?? python.importedClass(callee))?.bases
  if (bases !== undefined) return bases.some((base) => /^(flax|haiku|equinox)\./.test(base))
  return python.importedFunction(callee) !== null
}

/** What says that it is float32; null: it is another one, or cannot be told. */
function inFullBy(python: PythonModule, expr: Expr, locator: Locator, depth = 0): Keyed<Precision> | null {
  if (depth > 4) return null
  const made = python.definition(expr)
  const inner = (one: Expr | undefined) =>
    one === undefined ? null : inFullBy(python, one, locator, depth + 1)
  const place = { start: made.start, end: made.end }
  if (/(^|\.)numpy\.float32$/.test(python.nameOf(made) ?? ''))
    return {
      key: 'dtype',
      value: { ...locator.origin(place, { site: place }), state: 'known', value: 'fp32' },
    }
  if (made.type === 'call') {
    const name = python.nameOf(made.callee) ?? ''
    if (makesFormat.test(name)) return inner(made.args[0]?.value)
    // `getattr(jnp, cfg.dtype)`, and a function of the project that looks the name up.
    if (name === 'getattr' || (made.callee.type === 'name' && made.callee.id === 'getattr'))
      return inner(made.args[1]?.value)
    return made.args.length === 1 && python.functionOf(made.callee) !== null
      ? inner(made.args[0]!.value)
      : null
  }
  // `{'fp32': jnp.float32, 'bf16': jnp.bfloat16}[cfg.dtype]`
  if (made.type === 'subscript' && python.definition(made.value).type === 'dict') return inner(made.index)
  const said = foldedValue(python.fold(expr), place, place, locator)
  if (said.state !== 'known' || typeof said.value !== 'string' || !inFull.test(said.value)) return null
  return { key: lastKey(made) ?? 'dtype', value: { ...said, value: 'fp32' } }
}

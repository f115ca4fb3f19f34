/** Layers of Flax and Haiku: which of them do much matrix work, and which are not told a format. */
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed } from '../../values/argument.js'
import { once } from '../pytorch/once.js'

const flax = /^flax\.(linen|nnx|experimental\.nnx)\.(\w+\.)*/
const heavy =
  /^(flax\.(linen|nnx)\.(\w+\.)*(Conv(Transpose|Local)?|MultiHead(DotProduct)?Attention|SelfAttention|MultiHeadAttention)|haiku\.(Conv[123]D(Transpose)?|MultiHeadAttention)|equinox\.nn\.(Conv[123]d(Transpose)?|MultiheadAttention)|transformers\.Flax\w+)/
const formatted =
  /\.(Dense|DenseGeneral|Linear|LinearGeneral|Conv|ConvTranspose|ConvLocal|Embed|MultiHeadDotProductAttention|MultiHeadAttention|SelfAttention|LayerNorm|RMSNorm|BatchNorm|GroupNorm|Einsum)$/

/** True where a layer of this module does enough matrix work to gain from a short format. */
export function heavyLayers(python: PythonModule): boolean {
  return once(python, 'jax heavy layers', () =>
    python.calls.some((call) => call.name !== null && heavy.test(call.name)),
  )
}

/** Layers of Flax that take a `dtype` and are given none; empty where one of them is. */
export function layersWithoutFormat(python: PythonModule): Call[] {
  return once(python, 'jax layers', () => {
    const layers = python.calls.filter(
      (call) => call.name !== null && flax.test(call.name) && formatted.test(call.name),
    )
    const open = layers.filter((call) => !mayBePassed(python.argument(call, 'dtype')))
    return open.length === layers.length ? open : []
  })
}

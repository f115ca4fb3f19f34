/** Layers of Flax and Haiku: which of them do much matrix work, and which are not told a format. */
import type { Call, KeptCode, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import { mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { codeText } from '../pytorch/evidence.js'

const flax = /^flax\.(linen|nnx|experimental\.nnx)\.(\w+\.)*/
const heavy =
  /^(flax\.(linen|nnx)\.(\w+\.)*(Conv(Transpose|Local)?|MultiHead(DotProduct)?Attention|SelfAttention|MultiHeadAttention)|haiku\.(Conv[123]D(Transpose)?|MultiHeadAttention)|equinox\.nn\.(Conv[123]d(Transpose)?|MultiheadAttention)|transformers\.Flax\w+)/
const formatted =
  /\.(Dense|DenseGeneral|Linear|LinearGeneral|Conv|ConvTranspose|ConvLocal|Embed|MultiHeadDotProductAttention|MultiHeadAttention|SelfAttention|LayerNorm|RMSNorm|BatchNorm|GroupNorm|Einsum)$/

/** They compute in float32 unless given a `dtype`. Source: transformers 4.44, modeling_flax_utils.py. */
const pretrained = /^transformers\.(\w+\.)*Flax\w+\.(from_pretrained|from_config)$/

/** Features of a dense layer from which on its products keep matrix units busy. */
const wide = 1024

/** True where a layer of this module does enough matrix work to gain from a short format. */
export function heavyLayers(python: PythonModule): boolean {
  return once(python, 'jax heavy layers', () =>
    python.calls.some((call) => call.name !== null && (heavy.test(call.name) || isWide(python, call))),
  )
}

function isWide(python: PythonModule, call: Call): boolean {
  if (!flax.test(call.name ?? '') || !/\.(Dense|Linear)$/.test(call.name ?? '')) return false
  const features = [python.argument(call, 'features', 0), python.argument(call, 'out_features', 1)]
  return features.some((one) => (numberArgument(one) ?? 0) >= wide)
}

const heavyByName =
  /\b(nn|linen|nnx|hk|haiku|eqx\.nn|equinox\.nn)\.(Conv(Transpose|[123][dD]\w*)?|MultiHead(DotProduct)?Attention|MultiheadAttention|SelfAttention)\s*\(/

/** The module whose networks this one trains, where they do much matrix work and no code of theirs speaks of a format. */
export function heavyNetworkElsewhere(python: PythonModule): string | null {
  if (python.calls.some(({ name }) => name !== null && (flax.test(name) || pretrained.test(name))))
    return null
  const codes = python.imported.flatMap(({ code }) => (code === undefined ? [] : codesOf(code)))
  const ofJax = codes.filter(({ bases }) =>
    Object.values(bases).some((all) => all.some((base) => jaxModule.test(base))),
  )
  if (ofJax.some(({ text }) => /dtype|precision|float16|half/i.test(text))) return null
  return ofJax.find(({ text }) => heavyByName.test(text))?.path ?? null
}

const jaxModule = /^(flax|haiku|equinox)\./

function codesOf(code: KeptCode): KeptCode[] {
  return [code, ...Object.values(code.imported).flatMap(codesOf)]
}

/** Layers of Flax, and its pretrained models, that take a `dtype` and are given none; empty where one of them is. */
export function layersWithoutFormat(python: PythonModule): Call[] {
  return once(python, 'jax layers', () => {
    const layers = python.calls.filter(
      ({ name }) => name !== null && ((flax.test(name) && formatted.test(name)) || pretrained.test(name)),
    )
    const open = layers.filter(
      (call) => !mayBePassed(python.argument(call, 'dtype')) || takesField(python, call),
    )
    return open.length === layers.length ? open : []
  })
}

const fieldInFull = /\bdtype\s*:[^=\n]*=\s*(jnp|np|numpy|jax\.numpy)\.float32\b/

/** `dtype=self.dtype` of a field that is float32 unless a module is made with another one, which none is. */
export function takesField(python: PythonModule, call: Call): boolean {
  const isField = (one: Call): boolean => {
    const given = passedExpression(python.argument(one, 'dtype'))
    return (
      given?.type === 'attribute' &&
      given.attr === 'dtype' &&
      given.value.type === 'name' &&
      given.value.id === 'self'
    )
  }
  if (!isField(call) || !fieldInFull.test(codeText(python))) return false
  return python.calls.every(
    (one) =>
      !one.expr.args.some(({ name }) => name === 'dtype') ||
      isField(one) ||
      /^(jax\.)?numpy\./.test(one.name ?? ''),
  )
}

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
  return once(
    python,
    'jax heavy layers',
    () =>
      python.calls.some((call) => call.name !== null && (heavy.test(call.name) || isWide(python, call))) ||
      python.classes.some(
        ({ name, bases }) => attends.test(name) && bases.some((base) => jaxModule.test(base)),
      ),
  )
}

function isWide(python: PythonModule, call: Call): boolean {
  if (!dense.test(call.name ?? '')) return false
  const features = [
    python.argument(call, 'features', 0),
    python.argument(call, 'output_size', 0),
    python.argument(call, 'out_features', 1),
  ]
  return features.some((one) => (numberArgument(one) ?? 0) >= wide)
}

const dense =
  /^(flax\.(linen|nnx|experimental\.nnx)\.(\w+\.)*(Dense|Linear)|haiku\.Linear|equinox\.nn\.Linear)$/

/** Attention that a network of the project writes out itself. */
const attends = /attention|transformer|(^|[a-z])GPT/i

const heavyByName =
  /\b(nn|linen|nnx|hk|haiku|eqx\.nn|equinox\.nn)\.(Conv(Transpose|[123][dD]\w*)?|MultiHead(DotProduct)?Attention|MultiheadAttention|SelfAttention)\s*[(,]/

/** The module whose networks this one trains, where they do much matrix work. */
export function networkElsewhere(python: PythonModule): { path: string; library: Library } | null {
  const codes = python.imported.flatMap(({ code }) => (code === undefined ? [] : codesOf(code)))
  const found = codes.find(
    ({ text, bases }) =>
      Object.values(bases).some((all) => all.some((base) => jaxModule.test(base))) &&
      (heavyByName.test(text) || Object.keys(bases).some((name) => attends.test(name))),
  )
  return found === undefined
    ? null
    : { path: found.path, library: libraryOf(Object.values(found.bases).flat()) }
}

/** The same, where no code of theirs speaks of a format. */
export function heavyNetworkElsewhere(python: PythonModule): { path: string; library: Library } | null {
  const makesLayers = python.calls.some(
    ({ name }) => name !== null && (formatted.test(name) || heavy.test(name) || pretrained.test(name)),
  )
  if (makesLayers) return null
  const codes = python.imported.flatMap(({ code }) => (code === undefined ? [] : codesOf(code)))
  const ofJax = codes.filter(({ bases }) =>
    Object.values(bases).some((all) => all.some((base) => jaxModule.test(base))),
  )
  if (ofJax.some(({ text }) => speaksOfFormat.test(withoutFields(text)))) return null
  // What every layer takes from a field is float32 as long as nobody gives the network another format.
  if (
    ofJax.some(({ text }) => fieldInFull.test(text)) &&
    /\bdtype\s*=(?!\s*(jnp|np|jax\.numpy|numpy)\.(float32|u?int\d+))/.test(python.code)
  )
    return null
  const found = ofJax.find(
    ({ text, bases }) => heavyByName.test(text) || Object.keys(bases).some((name) => attends.test(name)),
  )
  return found === undefined
    ? null
    : { path: found.path, library: libraryOf(Object.values(found.bases).flat()) }
}

/** Libraries whose layers are told a format in different ways. */
export type Library = 'flax' | 'haiku' | 'equinox'

function libraryOf(names: readonly string[]): Library {
  const has = (library: Library) => names.some((name) => name.startsWith(`${library}.`))
  return has('haiku') ? 'haiku' : has('equinox') && !has('flax') ? 'equinox' : 'flax'
}

/** Of the layers that a module makes itself. */
export function layersLibrary(python: PythonModule): Library {
  return libraryOf(
    python.calls.flatMap(({ name }) =>
      name !== null && (heavy.test(name) || dense.test(name)) ? [name] : [],
    ),
  )
}

/** A short format, or one that whoever makes the network may choose: `dtype: Any = jnp.float32`, `dtype=self.dtype`. */
const speaksOfFormat =
  /bfloat16|float16|\bbf16\b|\bfp16\b|half_precision|mixed_precision|\bjmp\b|\b\w*dtype\s*:(?!:)|\b(compute_)?dtype\s*=\s*(self|cfg|config|args|dtype)\b/

/** Without `dtype: Any = jnp.float32`, and the layers that take it from there. */
function withoutFields(text: string): string {
  return fieldInFull.test(text)
    ? text.replace(new RegExp(fieldInFull, 'g'), '').replace(/\bdtype\s*=\s*self\.dtype\b/g, '')
    : text
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

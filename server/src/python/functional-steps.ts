/** Training steps of libraries that work on functions: what takes gradients, what updates weights, what repeats a function. */
import type { Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'
import { bindingsOf } from './names.js'

type Work = 'gradients' | 'update' | 'repeats'

/** By canonical name. */
const rows: Readonly<Record<Work, string>> = {
  gradients:
    'jax.grad jax.value_and_grad jax.vjp flax.nnx.grad flax.nnx.value_and_grad flax.experimental.nnx.grad ' +
    'flax.experimental.nnx.value_and_grad flax.linen.grad flax.linen.value_and_grad equinox.filter_grad ' +
    'equinox.filter_value_and_grad equinox.filter_vjp haiku.grad haiku.value_and_grad optax.value_and_grad_from_state',
  update: 'optax.apply_updates equinox.apply_updates',
  repeats: 'jax.lax.scan jax.lax.fori_loop jax.lax.while_loop haiku.scan haiku.fori_loop flax.nnx.scan',
}

const works = new Map<string, Work>(
  (Object.keys(rows) as Work[]).flatMap((work) => rows[work].split(' ').map((name) => [name, work] as const)),
)

/** Gradients as a function of a function. */
export const takesGradients = (name: string | null): boolean => works.get(name ?? '') === 'gradients'

/** It runs a function of the program again and again: `jax.lax.scan(step, state, batches)`. */
export const repeatsFunction = (name: string | null): boolean => works.get(name ?? '') === 'repeats'

/** Weights are changed by gradients. */
export function isFunctionalUpdate(analysis: Analysis, call: Call): boolean {
  const { name, method, expr } = call
  if (works.get(name ?? '') === 'update') return true
  if (method === 'apply_gradient') return expr.callee.type === 'attribute' && name === null
  if (treeMaps.test(name ?? '')) return isDescent(call)
  if (method === 'update' && expr.callee.type === 'attribute')
    return optimizers.test(lastName(expr.callee.value)) && expr.args.some(({ value }) => isGradient(value))
  return name === null && expr.callee.type === 'name' && isOfTriple(analysis, expr.callee)
}

const treeMaps = /^jax\.(tree_util\.)?(tree_(multi)?map|tree\.map)$/

/** `jax.tree.map(lambda p, g: p - lr * g, params, grads)` */
function isDescent({ expr: { args } }: Call): boolean {
  const [made, ...trees] = args.map(({ value }) => value)
  return (
    made?.type === 'lambda' && made.body.type === 'binary' && made.body.op === '-' && trees.some(isGradient)
  )
}

const isGradient = (expr: Expr): boolean => /(^|_)(d?grads?|gradients?)(_|$)/i.test(lastName(expr))

const optimizers = /(^|_)(opt|optim|optimi[sz]er)s?(_\w+|\d*)$/i

/** `opt_init, opt_update, get_params = optimizers.adam(1e-3)` of what JAX brings as examples. */
function isOfTriple(analysis: Analysis, { id, start }: Expr & { type: 'name' }): boolean {
  const binding = bindingsOf(analysis, id, start).at(-1)
  if (binding?.kind !== 'assign' || binding.value?.type !== 'call' || binding.unpack?.[0] !== 1) return false
  return triples.test(analysis.nameOf(binding.value.callee) ?? '')
}

const triples = /^jax\.(example_libraries|experimental)\.optimizers\.\w+$/

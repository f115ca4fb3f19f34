/** Training steps that are no function of the program: an update of a TensorFlow graph that a session runs, one batch of Keras. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import { lastName } from '../syntax/python-children.js'
import type { Analysis } from './analysis.js'
import type { Call } from './module.js'

/** Among the calls of a function: a session runs what updates the weights. */
export const sessionStep = 'tensorflow.Session.run(update)'
/** The same for `model.train_on_batch(x, y)` of Keras. */
export const batchStep = '.train_on_batch'

/** `sess.run([train_op, loss])`, `train_op.run()`. */
export function isSessionStep(analysis: Analysis, call: Call): boolean {
  if (call.method !== 'run' || call.expr.callee.type !== 'attribute') return false
  const { value } = call.expr.callee
  if (!isSession(analysis, value)) return call.name === null && isUpdate(analysis, value, 1, false)
  const fetched = call.expr.args.find(({ name }) => name === 'fetches') ?? call.expr.args[0]
  return fetched !== undefined && fetched.star === 0 && isUpdate(analysis, fetched.value, 0)
}

const sessionType = /^tensorflow\.(\w+\.)*\w*Session$/
const sessionName = /(^|_)sess(ion)?\d?$/i

function isSession(analysis: Analysis, expr: Expr): boolean {
  const type = analysis.typeOf(expr)
  return type === null ? sessionName.test(lastName(expr)) : sessionType.test(type)
}

/** What trains by its name, in most graphs: `train_op`, `self.d_optim`, `model.train_step`. */
const updates =
  /(^|_)(train(ing|er)?|optim(i[sz]ers?|i[sz]e)?|opt|minimi[sz]er?|solver|backprop|apply_gradients?)(_|\d|$)/i
/** Words that such a name may hold as well, where it stands for something else. */
const otherwise =
  /loss|cost|acc|err|summ|merged|metric|init|iter|data|batch|image|label|input|handle|lr|rate|learning|mode|phase|flag|vars?$|variables|params|size|pred|logits|output|placeholder|queue|next|file|writer|x$|y$/i

function isUpdate(analysis: Analysis, expr: Expr, depth: number, named = true): boolean {
  if (depth > 4) return false
  if (expr.type === 'list' || expr.type === 'tuple' || expr.type === 'set')
    return expr.items.some((item) => isUpdate(analysis, item, depth + 1))
  if (expr.type === 'dict') return expr.entries.some(({ value }) => isUpdate(analysis, value, depth + 1))
  if (expr.type === 'binary')
    return isUpdate(analysis, expr.left, depth + 1) || isUpdate(analysis, expr.right, depth + 1)
  if (expr.type === 'call') return makesUpdate(analysis, expr, depth)
  if (expr.type === 'subscript')
    return expr.index.type === 'constant' && typeof expr.index.value === 'string'
      ? named && isNamed(expr.index.value)
      : named && isNamed(lastName(expr.value))
  if (expr.type !== 'name' && expr.type !== 'attribute') return false
  const made = expr.type === 'name' ? analysis.definition(expr) : onlyValue(analysis, expr)
  if (made !== null && made !== expr && made.type !== 'constant') {
    if (/^(list|tuple|dict|binary)$/.test(made.type)) return isUpdate(analysis, made, depth + 1)
    if (made.type === 'call' && makesUpdate(analysis, made, depth)) return true
  }
  return named && isNamed(lastName(expr))
}

const isNamed = (name: string): boolean => updates.test(name) && !otherwise.test(name)

function onlyValue(analysis: Analysis, expr: Expr & { type: 'attribute' }): Expr | null {
  const [only, ...more] = analysis.attributeValues(expr)
  return more.length === 0 ? (only ?? null) : null
}

/** `optimizer.minimize(loss)`, `tf.group(train_d, train_g)`, `slim.learning.create_train_op(loss, optimizer)`. */
function makesUpdate(analysis: Analysis, { callee, args }: CallExpr, depth: number): boolean {
  const name = analysis.nameOf(callee) ?? ''
  if (callee.type === 'attribute' && /^(minimize|apply_gradients)$/.test(callee.attr)) return true
  if (/\.(create_train_op|optimize_loss)$/.test(name)) return true
  return (
    /^tensorflow\.(\w+\.)*(group|tuple|identity)$/.test(name) &&
    args.some(({ value }) => isUpdate(analysis, value, depth + 1))
  )
}

/** Among the calls of a function: a compiled function gets the parameters, and gives them back updated. */
export const carriedStep = 'jax.jit(update)'

const compilers = /^(jax\.(jit|pmap)|flax\.nnx\.(jit|pmap)|equinox\.filter_(jit|pmap))$/
const updating = /train|update|learn|optim|fit|(^|_)step/i
const carried = /(^|[._])(params?|state|model|weights|opt_state|variables|theta|agent)\w*$/i

/** `params, metrics = train(params, batch)`, where `train = jax.jit(…)` of something that a library made. */
export function isCarriedStep(analysis: Analysis, { expr, statement }: Call): boolean {
  if (statement.type !== 'assign' || statement.value !== expr) return false
  const made = analysis.definition(expr.callee)
  if (made.type !== 'call' || made === expr || !compilers.test(analysis.nameOf(made.callee) ?? ''))
    return false
  const [wrapped] = made.args
  const written = ({ start, end }: Expr) => analysis.text.slice(start, end)
  if (wrapped === undefined || !updating.test(`${lastName(expr.callee)} ${written(wrapped.value)}`))
    return false
  if (/env\b|rollout|simulat|reset/i.test(written(wrapped.value))) return false
  const given = new Set(expr.args.map(({ value }) => written(value)))
  const targets = statement.targets.flatMap((one) =>
    one.type === 'tuple' || one.type === 'list' ? one.items : [one],
  )
  return targets.some((one) => carried.test(written(one)) && given.has(written(one)))
}

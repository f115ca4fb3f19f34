/** `self.hparams.workers` after `self.save_hyperparameters()`: what the constructor of the class was given. */
import type { CallExpr, Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import type { Klass } from './module.js'

interface Saved {
  /** The call that saves them; its place is where the parameters hold. */
  call: CallExpr
  /** The one object whose attributes they are: `save_hyperparameters(args)`. */
  whole: Expr | null
  /** Names of the parameters that are saved. */
  names: ReadonlySet<string>
}

const remembered = new WeakMap<Analysis, Map<Klass, Saved | null>>()

/** What the constructor was given for `self.hparams.name`; null: it does not say. */
export function savedParameter(
  analysis: Analysis,
  { value, attr, start, end }: Expr & { type: 'attribute' },
) {
  if (value.type !== 'attribute' || value.attr !== 'hparams') return null
  if (value.value.type !== 'name' || value.value.id !== 'self') return null
  const klass = analysis.classes.find(({ node }) => node.start <= start && end <= node.end)
  const saved = klass === undefined || !analysis.complete ? null : savedBy(analysis, klass)
  if (saved === null || isSet(analysis, klass!, attr)) return null
  const at = { start: saved.call.start, end: saved.call.end }
  if (saved.names.has(attr)) return { type: 'name', id: attr, ...at } satisfies Expr
  return saved.whole === null ? null : ({ type: 'attribute', value: saved.whole, attr, ...at } satisfies Expr)
}

/** The same where a dictionary was saved: `self.save_hyperparameters(config)`. */
export function savedEntry(analysis: Analysis, expr: Expr & { type: 'attribute' }): Expr | null {
  const saved = savedParameter(analysis, expr)
  if (saved?.type !== 'attribute') return null
  const { value, attr, start, end } = saved
  return { type: 'subscript', value, index: { type: 'constant', value: attr, start, end }, start, end }
}

function savedBy(analysis: Analysis, klass: Klass): Saved | null {
  const known = remembered.get(analysis) ?? new Map<Klass, Saved | null>()
  remembered.set(analysis, known)
  let saved = known.get(klass)
  if (saved === undefined) {
    saved = findSaved(klass)
    known.set(klass, saved)
  }
  return saved
}

function findSaved(klass: Klass): Saved | null {
  const init = klass.methods.get('__init__')
  const [only, other] = init?.calls.filter(({ method }) => method === 'save_hyperparameters') ?? []
  if (init === undefined || only === undefined || other !== undefined) return null
  const call = only.expr
  if (call.callee.type !== 'attribute' || call.callee.value.type !== 'name') return null
  if (call.callee.value.id !== 'self') return null
  const own = init.node.params
    .slice(1)
    .filter(({ star }) => star === 0)
    .map(({ name }) => name)
  const given = call.args.filter(({ name, star }) => name === null && star === 0).map(({ value }) => value)
  const [first] = given
  if (first === undefined) return { call, whole: null, names: new Set(own) }
  if (first.type === 'name' && given.length === 1) return { call, whole: first, names: new Set() }
  const names = given.flatMap((one) =>
    one.type === 'constant' && typeof one.value === 'string' && own.includes(one.value) ? [one.value] : [],
  )
  return { call, whole: null, names: new Set(names) }
}

/** `self.hparams.workers = 4` */
function isSet({ text }: Analysis, { node }: Klass, name: string): boolean {
  return new RegExp(`\\bself\\.hparams\\.${name}\\s*=[^=]`).test(text.slice(node.start, node.end))
}

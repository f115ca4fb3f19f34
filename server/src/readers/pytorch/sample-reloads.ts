/** Samples of a data set inside another one, which are made several times for each of its own. */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr, Subscript } from '../../syntax/python-ast.js'
import { childrenOf, isName } from '../../syntax/python-children.js'
import { inTry, plainCalls } from '../repeated-code.js'
import { arrayReader, pictureReader } from './datasets.js'
import { type HotStatement, hotCode } from './hot-code.js'
import { isDataset, type Maker, makersOf } from './sample-work.js'

export interface SampleReload {
  maker: Maker
  func: Func
  /** The first of them, `self.dataset[i]`, or the second reading of a file. */
  expr: Subscript | CallExpr
  times: number
  weight: 'slight' | 'ordinary'
  /** A file that is read several times. */
  file?: true
}

export function sampleReloads(python: PythonModule): SampleReload[] {
  const found: SampleReload[] = []
  for (const maker of makersOf(python)) {
    const { func: item } = maker
    const index = item.node.params[1]?.name
    if (maker.each !== 'sample' || maker.kept || maker.generates || item.class === null) continue
    if (index === undefined) continue
    const taken = new Map<string, { func: Func; expr: Subscript; parts: string[] }>()
    for (const hot of hotCode(python, item.node.body, item).statements) {
      const { func, statement } = hot
      if (func !== item || hot.guarded || hot.conditional || hot.exceptional || inTry(func, statement))
        continue
      for (const expr of hot.expressions)
        for (const { sample, whole } of samplesIn(expr, index)) {
          // `self.dataset[i // 5]` is the same one wherever it stands.
          const key = python.text.slice(sample.start, sample.end).replace(/\s+/g, '')
          const part = python.text.slice(sample.end, whole.end)
          const before = taken.get(key)
          if (before === undefined) taken.set(key, { func, expr: sample, parts: [part] })
          else before.parts.push(part)
        }
    }
    for (const { func, expr, parts } of taken.values()) {
      // The same part twice may be two views of a sample, each changed at random.
      if (new Set(parts).size < 2) continue
      const weight = weightOf(python, expr.value)
      if (weight !== null) found.push({ maker, func, expr, times: parts.length, weight })
    }
  }
  return found
}

/** `cv2.imread(path)` twice for one sample. */
export function fileReloads(python: PythonModule): SampleReload[] {
  return makersOf(python).flatMap((maker) => {
    const { func } = maker
    if (maker.each !== 'sample' || maker.kept || maker.generates || func.class === null) return []
    const statements = hotCode(python, func.node.body, func).statements.filter((hot) => hot.func === func)
    const read = new Map<string, { hot: HotStatement; call: Call }[]>()
    for (const hot of statements) {
      if (hot.guarded || hot.exceptional || hot.loops.length > 0 || inTry(func, hot.statement)) continue
      for (const call of hot.expressions.flatMap((expr) => plainCalls(python, expr))) {
        if (call.name === null || !(pictureReader.test(call.name) || arrayReader.test(call.name))) continue
        const key = python.text.slice(call.expr.start, call.expr.end).replace(/\s+/g, '')
        read.set(key, [...(read.get(key) ?? []), { hot, call }])
      }
    }
    return [...read.values()].flatMap((same): SampleReload[] => {
      const [first, second] = same
      // Of two branches only one is run.
      if (second === undefined || first!.hot.conditional) return []
      if (!staysTheSame(python, func, first!.call.expr, second.call.expr)) return []
      return [{ maker, func, expr: second.call.expr, times: same.length, weight: 'slight', file: true }]
    })
  })
}

/** Functions that name the same file whenever they are asked. */
const names = /^(os\.path\.\w+|os\.fspath|pathlib\.\w+|str|int|len|format)$/
const nameMethods = /^(format|replace|join(path)?|with_suffix|with_name|strip|r?split)$/

/** Nothing gives another value to what the first of two calls is passed before the second is made. */
function staysTheSame(python: PythonModule, func: Func, first: CallExpr, second: CallExpr): boolean {
  const isFixed = (expr: Expr): boolean => {
    if (expr.type === 'name')
      return !python.bindingsOf(expr).some(({ at }) => at > first.start && at < second.start)
    if (expr.type === 'attribute' && isName(expr.value, 'self') && isSetLater(python, func, expr.attr))
      return false
    if (expr.type === 'call') {
      const name = python.nameOf(expr.callee) ?? (expr.callee.type === 'name' ? expr.callee.id : '')
      const method = expr.callee.type === 'attribute' ? expr.callee.attr : ''
      if (!names.test(name) && !nameMethods.test(method)) return false
    }
    return childrenOf(expr).every(isFixed)
  }
  return second.args.every(({ value }) => isFixed(value))
}

/** A method other than the constructor gives the attribute a value. */
function isSetLater(python: PythonModule, { class: owner }: Func, attribute: string): boolean {
  return [...(owner?.methods ?? [])].some(
    ([name, { node }]) =>
      name !== '__init__' &&
      new RegExp(`\\bself\\.${attribute}(?:\\s*,[^=\\n(]*)?\\s*=(?!=)`).test(
        python.code.slice(node.start, node.end),
      ),
  )
}

interface Taken {
  sample: Subscript
  /** With the part that is taken of it: `self.dataset[index][0]`. */
  whole: Expr
}

/** `self.dataset[index]`, wherever it stands in the expression; of two branches, where only one of them is run, in what decides. */
function samplesIn(expr: Expr, index: string, whole: Expr = expr): Taken[] {
  if (expr.type === 'lambda' || expr.type === 'comprehension') return []
  if (expr.type === 'conditional') return samplesIn(expr.test, index)
  const own =
    expr.type === 'subscript' &&
    isFixedFor(expr.index, index) &&
    expr.value.type === 'attribute' &&
    expr.value.value.type === 'name' &&
    expr.value.value.id === 'self'
      ? [{ sample: expr, whole }]
      : []
  const isPart = (child: Expr): boolean =>
    (expr.type === 'subscript' || expr.type === 'attribute') && child === expr.value
  return [
    ...own,
    ...childrenOf(expr).flatMap((child) => samplesIn(child, index, isPart(child) ? whole : child)),
  ]
}

/** Arithmetic on the number of the sample, of which nothing is drawn: `i`, `i // self.views`. */
function isFixedFor(expr: Expr, index: string): boolean {
  if (expr.type === 'binary') return isFixedFor(expr.left, index) && isNumber(expr.right)
  return expr.type === 'name' && expr.id === index
}

const isNumber = (expr: Expr): boolean =>
  expr.type === 'constant' ||
  (expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self') ||
  (expr.type === 'call' && expr.callee.type === 'name' && expr.callee.id === 'len')

const makesSamples =
  /^(torchvision|torchaudio|torch_geometric)\.datasets\.|^datasets\.(load_dataset|load_from_disk)$/

/** How much a sample costs: null where it is a row that lies in memory. */
function weightOf(python: PythonModule, set: Expr): SampleReload['weight'] | null {
  const klass = python.instanceClass(set)
  if (klass !== null)
    return isDataset(klass) || klass.bases.some((base) => makesSamples.test(base)) ? 'ordinary' : null
  const given = python.attributeValues(set)
  const [only] = given
  if (given.length !== 1 || only == null) return null
  const made = python.definition(only)
  if (made.type === 'call') return makesSamples.test(python.nameOf(made.callee) ?? '') ? 'ordinary' : null
  // `Wrapped(dataset)`: whoever makes it hands in a data set.
  return made.type === 'name' &&
    /^((base|train|inner)_?)?(data_?set|subset)$/i.test(made.id) &&
    isParameter(python, made)
    ? 'slight'
    : null
}

function isParameter(python: PythonModule, name: Expr & { type: 'name' }): boolean {
  const bindings = python.bindingsOf(name)
  return bindings.length === 1 && bindings[0]!.kind === 'param'
}

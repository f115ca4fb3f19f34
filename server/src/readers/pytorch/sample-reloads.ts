/** Samples of a data set inside another one, which are made several times for each of its own. */
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr, Subscript } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { inTry } from '../repeated-code.js'
import { hotCode } from './hot-code.js'
import { isDataset, type Maker, makersOf } from './sample-work.js'

export interface SampleReload {
  maker: Maker
  func: Func
  /** The first of them, `self.dataset[i]`. */
  expr: Subscript
  times: number
  weight: 'slight' | 'ordinary'
}

export function sampleReloads(python: PythonModule): SampleReload[] {
  const found: SampleReload[] = []
  for (const maker of makersOf(python)) {
    const { func: item } = maker
    const index = item.node.params[1]?.name
    if (maker.each !== 'sample' || maker.kept || maker.generates || item.class === null) continue
    if (index === undefined) continue
    const taken = new Map<string, { func: Func; expr: Subscript; times: number }>()
    for (const hot of hotCode(python, item.node.body, item).statements) {
      const { func, statement } = hot
      if (func !== item || hot.guarded || hot.conditional || hot.exceptional || inTry(func, statement))
        continue
      for (const expr of hot.expressions)
        for (const one of samplesIn(expr, index)) {
          const key = python.text.slice(one.value.start, one.value.end)
          const before = taken.get(key)
          if (before === undefined) taken.set(key, { func, expr: one, times: 1 })
          else before.times++
        }
    }
    for (const one of taken.values()) {
      const weight = one.times > 1 ? weightOf(python, one.expr.value) : null
      if (weight !== null) found.push({ maker, ...one, weight })
    }
  }
  return found
}

/** `self.dataset[index]`, wherever it stands in the expression. */
function samplesIn(expr: Expr, index: string): Subscript[] {
  if (expr.type === 'lambda' || expr.type === 'comprehension') return []
  const own =
    expr.type === 'subscript' &&
    expr.index.type === 'name' &&
    expr.index.id === index &&
    expr.value.type === 'attribute' &&
    expr.value.value.type === 'name' &&
    expr.value.value.id === 'self'
      ? [expr]
      : []
  return [...own, ...childrenOf(expr).flatMap((child) => samplesIn(child, index))]
}

const makesSamples =
  /^(torchvision|torchaudio|torch_geometric)\.datasets\.|^datasets\.(load_dataset|load_from_disk)$/

/** How much a sample costs: null where it is a row that lies in memory. */
function weightOf(python: PythonModule, set: Expr): SampleReload['weight'] | null {
  const klass = python.instanceClass(set)
  if (klass !== null) return isDataset(klass) ? 'ordinary' : null
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

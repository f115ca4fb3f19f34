/**
 * How a program that builds a graph itself is told to compute in 16 bits: its optimiser is wrapped, and the graph is rewritten
 * when that makes its updates. Source: TensorFlow 1.14, train/experimental/mixed_precision.py; 2.x has it below compat.v1.
 */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { FragmentFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { plainName } from './pipeline.js'

const optimizer = /^(tensorflow\.train\.\w*Optimizer|keras\.optimizers\.[A-Z]\w*)$/

export function changeGraphPrecision(
  python: PythonModule,
  value: unknown,
  facts: FragmentFacts,
): Change | Refusal {
  if (value !== 'fp16-mixed') return { reason: 'the rewrite of graphs knows fp16 only' }
  if (isBefore(facts.versions, ['tensorflow', 'tensorflow-gpu'], '1.14'))
    return {
      reason: 'the rewrite of graphs came with TensorFlow 1.14, and this project uses an older one',
    }
  const { path, fragment } = facts
  const writes: Write[] = []
  for (const { name, expr } of python.calls) {
    if (!optimizer.test(plainName(name ?? ''))) continue
    const library = libraryOf(python, expr.callee)
    if (library === null) continue
    const text = `${library}.train.experimental.enable_mixed_precision_graph_rewrite(${python.text.slice(expr.start, expr.end)})`
    const range = { fragment: fragment.index, start: expr.start, end: expr.end }
    writes.push({ kind: 'replace', path, range, text })
  }
  if (writes.length === 0)
    return {
      reason:
        'wrap the optimiser in `tf.train.experimental.enable_mixed_precision_graph_rewrite(…)` (TensorFlow 1.14 and newer)',
    }
  return {
    title: 'Rewrite the graph to fp16 where that is safe, with a loss scale (TensorFlow 1.14 and newer)',
    safety: 'display',
    writes,
    imports: [],
  }
}

/** As the program calls TensorFlow: `tf` of `tf.train.AdamOptimizer`, `tf.compat.v1` of `tf.compat.v1.train.AdamOptimizer`; null: it does not. */
function libraryOf(python: PythonModule, callee: Expr): string | null {
  let inner = callee
  while (inner.type === 'attribute') {
    inner = inner.value
    if (/^tensorflow(\.compat\.v1)?$/.test(python.nameOf(inner) ?? ''))
      return python.text.slice(inner.start, inner.end)
  }
  return null
}

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
    const { callee } = expr
    // As the program calls TensorFlow: `tf` of `tf.train.AdamOptimizer`, of `tf.keras.optimizers.Adam`.
    const library = rootOf(callee)
    if (library === null || !/^tensorflow(\.compat\.v1)?$/.test(python.nameOf(library) ?? '')) continue
    const text = `${library.id}.train.experimental.enable_mixed_precision_graph_rewrite(${python.text.slice(expr.start, expr.end)})`
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

/** The name at the start of a chain of attributes; null: it is called by a name of its own. */
function rootOf(callee: Expr): (Expr & { type: 'name' }) | null {
  let inner = callee
  while (inner.type === 'attribute') inner = inner.value
  return inner.type === 'name' && inner !== callee ? inner : null
}

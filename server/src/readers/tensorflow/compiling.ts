/** What keeps a step from being compiled as it stands: it would have to be written in another way first. */
import type { Func, PythonModule } from '../../python/module.js'
import { isBefore } from '../versions.js'
import { tensorflowVersion } from './versions.js'

/** Calls that are followed from a step. */
const depthLimit = 3

/** Null: nothing that is seen. */
export function compilingHindrance(
  python: PythonModule,
  func: Func,
  versions: Record<string, string> = {},
): string | null {
  const version = tensorflowVersion(python, versions)
  if (
    isBefore(versions, ['tensorflow', 'tensorflow-gpu'], '1.14') ||
    (version.before(2, 0) === true && version.before(1, 14) !== false)
  )
    return '`tf.function` came with TensorFlow 1.14: before, `tf.contrib.eager.defun` compiles a step'
  const reached = reachedFrom(python, func, 0, new Set())
  for (const one of reached) {
    const code = python.code.slice(one.node.start, one.node.end)
    if (one !== func && /\bnp\.|\.numpy\(\)|\bint\(|\bfloat\(/.test(code))
      return `\`${one.name}\` computes with NumPy or Python numbers, which a compiled step does only once: write it with operations of TensorFlow first`
    const kept = /\bself\.(\w+)\s*=[^=]/.exec(code)
    if (kept !== null)
      return `\`${one.name}\` keeps values in \`self.${kept[1]}\`, which are of no use outside of a compiled step: return them first`
  }
  return null
}

function reachedFrom(python: PythonModule, func: Func, depth: number, found: Set<Func>): Set<Func> {
  if (depth > depthLimit || found.has(func)) return found
  found.add(func)
  for (const { expr } of func.calls) {
    const called = python.functionOf(expr.callee)
    if (called !== null) reachedFrom(python, called, depth + 1, found)
  }
  return found
}

/** Training loops that nothing ends. */
import type { Loop, PythonModule } from '../../python/module.js'
import { codeText } from './evidence.js'

/** What may leave a loop from the inside, or wait in it for work that others hand out. */
const leaves =
  /\b(break|return|raise|assert|StopIteration|KeyboardInterrupt|yield)\b|\b(exit|_exit|quit|next|recv|accept|abort)\(|\.get\(/

/** Why the loop never ends, as a clause; null where it may. */
export function endlessBecause(python: PythonModule, loop: Loop): string | null {
  const { node } = loop
  if (loop.effects.calls.has('sys.exit') || loop.effects.calls.has('next')) return null
  if (loop.hasBreak || leaves.test(codeText(python, node.start, node.end))) return null
  if (node.type === 'while') {
    const always = node.test.type === 'constant' && Boolean(node.test.value)
    return always ? `\`while ${python.text.slice(node.test.start, node.test.end)}\` has no \`break\`` : null
  }
  const { iterable } = node
  if (iterable.type !== 'call' || python.nameOf(iterable.callee) !== 'itertools.count') return null
  return '`itertools.count()` goes on for ever and the loop has no `break`'
}

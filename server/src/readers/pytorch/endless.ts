/** Training loops that nothing ends. */
import type { Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { codeText } from './evidence.js'

/** What may leave a loop from the inside, or wait in it for work that others hand out. */
const leaves =
  /\b(break|return|raise|assert|StopIteration|KeyboardInterrupt|yield)\b|\b(exit|_exit|quit|next|recv|accept|abort)\(|\.get\(/

export interface Endless {
  /** As a clause. */
  because: string
  /** An option of the program would end it. */
  overridable: boolean
}

/** Why the loop never ends; null where it may. */
export function endlessBecause(python: PythonModule, loop: Loop): Endless | null {
  const { node } = loop
  if (loop.effects.calls.has('sys.exit') || loop.effects.calls.has('next')) return null
  if (loop.hasBreak || leaves.test(codeText(python, node.start, node.end))) return null
  if (node.type === 'while') return alwaysTrue(python, node.test)
  const { iterable } = node
  if (iterable.type !== 'call' || python.nameOf(iterable.callee) !== 'itertools.count') return null
  return { because: '`itertools.count()` is endless and the loop has no `break`', overridable: false }
}

function alwaysTrue(python: PythonModule, test: Expr): Endless | null {
  if (test.type === 'constant')
    return test.value
      ? {
          because: `\`while ${python.text.slice(test.start, test.end)}\` has no \`break\``,
          overridable: false,
        }
      : null
  // `epoch < args.epochs or args.epochs == -1`, with -1 as the default.
  if (test.type !== 'binary' || test.op !== 'or') return null
  for (const side of [test.left, test.right]) {
    const { value, byDefault } = python.condition(side)
    if (value === null && byDefault === true)
      return {
        because: `\`${python.text.slice(side.start, side.end)}\` holds by default`,
        overridable: true,
      }
  }
  return null
}

export function claimEndless(
  training: SubjectBuilder<'Training'>,
  { because, overridable }: Endless,
  place: Place,
): void {
  training.known('endless', 'while', because, place, { overridable })
}

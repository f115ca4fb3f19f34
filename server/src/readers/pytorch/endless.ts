/** Training loops that nothing ends. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { codeText } from './evidence.js'

/** What may leave a loop from the inside, or wait in it for work that others hand out. */
const leaves =
  /\b(break|return|raise|assert|StopIteration|KeyboardInterrupt|yield)\b|\b(exit|_exit|quit|recv|accept|abort|input|sleep|poll|receive_messages?)\(|\.get\(/

export interface Endless {
  /** As a clause. */
  because: string
  /** An option of the program would end it. */
  overridable: boolean
}

/** The loop around a call that trains, here or where its function is called, which starts it again without an end. */
export function endlessAround(python: PythonModule, call: Call): { loop: Loop; endless: Endless } | null {
  const sites = call.function === null ? [] : (python.callSites(call.function) ?? [])
  for (const loop of [call, ...sites].flatMap(({ loops }) => loops)) {
    // Data that ends inside ends no more than that call.
    const endless = endlessBecause(python, loop, true)
    if (endless !== null) return { loop, endless }
  }
  return null
}

/** Why the loop never ends; null where it may. `starts`: each of its passes is a training of its own. */
export function endlessBecause(python: PythonModule, loop: Loop, starts = false): Endless | null {
  const { node } = loop
  if (loop.effects.calls.has('sys.exit')) return null
  const code = codeText(python, node.start, node.end)
  const begins = beginsAnew(code)
  if (loop.hasBreak || leaves.test(begins ? code.replaceAll(/except\s*\(?StopIteration/g, '') : code))
    return null
  // The end of the data ends the loop, unless they begin anew.
  const draws = loop.effects.calls.has('next') || /\bnext\(/.test(code)
  if (!starts && !begins && draws && (isCaught(python, loop) || !repeatsData(python))) return null
  if (node.type === 'while') return alwaysTrue(python, node.test)
  const { iterable } = node
  if (iterable.type !== 'call' || python.nameOf(iterable.callee) !== 'itertools.count') return null
  return { because: '`itertools.count()` is endless and the loop has no `break`', overridable: false }
}

/** `except StopIteration: batches = iter(loader)`: the end of the data is where they begin again. */
function beginsAnew(code: string): boolean {
  return /except\s*\(?StopIteration[^:]*:\s*(#[^\n]*\n\s*)*[\w.]+\s*=\s*iter\(/.test(code)
}

const repeating = /\b\w*(cycle|infinite|forever|endless|inf_loop)\w*\(|while (True|1):[^#]{0,400}\byield\b/i

function repeatsData(python: PythonModule): boolean {
  return python.uses('.repeat', 'itertools.cycle') || repeating.test(codeText(python))
}

function isCaught(python: PythonModule, { node }: Loop): boolean {
  return python.statements.some(
    (one) =>
      one.type === 'try' &&
      ((one.start <= node.start && node.end <= one.end) || (node.start <= one.start && one.end <= node.end)),
  )
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
  training.known('endless', 'while', { because, untilStopped: false }, place, { overridable })
}

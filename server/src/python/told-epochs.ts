/** How many passes a program takes over its data, as it tells the modules that it uses. */
import type { Expr } from '../syntax/python-ast.js'
import { isName } from '../syntax/python-children.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { toPlain } from './configured-exports.js'
import { configuredPath } from './configured-path.js'
import type { Folded, Loop, ModuleSummary, PlainPath } from './module.js'
import { rangeOf } from './trips.js'

/** What trainers of libraries call the number of their passes. */
const ofTrainers: Record<string, string> = {
  'lightning.pytorch.Trainer': 'max_epochs',
  'transformers.TrainingArguments': 'num_train_epochs',
  'transformers.Seq2SeqTrainingArguments': 'num_train_epochs',
}

export function epochsOf(
  analysis: Analysis,
): Pick<ModuleSummary, 'epochs' | 'goesThroughEpochs' | 'configuredEpochs'> {
  const epochs: NonNullable<ModuleSummary['epochs']> = []
  const configured: PlainPath[] = []
  const add = (count: Folded, written: Expr | null): void => {
    if (count.state === 'known') {
      if (typeof count.value === 'number' && count.value > 0)
        epochs.push({ value: count.value, overridable: count.overridable })
      return
    }
    const path = written === null ? null : configuredPath(analysis, converted(written))
    if (path !== null && path.root !== null) configured.push(toPlain(analysis, path))
  }
  for (const loop of analysis.loops) {
    if (loop.role !== 'epoch' || loop.parent?.role === 'epoch') continue
    const { trips, horizon } = loop
    add(
      trips.state === 'unknown' && horizon?.inner === false ? horizon.count : trips,
      countOf(analysis, loop),
    )
  }
  for (const call of analysis.calls) {
    const keyword = call.name === null ? undefined : lookUp(ofTrainers, call.name)
    const given = keyword === undefined ? null : analysis.argument(call, keyword, null)
    if (given?.state === 'given') add(given.folded, given.expr)
  }
  return {
    ...(epochs.length === 0 ? {} : { epochs }),
    ...(analysis.loops.some(({ role }) => role === 'epoch') ? { goesThroughEpochs: true as const } : {}),
    ...(configured.length === 0 ? {} : { configuredEpochs: configured }),
  }
}

/** `n` of `range(n)`, `range(begun, n)` and `range(1, n + 1)`; null: something else is counted. */
function countOf(analysis: Analysis, { node }: Loop): Expr | null {
  const range = node.type === 'for' ? rangeOf(analysis, node.iterable) : null
  const [first, second, third] = range?.args.filter(({ name, star }) => name === null && star === 0) ?? []
  if (first === undefined || third !== undefined) return null
  if (second === undefined) return first.value
  const { value } = second
  const start = first.value.type === 'constant' ? first.value.value : 0
  if (start === 0) return value
  const isLast = start === 1 && value.type === 'binary' && value.op === '+'
  return isLast && value.right.type === 'constant' && value.right.value === 1 ? value.left : null
}

/** `int(x)`: x. */
function converted(expr: Expr): Expr {
  if (expr.type !== 'call' || expr.args.length !== 1 || !isName(expr.callee, 'int')) return expr
  return expr.args[0]!.value
}

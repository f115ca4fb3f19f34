/** How little data a run of the file trains on. */
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { fixedValue, knownArgument } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Binding } from '../../workload/claim.js'

/** Fewer samples than this are a demonstration. */
export const fewSamples = 2_000

/** '1000 samples', where it trains on no more than that; null: on more, or nothing says it. */
export function fewTrainingSamples(python: PythonModule): string | null {
  const count = trainingSamples(python)
  return count !== null && count <= fewSamples ? `${count} samples` : null
}

/** `data['train'].select(range(1000))`, `split='train[:500]'`: how many samples it takes to train on; null: nothing says it. */
export function trainingSamples(python: PythonModule): number | null {
  for (const call of python.methodCalls('select')) {
    const given = call.expr.args[0]
    const items = given === undefined ? null : countOf(python, given.value)
    const text = python.text.slice(call.statement.start, call.expr.end)
    if (items !== null && /train/i.test(text)) return items
  }
  for (const call of python.callsTo('datasets.load_dataset')) {
    const split = python.argument(call, 'split')
    const text = String(knownArgument(split) ?? '')
    const cut = /^train\[:(\d+)\]$/.exec(text)
    if (cut !== null) return Number(cut[1])
  }
  return null
}

/** `--max_eval_samples 10`: the options by which the library's own scripts, and those made after them, take only a part of the data. */
export function samplesAsked(
  python: PythonModule,
  binding: Binding | null,
  part: 'train' | 'eval',
): number | null {
  const name = `max_${part}_samples`
  const option = python.programArguments.find((one) => one.name === name)
  if (option === undefined) return null
  const flag = lookUp(binding?.launch.flags, name)
  const folded = option.default === null ? undefined : python.fold(option.default)
  const value = flag !== undefined ? flag.value : effective(folded)
  const count = typeof value === 'string' ? Number(value) : value
  return typeof count === 'number' && count > 0 ? count : null
}

function countOf(python: PythonModule, expr: Call['expr']['args'][number]['value']): number | null {
  const items = fixedValue(python.fold(expr))
  return Array.isArray(items) ? items.length : null
}

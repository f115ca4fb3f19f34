/** What putting a batch together costs, in the function or the object that a loader is given for it. */

import type { Call, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression } from '../../values/argument.js'
import { converters, convertersIn, ofAnObject, onDevice, plain, type SampleWork } from './dataset-work.js'
import { decoderIn, decodingWork } from './datasets.js'

/** What `make_collate(tokenizer)` or `Collator(tokenizer)` of another module calls for each batch, and how that is called. */
function madeElsewhere(python: PythonModule, given: Expr): { calls: readonly string[]; name: string } | null {
  const made = python.definition(given)
  if (made.type !== 'call') return null
  const klass = python.importedClass(made.callee)
  const calls =
    klass === null
      ? python.importedFunction(made.callee)?.gives?.calls
      : klass.methods.includes('__call__')
        ? klass.calls
        : undefined
  return calls === undefined ? null : { calls, name: lastIdentifier(made.callee) }
}

/** Work of what `collate_fn` gets; null where there is none, or nothing costly in it. */
export function collateWork(python: PythonModule, call: Call): SampleWork | null {
  const given = passedExpression(python.argument(call, 'collate_fn', 6))
  return given === null ? null : collatorWork(python, given)
}

/** Work of a function, or an object that is called, that makes a batch; null where there is nothing costly in it. */
export function collatorWork(python: PythonModule, given: Expr): SampleWork | null {
  const klass = python.instanceClass(given)
  const func = klass?.methods.get('__call__') ?? python.functionOf(given)
  if (func === undefined || func === null) {
    const written = python.text.slice(given.start, given.end)
    const imported = python.importedFunction(given)?.calls
    const found = imported === undefined ? madeElsewhere(python, given) : { calls: imported, name: written }
    const calls = [...(found?.calls ?? [])]
    if (onDevice(calls)) return plain('device')
    if (!calls.some((name) => /pad/.test(name))) calls.push(...converters(calls.filter(ofAnObject)))
    return decoding(calls, found?.name ?? written)
  }
  const calls = new Set(python.effectsOfFunction(func).calls)
  if (onDevice([...calls])) return plain('device')
  if (!/pad/.test(func.calls.map((one) => one.method).join(' ')))
    for (const name of convertersIn(python, func)) calls.add(name)
  return decoding(calls, klass?.name ?? func.name)
}

function decoding(calls: Iterable<string>, name: string): SampleWork | null {
  const decoder = decoderIn(calls)
  return decoder === null ? null : plain(decodingWork(decoder), name)
}

/** Switches that have TensorFlow or JAX run operation by operation. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import type { Place } from '../../text/origin.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, passedPlace } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { convert } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'

const switches: Record<string, { argument: string; position: number }> = {
  'tensorflow.config.run_functions_eagerly': { argument: 'run_eagerly', position: 0 },
  'tensorflow.config.experimental_run_functions_eagerly': { argument: 'run_eagerly', position: 0 },
}
interface Switch {
  key: string
  place: Place
  value: Given<Json>
}

export function switchOf(
  python: PythonModule,
  call: Call,
  tensorflow: boolean,
  locator: Locator,
): Switch | null {
  const on = (key: string, argument: string, position: number | null): Switch | null => {
    const positions = position === null ? {} : { [argument]: position }
    const source = new CallSource(python, call, locator, { positions })
    const value = source.get(argument)
    const place = key === argument ? passedPlace(source.argument(argument)) : null
    return effective(convert(value, asBoolean)) === true
      ? { key, place: place ?? calleePlace(call), value }
      : null
  }
  const known = lookUp(switches, call.name ?? '')
  if (known !== undefined)
    return on(call.name!.slice(call.name!.lastIndexOf('.') + 1), known.argument, known.position)
  if (call.name === 'jax.config.update') {
    const disables = knownArgument(python.argument(call, 'name', 0)) === 'jax_disable_jit'
    return disables ? on('jax_disable_jit', 'val', 1) : null
  }
  const compiles = call.method === 'compile' && tensorflow && call.expr.callee.type === 'attribute'
  return compiles ? on('run_eagerly', 'run_eagerly', null) : null
}

/** `model.run_eagerly = True`, where no line switches it off again, and no `compile` that follows does. */
export function switchedAttributes(python: PythonModule): { at: Place; overridable: boolean }[] {
  const written = python.statements.flatMap((statement) => {
    if (statement.type !== 'assign' || statement.value === null) return []
    const [target] = statement.targets
    if (target?.type !== 'attribute' || target.attr !== 'run_eagerly') return []
    const at = { start: statement.start, end: statement.end }
    return [{ at, model: target.value, value: python.fold(statement.value) }]
  })
  if (!written.every(({ value }) => effective(value) === true)) return []
  return written
    .filter(({ at, model }) => !isCompiledAgain(python, textOf(python, model), at.end))
    .map(({ at, value }) => ({ at, overridable: value.state === 'known' && value.overridable }))
}

/** What is called next of the model is `compile`, which sets the switch anew. */
function isCompiledAgain(python: PythonModule, model: string, from: number): boolean {
  const next = python.calls
    .filter(
      ({ method, expr: { callee, start } }) =>
        start > from &&
        /^(compile|fit|train_on_batch)$/.test(method) &&
        callee.type === 'attribute' &&
        textOf(python, callee.value) === model,
    )
    .sort((one, other) => one.expr.start - other.expr.start)
  return next[0]?.method === 'compile'
}

const textOf = ({ code }: PythonModule, { start, end }: Span): string => code.slice(start, end)

export function wantedFor(python: PythonModule, call: Call): string | null {
  if (call.conditional) return 'a debugging option'
  // A step of one's own that reads values or calls NumPy cannot be compiled.
  const custom = python.functions.find((one) => one.name === 'train_step' || one.name === 'test_step')
  const body = custom === undefined ? '' : python.code.slice(custom.node.start, custom.node.end)
  if (/\bnp\.|py_function/.test(body)) return 'a step that calls NumPy'
  return /run_functions_eagerly\(\s*(run_eagerly\s*=\s*)?False/.test(python.code)
    ? 'one part of the program'
    : null
}

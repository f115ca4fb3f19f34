/** How long the sequences are at most that a program trains on. */
import type { Call, Folded, PythonModule } from '../../python/module.js'
import type { Place } from '../../workload/builder.js'
import { once } from '../pytorch/once.js'

export type LengthResult =
  | { length: number; key: string; place: Place; folded: Folded & { state: 'known' } }
  /** Cut at what the model takes. */
  | { length: null; key: string; place: Place }
  | { because: string }

const tokenizerCallee = /(^|[._])(tokenizer|tok|encode_plus|batch_encode_plus|processor)$/i

/** Null: nothing in the module cuts its texts. */
export function sequenceLength(python: PythonModule): LengthResult | null {
  return once(python, 'sequence length', () => {
    const found = [...tokenizerCalls(python), ...blocks(python)]
    if (found.length === 0) return null
    let longest: LengthResult | null = null
    for (const one of found) {
      if ('because' in one) return one
      if (longest === null || 'because' in longest || (one.length ?? 0) > (longest.length ?? 0)) longest = one
    }
    return longest
  })
}

function tokenizerCalls(python: PythonModule): LengthResult[] {
  return python.calls.flatMap((call): LengthResult[] => {
    const callee = python.text.slice(call.expr.callee.start, call.expr.callee.end)
    if (!tokenizerCallee.test(callee)) return []
    if (!call.expr.args.some((one) => one.name === 'truncation' || one.name === 'max_length')) return []
    return [lengthOf(python, call)]
  })
}

function lengthOf(python: PythonModule, call: Call): LengthResult {
  const place: Place = { start: call.expr.start, end: call.expr.callee.end }
  const key = 'max_length'
  const given = python.argument(call, key)
  if (given.state === 'unknown') return { because: given.because }
  if (given.state === 'given') {
    const { folded } = given
    if (folded.state === 'unknown') return { because: folded.because }
    if (typeof folded.value === 'number')
      return { length: folded.value, key, place: { ...given.span }, folded }
    if (folded.value !== null) return { because: 'the length of its texts' }
  }
  const truncation = python.argument(call, 'truncation')
  const cut =
    truncation.state === 'given' && truncation.folded.state === 'known' && truncation.folded.value !== false
  return cut ? { length: null, key: 'truncation', place } : { because: 'texts that are not cut' }
}

/** `range(0, total_length, block_size)`: texts are joined and cut into blocks. */
function blocks(python: PythonModule): LengthResult[] {
  return python.calls.flatMap((call): LengthResult[] => {
    if (call.method !== 'range' || call.expr.args.length !== 3) return []
    const step = call.expr.args[2]!.value
    const text = python.text.slice(step.start, step.end)
    if (!/block|chunk|seq_?len|context_length|max_length/i.test(text)) return []
    const folded = python.fold(step)
    if (folded.state === 'unknown') return [{ because: folded.because }]
    return typeof folded.value === 'number'
      ? [{ length: folded.value, key: text, place: { start: step.start, end: step.end }, folded }]
      : []
  })
}

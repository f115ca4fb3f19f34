/**
 * Recurrent layers that run step by step because cuDNN has no kernel for what they are asked for. Source: API pages of
 * tf.keras.layers.LSTM and GRU, TensorFlow 2.0 to 2.16 ("The requirements to use the cuDNN implementation are").
 */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { boundsIn } from '../../values/python-bounds.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'
import { isBefore } from '../versions.js'
import { tensorflowOnly } from './settings.js'

interface SlowLayer {
  call: Call
  keyword: string
  /** `recurrent_dropout=0.2`, as written. */
  written: string
}

const layers = /^keras\.layers\.(\w+\.)*(LSTM|GRU)$/
/** Other back ends, TensorFlow 1 and what stood for cuDNN there. */
const otherKernels =
  /KERAS_BACKEND|CuDNN(LSTM|GRU)|disable_v2_behavior|disable_eager_execution|run_eagerly\s*=\s*True/

export function claimSlowLayers(
  python: PythonModule,
  evidence: Evidence,
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  if (otherKernels.test(python.code)) return
  if (isBefore(context.versions, ['tensorflow'], '2.0')) return
  if (isBefore(context.versions, ['keras'], tensorflowOnly)) return
  const slow = slowLayers(python)
  const [first] = slow
  if (first === undefined) return
  claimOperation(claims, {
    kind: 'slow recurrent layer',
    place: 'step',
    key: first.written,
    at: calleePlace(first.call),
    site: callSite(first.call, { kind: 'argument', name: first.keyword }),
    scope: first.call.function?.qualified ?? '',
    evidence,
    weight: slow.every(({ call }) => isNarrow(python, call)) && !readsTexts(python) ? 'slight' : 'ordinary',
    places: slow.map(({ call, written }) => ({ what: written, node: call.expr })),
  })
}

/** Their sequences are long, and the narrower a layer is, the more of its time goes into launching kernels. */
function readsTexts(python: PythonModule): boolean {
  return python.usesHere('keras.layers.Embedding')
}

/** Layers of so few units are there for short runs. */
const fewUnits = 64

function isNarrow(python: PythonModule, call: Call): boolean {
  const units = knownArgument(python.argument(call, 'units', 0))
  return typeof units === 'number' && units < fewUnits
}

function slowLayers(python: PythonModule): SlowLayer[] {
  return python.calls.flatMap((call) => {
    const keyword = call.name !== null && layers.test(call.name) ? unfit(python, call) : undefined
    if (keyword === undefined) return []
    const expr = passedExpression(python.argument(call, keyword, keyword === 'activation' ? 1 : null))!
    return { call, keyword, written: `${keyword}=${python.text.slice(expr.start, expr.end)}` }
  })
}

/** The first argument that cuDNN has no kernel for. */
function unfit(python: PythonModule, call: Call): string | undefined {
  const other = (keyword: string, fits: unknown, position: number | null = null): boolean => {
    const value = knownArgument(python.argument(call, keyword, position))
    return value !== undefined && value !== fits
  }
  if (isPositive(python, call, 'recurrent_dropout')) return 'recurrent_dropout'
  if (other('activation', 'tanh', 1)) return 'activation'
  if (other('recurrent_activation', 'sigmoid')) return 'recurrent_activation'
  if (other('unroll', false)) return 'unroll'
  if (other('use_bias', true)) return 'use_bias'
  return call.method === 'GRU' && other('reset_after', true) ? 'reset_after' : undefined
}

/** Also where a search draws it from positive numbers. */
function isPositive(python: PythonModule, call: Call, keyword: string): boolean {
  const expr = passedExpression(python.argument(call, keyword))
  return expr !== null && (boundsIn(python, expr)?.low ?? 0) > 0
}

export function fitForKernel(python: PythonModule, facts: FragmentFacts): Change | Refusal {
  const slow = slowLayers(python)
  const positional = slow.some(({ call, keyword }) => !call.expr.args.some((one) => one.name === keyword))
  if (slow.length === 0 || positional) return { reason: 'an argument is not a keyword of its layer' }
  const writes = slow.map(
    ({ call, keyword }): Write => ({
      kind: 'remove keyword',
      path: facts.path,
      call: { fragment: facts.fragment.index, start: call.expr.start, end: call.expr.end },
      name: keyword,
    }),
  )
  const names = [...new Set(slow.map(({ keyword }) => keyword))].join(' and ')
  // Another activation makes another network; whether it learns as well only its author finds out.
  const safety = /activation|use_bias/.test(names) ? 'display' : 'unsafe'
  return { title: `Use the cuDNN kernel: leave out ${names}`, safety, writes, imports: [] }
}

/** The number format of a Keras program: a policy of the whole process, set before the model is built. */

import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/words.js'
import { claimOperation } from '../operation-claims.js'
import { moduleText } from '../pytorch/evidence.js'
import { usesAny } from '../pytorch/once.js'
import type { ReaderContext } from '../reader.js'

export const policySetters = [
  'keras.mixed_precision.set_global_policy',
  'keras.mixed_precision.set_dtype_policy',
  'keras.mixed_precision.set_policy',
  'keras.mixed_precision.experimental.set_policy',
  'keras.config.set_dtype_policy',
  'keras.backend.set_floatx',
  'keras.config.set_floatx',
]
const graphRewrites = [
  'tensorflow.train.experimental.enable_mixed_precision_graph_rewrite',
  'tensorflow.train.enable_mixed_precision_graph_rewrite',
  'tensorflow.compat.v1.train.experimental.enable_mixed_precision_graph_rewrite',
  'tensorflow.compat.v1.mixed_precision.enable_mixed_precision_graph_rewrite',
  'tensorflow.compat.v1.train.enable_mixed_precision_graph_rewrite',
]
const formats: Record<string, Precision> = {
  mixed_float16: 'fp16-mixed',
  mixed_bfloat16: 'bf16-mixed',
  float16: 'fp16',
  bfloat16: 'bf16',
  float32: 'fp32',
  float64: 'fp64',
}
const variables = ['TF_ENABLE_AUTO_MIXED_PRECISION', 'TF_ENABLE_AUTO_MIXED_PRECISION_GRAPH_REWRITE']
const key = 'mixed_precision.set_global_policy'

/** `place` is the `fit` or the loop that is shown where nothing sets a policy. */
export function readPrecision(
  python: PythonModule,
  place: Place,
  site: Place,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
): void {
  fromLaunch(context, training, place, site)
  const setters = python.callsTo(...policySetters)
  const policies = setters.filter(
    (call) => !/set_floatx$/.test(call.name!) || policyOf(python, call) !== 'fp32',
  )
  if (policies.length > 0) {
    const last = policies.at(-1)!
    const value = policyOf(python, last)
    const name = last.name!.slice(last.name!.lastIndexOf('.') + 1)
    // What is set under a condition, or set again and again, depends on how the program runs.
    if (value === null || last.conditional || policies.length > 1)
      training.unknown('precision', name, 'the policy depends on the run', calleePlace(last))
    else training.known('precision', name, value, calleePlace(last), { site: callSite(last, 'policy') })
    return
  }
  const rewrite = python.callsTo(...graphRewrites)[0]
  if (rewrite !== undefined) {
    training.known('precision', rewrite.method, 'fp16-mixed', calleePlace(rewrite))
    return
  }
  const elsewhere = usesAny(python, [...policySetters, ...graphRewrites])
  if (elsewhere || mentions.test(moduleText(python))) {
    training.unknown('precision', key, 'it is set in a way that cannot be read', place, { site })
    return
  }
  training.default('precision', key, 'fp32', place, { site })
}

const science = /^(deepxde|gpflow|tensorflow_probability|sciann|trieste|tfquantum|tensorflow_quantum)(\.|$)/

/** `set_floatx("float64")`: every layer of the process computes in double precision. */
export function claimDoublePrecision(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const call of python.callsTo(...policySetters)) {
    if (policyOf(python, call) !== 'fp64' || call.conditional) continue
    const library = [...python.imports].find((name) => science.test(name))
    const numerical = /\b(PINN|pde|ode|hamiltonian|quantum|physics)\b/i.test(python.text)
    claimOperation(claims, {
      kind: 'double precision',
      place: 'run',
      key: call.method,
      at: { start: call.expr.start, end: call.expr.end },
      site: callSite(call, 'floatx'),
      scope: call.function?.qualified ?? '',
      evidence,
      wantedFor: library?.split('.')[0] ?? (numerical ? 'numerical work' : null),
    })
  }
}

const mentions =
  /mixed_b?float16|auto_mixed_precision|TF_ENABLE_AUTO_MIXED_PRECISION|LossScaleOptimizer|mixed_precision|DTypePolicy|jit_amp/

function policyOf(python: PythonModule, call: Call): Precision | null {
  const first = python.argument(call, 'policy', 0)
  if (first.state !== 'given') return null
  if (first.folded.state === 'known')
    return typeof first.folded.value === 'string' ? (lookUp(formats, first.folded.value) ?? null) : null
  // `Policy("mixed_float16")` in between.
  const made = python.callOf(first.expr)
  const name = made === null ? null : python.argument(made, 'name', 0)
  return name?.state === 'given' && name.folded.state === 'known' && typeof name.folded.value === 'string'
    ? (lookUp(formats, name.folded.value) ?? null)
    : null
}

function fromLaunch(
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
  place: Place,
  site: Place,
): void {
  for (const variable of variables) {
    const given = lookUp(context.binding?.launch.environment, variable)
    if (given === undefined) continue
    const { value, location } = given
    if (value === null)
      training.unknown('precision', variable, 'a variable of the launch', place, {
        site,
        channel: 'launch environment',
      })
    else if (value === '1' || value === true)
      training.known('precision', variable, 'fp16-mixed', place, {
        site,
        channel: 'launch environment',
        location,
      })
  }
}

/** The number format of a Keras program: a policy of the whole process, set before the model is built. */

import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert, unreadable } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Locator } from '../../values/source.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Precision } from '../../workload/resource-kinds.js'
import { onLaunchLine } from '../launch-flag.js'
import { launchedValue } from '../launched-value.js'
import { claimOperation } from '../operation-claims.js'
import { usesAny } from '../pytorch/library-uses.js'
import { optionLeftOut, switchAround, switchedOffByFile, switchedValue } from '../pytorch/lowering.js'
import type { ReaderContext } from '../reader.js'
import { tensorflowVersion } from '../tensorflow/versions.js'
import { isBefore } from '../versions.js'
import { standsAlone } from './policy-change.js'
import { asPolicy, tensorflowOnly } from './settings.js'

const policySetters = [
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
const variables = ['TF_ENABLE_AUTO_MIXED_PRECISION', 'TF_ENABLE_AUTO_MIXED_PRECISION_GRAPH_REWRITE']
const policyKey = 'mixed_precision.set_global_policy'
/** What a program uses that builds a graph itself. */
export const rewriteKey = 'enable_mixed_precision_graph_rewrite'

/** `place` is the `fit` or the loop that is shown where nothing sets a policy. */
export function readPrecision(
  python: PythonModule,
  place: Place,
  site: Place,
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
  wanted: string = policyKey,
): void {
  const { key, missing } = switchOf(python, wanted, context)
  fromLaunch(context, training, place, site)
  const { locator } = training
  const elsewhere = python.settingsElsewhere(...policySetters)
  const setters = [...python.callsTo(...policySetters), ...elsewhere.calls]
  const policies = setters.filter(
    (call) => !/set_floatx$/.test(call.name!) || effective(policyOf(python, call, locator)) !== 'fp32',
  )
  const last = policies.at(-1)
  if (last !== undefined) {
    const name = last.name!.slice(last.name!.lastIndexOf('.') + 1)
    const value = policyOf(python, last, locator)
    // What is set under a condition, or set again and again, depends on how the program runs.
    const varies = last.conditional || policies.length > 1 || elsewhere.open
    const decided = varies && policies.length === 1 ? switchAround(python, last.expr.start) : null
    if (decided !== null && (value.state === 'known' || value.state === 'default'))
      training.say('precision', key, switchedValue(decided, value, locator.origin(place, { site })))
    else training.say('precision', name, varies ? unreadable(value, 'the policy depends on the run') : value)
    return
  }
  const rewrite = python.callsTo(...graphRewrites)[0]
  if (rewrite !== undefined) {
    training.known('precision', rewrite.method, 'fp16-mixed', calleePlace(rewrite))
    return
  }
  const off = switchedOffByFile(python, locator, inDeadCode)
  if (off !== null) {
    training.say('precision', off.key, off.value)
    return
  }
  if (missing !== null) {
    training.unknown('precision', key, missing, place, { site })
    return
  }
  const around = usesAny(python, [...policySetters, ...graphRewrites]) || loweredAround(python)
  const text = withoutDecided(python, inEffect(python.code))
  if (around || mentions.test(isEager(python) ? text.replace(rewriting, '') : text)) {
    training.unknown('precision', key, 'it is set in a way that cannot be read', place, { site })
    return
  }
  const { binding } = context
  const option = binding === null ? null : optionLeftOut(python, inDeadCode)
  if (binding === null || option === null) training.default('precision', key, 'fp32', place, { site })
  // The launch leaves out the option that would lower it: the finding stands there.
  else training.default('precision', option, 'fp32', place, onLaunchLine(binding))
}

/** What a program of this version is told to compute in short formats with; `missing`: why with nothing. */
function switchOf(
  python: PythonModule,
  wanted: string,
  { versions }: ReaderContext,
): { key: string; missing: string | null } {
  if (wanted !== policyKey) return { key: wanted, missing: null }
  const alone = standsAlone(python)
  if (alone && isBefore(versions, ['keras'], tensorflowOnly))
    return { key: wanted, missing: 'this version of Keras has no policies' }
  const version = tensorflowVersion(python, versions)
  if (version.before(2, 1) !== true) return { key: wanted, missing: null }
  // Graphs are rewritten since 1.14, for optimisers of TensorFlow and of the Keras that comes with it.
  const rewritten = !alone && !isEager(python) && version.before(1, 14) !== true
  return rewritten
    ? { key: rewriteKey, missing: null }
    : { key: wanted, missing: 'this version of TensorFlow has no policies' }
}

/** Calls in code that never runs are not listed; its text says enough to name the option. */
const inDeadCode = /mixed_b?float16|mixed_precision/

/** Tests of a switch that is off, around code that therefore never runs, name mixed precision and do nothing. */
function withoutDecided({ dead, text }: PythonModule, code: string): string {
  return dead.some(({ start, end }) => inDeadCode.test(text.slice(start, end)))
    ? code.replace(/^[ \t]*(el)?if\s+[\w.]*mixed_precision\w*\s*:/gm, '')
    : code
}

/** A program around it speaks of mixed precision in words of its own. */
function loweredAround(python: PythonModule): boolean {
  return [...python.importers, ...python.imported, ...python.programs].some(({ uses }) =>
    uses.some((use) => /(^|[._])mixed_precision(_|\.|$)/.test(use)),
  )
}

const science = /^(deepxde|gpflow|tensorflow_probability|sciann|trieste|tfquantum|tensorflow_quantum)(\.|$)/

/** `set_floatx("float64")`: every layer of the process computes in double precision. */
export function claimDoublePrecision(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  for (const call of python.callsTo(...policySetters)) {
    if (effective(policyOf(python, call, claims)) !== 'fp64' || call.conditional) continue
    const library = [...python.imports].find((name) => science.test(name))
    const numerical = /\b(PINN|pde|ode|hamiltonian|quantum|physics)\b/i.test(python.text)
    claimOperation(claims, {
      kind: 'double precision',
      place: 'run',
      key: call.method,
      at: { start: call.expr.start, end: call.expr.end },
      site: callSite(call, { kind: 'switch', name: 'floatx' }),
      scope: call.function?.qualified ?? '',
      evidence,
      wantedFor: library?.split('.')[0] ?? (numerical ? 'numerical work' : null),
    })
  }
}

const mentions =
  /mixed_b?float16|auto_mixed_precision|TF_ENABLE_AUTO_MIXED_PRECISION|LossScaleOptimizer|mixed_precision|DTypePolicy|jit_amp/

/** The variables of above rewrite graphs. */
const rewriting = /TF_ENABLE_AUTO_MIXED_PRECISION(_GRAPH_REWRITE)?/g

/** Every operation runs as it is called: there is no graph. */
function isEager(python: PythonModule): boolean {
  return (
    python.uses('tensorflow.GradientTape') &&
    !python.uses('tensorflow.function', 'tensorflow.compat.v1.', 'tensorflow.Session', 'tensorflow.Graph') &&
    !python.calls.some(({ method }) => /^(fit|fit_generator|train_on_batch)$/.test(method)) &&
    !/\btf\.function\b|jit_compile|@def_function/.test(python.code)
  )
}

/** Without imports, and policies that are made and then used nowhere: neither changes how anything computes. */
function inEffect(text: string): string {
  return text
    .replace(/^[ \t]*(from\s+[\w.]+\s+)?import\s[^\n]*$/gm, '')
    .replace(/^[ \t]*(\w+)\s*=\s*[\w.]*\bPolicy\([^()\n]*\)[ \t]*$/gm, (made, name: string) =>
      text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length === 1 ? '' : made,
    )
}

function policyOf(python: PythonModule, call: Call, locator: Locator): Given<Precision> {
  const given = python.argument(call, 'policy', 0)
  const expr = passedExpression(given)
  // `Policy("mixed_float16")` in between.
  const made = expr === null ? null : python.callOf(expr)
  const named = made === null ? given : python.argument(made, 'name', 0)
  const shown = calleePlace(call)
  const placed = { ...named, span: shown }
  return convert(
    argumentValue(placed, shown, callSite(call, { kind: 'call', role: 'policy' }), locator),
    asPolicy,
  )
}

function fromLaunch(
  context: ReaderContext,
  training: SubjectBuilder<'Training'>,
  place: Place,
  site: Place,
): void {
  const left = training.locator.origin(place, { site })
  for (const variable of variables) {
    const set = lookUp(context.binding?.launch.environment, variable)
    const value = launchedValue(set, 'launch environment', left)
    const on = effective(value)
    if (on === undefined || on === '1' || on === true)
      training.say(
        'precision',
        variable,
        convert(value, () => 'fp16-mixed'),
      )
  }
}

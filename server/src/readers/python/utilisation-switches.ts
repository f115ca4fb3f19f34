/** Switches that keep a library from recording how busy the accelerators are. */

import { instance } from '../../catalog/instances.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { knownArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { callSite } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { claimedCall } from '../claim-argument.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'

interface Row {
  callee: RegExp
  keys: string[]
  off: boolean
  /** The library records nothing by itself either: a hint. */
  slight: boolean
  /** What is recorded all the same. */
  remains?: string
}

/**
 * Sources: sagemaker 2.257, estimator.py (`disable_profiler`); wandb 0.19, wandb_settings.py (`x_disable_stats`, before
 * 0.18 `_disable_stats`); mlflow 2.20, tracking/fluent.py (`log_system_metrics`); ray 2.40, `ray.init(include_dashboard)`.
 * SageMaker's own metrics of a job (namespace /aws/sagemaker/TrainingJobs, once a minute) do not depend on the profiler:
 * docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html, read 2026-11-28.
 */
const rows: Row[] = [
  {
    callee: /^sagemaker\./,
    keys: ['disable_profiler'],
    off: true,
    slight: true,
    remains: 'the one value a minute that CloudWatch keeps',
  },
  {
    callee: /^wandb\.(Settings|sdk\..*Settings)$/,
    keys: ['x_disable_stats', '_disable_stats'],
    off: true,
    slight: false,
  },
  { callee: /^mlflow\.(\w+\.)*start_run$/, keys: ['log_system_metrics'], off: false, slight: true },
  { callee: /^ray\.init$/, keys: ['include_dashboard'], off: false, slight: true },
]

export const utilisationReader = defineReader({
  name: 'utilisation-switches',
  languages: ['python'],
  triggers: ['disable_profiler', 'disable_stats', 'log_system_metrics', 'include_dashboard'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    // Nothing is to leave the machine: then that is meant.
    if (/WANDB_MODE\W+(offline|disabled|dryrun)|mode\s*=\s*['"](offline|disabled)['"]/.test(python.code))
      return
    for (const call of python.calls) {
      const row = rows.find((one) => call.name !== null && one.callee.test(call.name))
      if (row !== undefined) readSwitch(python, call, row, claims)
    }
  },
  change(claim, _value, facts) {
    return removeSwitch(claim, facts)
  },
})

function readSwitch(python: PythonModule, call: Call, row: Row, claims: ClaimBuilder): void {
  const evidence = evidenceOf(python, call)
  if (evidence === null) return
  for (const key of row.keys) {
    const given = new CallSource(python, call, claims).get(key)
    if (effective(given) !== row.off) continue
    const written = call.expr.args.find((one) => one.name === key)
    if (written === undefined) continue
    const { overridable, channel } = given
    claimOperation(claims, {
      kind: 'utilisation off',
      place: 'run',
      key: `${key}=${row.off ? 'True' : 'False'}`,
      at: { start: written.start, end: written.end },
      site: callSite(call, { kind: 'argument', name: key }),
      scope: call.function?.qualified ?? '',
      evidence,
      options: { overridable, channel },
      weight: row.slight ? 'slight' : 'ordinary',
      subject: row.remains ?? null,
    })
  }
}

/** Null: no accelerator is known to be at work. */
function evidenceOf(python: PythonModule, call: Call): Evidence | null {
  const evidence = trainingEvidence(python)
  if (call.name!.startsWith('sagemaker.')) {
    const type = python.argument(call, 'instance_type')
    const name = knownArgument(type) ?? null
    const machine = typeof name === 'string' ? instance(name) : undefined
    if (machine === undefined || machine.gpuCount < 1) return null
    return { ...evidence, role: evidence.role === 'test' ? 'test' : 'job', accelerator: 'gpu', small: null }
  }
  // What sets a run up may stand beside the program that trains.
  const around = [
    evidence,
    ...[...python.importers, ...python.programs].flatMap((module) => module.evidence ?? []),
  ]
  const runs = around.find(
    ({ role, accelerator }) => /^(training|tuning)$/.test(role) && /^(gpu|maybe)$/.test(accelerator),
  )
  return runs === undefined ? null : { ...evidence, role: runs.role, accelerator: runs.accelerator }
}

function removeSwitch(claim: Claim, facts: FragmentFacts): Change | Refusal {
  const call = claimedCall(facts.python, claim.site)
  const { target } = claim.site
  const { python, path, fragment } = facts
  if (call === null || python === undefined || target?.kind !== 'argument')
    return { reason: 'the call has changed' }
  // `settings=wandb.Settings()` says nothing any more.
  const holder =
    call.expr.args.length > 1 ? undefined : python.calls.find(({ expr }) => holds(expr, call.expr))
  const { expr } = holder ?? call
  const name = holder?.expr.args.find(({ value }) => value === call.expr)?.name ?? target.name
  const range = { fragment: fragment.index, start: expr.start, end: expr.end }
  return {
    title: `Remove ${target.name}`,
    safety: 'unsafe',
    writes: [{ kind: 'remove keyword', path, call: range, name }],
    imports: [],
  }
}

function holds({ args }: Call['expr'], value: Call['expr']): boolean {
  return args.some((one) => one.name !== null && one.value === value)
}

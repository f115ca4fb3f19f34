import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule, type RuleOptions, type Severity } from '../rule.js'
import { notTraining, otherOperation } from '../silence.js'
import { onGpuJob, operationOf } from './operation.js'

/** For a switch of which no more is known. */
const anySwitch = {
  does: 'checks what a finished program does not need to check',
  share: [0.05, 0.3] as [number, number],
}

export default defineRule({
  name: 'training/debug-mode',
  judges: 'Operation',
  checklist: ['baseline/training-time', 'baseline/idle-time', 'bottleneck/compute-bound'],
  severity: 'error',
  finds: 'debugging switches that were left on',
  summary: 'A debugging switch slows down every step of the run.',
  check(view, { report, silent, options }) {
    const kind = operationOf(view, 'debug checks')
    if (kind === null) return silent(otherOperation)
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const wanted = effective(view.settings.wantedFor)
    if (wanted !== undefined) return silent(`it is there for ${wanted}`)
    // These are also known to get a machine to work at all, and cost nothing where there are no fast links.
    if (effective(view.settings.weight) === 'slight' && !hasFastLinks(view, options))
      return silent('no GPUs with fast links between them are known here, which it would slow down')
    const effect = effective(view.settings.effect)
    const { does, share } = effect ?? anySwitch
    // It may start others by itself.
    const alone = effect?.amongProcesses === true && startsAlone(view)
    report({
      at: kind,
      severity: alone ? 'information' : severityOf(view, kind),
      message: `\`${kind.key}\` ${does}, in every step of ${where(view, options)}.`,
      saving: { fraction: share, usd: null, basis: basisOf(share) },
      fixes: [{ set: [{ claim: kind, value: null }] }],
    })
  },
})

/** Devices that are sold with links between them. */
function hasFastLinks(view: SubjectView<'Operation'>, options: RuleOptions): boolean {
  return /^(A100|H100|H200|B\d00|GB\d00|GH200|V100)/.test(machineOf(view, options).gpu?.name ?? '')
}

/** One process is launched, in a job that is not known to hold several accelerators. */
function startsAlone({ run: { job } }: SubjectView<'Operation'>): boolean {
  const { launch, compute } = job
  return (
    launch !== null &&
    launch.processes === 1 &&
    launch.nodes === 1 &&
    launch.everyNode !== true &&
    (effective(compute?.settings.gpus) ?? 1) <= 1 &&
    (effective(compute?.settings.nodes) ?? 1) <= 1
  )
}

function severityOf(view: SubjectView<'Operation'>, kind: Claim): Severity {
  const weight = effective(view.settings.weight)
  if (weight === 'slight') return 'information'
  const fromJob = kind.channel === 'launch environment' && onGpuJob(view)
  return weight === 'severe' && fromJob ? 'error' : 'warning'
}

function where(view: SubjectView<'Operation'>, options: RuleOptions): string {
  const { gpu, gpus } = machineOf(view, options)
  if (gpu === null) return 'this run'
  return gpus === null ? `this run on ${gpu.name}` : `this ${gpus}×${gpu.name} job`
}

function basisOf([low, high]: [number, number]): string {
  return `assumes that it takes ${Math.round(low * 100)} to ${Math.round(high * 100)} % of a step`
}

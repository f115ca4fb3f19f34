import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { machineOf } from '../hardware.js'
import { defineRule, type Report, type RuleOptions } from '../rule.js'
import { isSilence, notTraining, offAccelerator, otherOperation, type Silence, unless } from '../silence.js'
import { isViewOf, subjectsAround } from '../subject-view.js'
import { onGpuJob, operationOf, reinforcement } from './operation.js'

export default defineRule({
  name: 'training/not-compiled',
  judges: ['Training', 'Operation'],
  checklist: ['baseline/training-time', 'model/mixed-precision'],
  severity: 'information',
  finds: 'long runs on recent GPUs that do not use the compiler',
  summary: 'A compiled model often trains faster on recent GPUs; it is worth a try on long runs.',
  oncePerProject: true,
  check(view, context) {
    const outcome = isViewOf(view, 'Operation')
      ? ofSwitch(view, context.options)
      : isViewOf(view, 'Training')
        ? ofTraining(view, context.options)
        : otherOperation
    if (isSilence(outcome)) context.silent(outcome)
    else context.report(outcome)
  },
})

/** The program can compile, and is told not to. */
function ofSwitch(view: SubjectView<'Operation'>, options: RuleOptions): Report | Silence {
  const off = operationOf(view, 'compile off')
  if (off === null) return otherOperation
  const stopped = notTraining(view) ?? offAccelerator(view) ?? gainsLittle(view)
  if (stopped !== undefined) return stopped
  const hindered = effective(view.settings.wantedFor)
  if (hindered !== undefined) return { text: `compiling is hindered by ${hindered}` }
  const { gpu } = machineOf(view, options)
  if (gpu !== null && !isRecent(gpu)) return { text: `${gpu.name} gains little from it` }
  const where = gpu === null ? 'recent GPUs' : gpu.name
  return finding(off, `\`${off.key}\` switches off the compilation that the program is ready for.`, where)
}

function ofTraining(view: SubjectView<'Training'>, options: RuleOptions): Report | Silence {
  const { compiled, compileHindered } = view.settings
  if (compiled === undefined || effective(compiled) !== false)
    return unless(view, 'compiled', 'the model is compiled')
  const stopped = notTraining(view) ?? gainsLittle(view)
  if (stopped !== undefined) return stopped
  const hindered = effective(compileHindered)
  if (hindered !== undefined) return { text: `compiling is hindered by ${hindered}` }
  // Only a machine that is known to be worth it, on a job or by the user's word.
  const { gpu } = machineOf(view, options)
  if (gpu === null) return { text: 'the GPU that it runs on is not known' }
  if (!isRecent(gpu)) return { text: `${gpu.name} gains little from it` }
  if (!onGpuJob(view) && options.defaultHardware === null)
    return { text: 'no job that asks for GPUs runs it' }
  return {
    ...finding(compiled, `\`${compiled.key}\` is not used.`, gpu.name),
    severity: compiled.state === 'default' ? 'hint' : 'information',
    // Whoever writes that it is off has mostly tried it.
    cents: true,
  }
}

/** Why its steps would hardly be shorter. */
function gainsLittle(view: SubjectView): Silence | undefined {
  const small = view.subject.evidence.small ?? smallTrainings(view)
  if (small !== null) return { text: `the run is small: ${small}` }
  return reinforcement(view)
    ? { text: 'its steps wait for an environment, not for the accelerator' }
    : undefined
}

/** A switch may stand in another file than what it is trained on. */
function smallTrainings({ run }: SubjectView): string | null {
  const all = subjectsAround(run, 'Training').map(({ subject }) => subject.evidence.small)
  return all.every((one) => one !== null) ? (all[0] ?? null) : null
}

function isRecent({ vendor, formats }: NonNullable<ReturnType<typeof machineOf>['gpu']>): boolean {
  return vendor === 'nvidia' && formats.has('bf16')
}

function finding(at: Claim, what: string, where: string): Report {
  return {
    at,
    message: `${what} On ${where} a compiled model often trains 10 to 30 % faster; try it for one epoch.`,
    confidence: 'low',
    saving: {
      fraction: [0, 0.3],
      usd: null,
      basis:
        'the authors of PyTorch measured 43 % on average over 163 models on A100, some models get slower',
    },
    // Some models get slower, and some do not compile at all.
    fixes: [{ set: [{ claim: at, value: true }], onlyIf: 'an epoch gets faster by it' }],
  }
}

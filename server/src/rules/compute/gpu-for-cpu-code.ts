import { cpuMachine } from '../../catalog/cpu-families.js'
import { instance, servicePrefix } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { acceleratorsOf, allOfThem, otherPrograms, withoutAccelerators } from '../lifecycle/job-words.js'
import {
  isCheaper,
  processorMachine,
  processorsInstead,
  savedOnProcessors,
  usuallySaved,
} from '../processors-instead.js'
import { defineRule, type Report, type RuleOptions } from '../rule.js'
import { hidden, isSilence, type Silence, unless } from '../silence.js'
import { isViewOf, subjectIn, subjectsOf } from '../subject-view.js'

export default defineRule({
  name: 'compute/gpu-for-cpu-code',
  judges: ['Compute', 'Serving', 'Fit'],
  checklist: ['rightsize/match-instance', 'baseline/utilization'],
  overlaps: 'machine',
  severity: 'error',
  finds: 'accelerators for code that cannot use them',
  summary: 'A job pays for accelerators that none of its code can use.',
  supersedes: ['compute/unsuitable-accelerator', 'compute/oversized-instance', 'compute/multi-gpu-notebook'],
  check(view, { report, silent, options }) {
    if (isViewOf(view, 'Serving')) {
      const served = servedOnProcessors(view)
      return isSilence(served) ? silent(served) : report(served)
    }
    if (isViewOf(view, 'Fit')) {
      const placed = needlesslyPlaced(view)
      return isSilence(placed) ? silent(placed) : report(placed)
    }
    if (!isViewOf(view, 'Compute')) return silent('it is neither a job nor an endpoint')
    const { gpus, instanceType, unaskedAccelerator } = view.settings
    const unasked = effective(unaskedAccelerator)
    if (unaskedAccelerator !== undefined && unasked !== undefined) {
      report({
        at: unaskedAccelerator,
        severity: 'information',
        message: `It may run on machines with ${unasked} and asks for none: there it holds the machine and is given no accelerator, elsewhere it computes on the processors. Ask for one in \`resources.limits\`.`,
      })
      return
    }
    const counted = acceleratorsOf(view)
    const accelerators = counted ?? allOfThem(gpus)
    if (gpus === undefined || accelerators === undefined) return silent(withoutAccelerators(view))
    const others = otherPrograms(view)
    if (others !== undefined) return silent(others)
    const serves = effective(view.settings.service) === true
    const code = onProcessors(view, serves)
    if (isSilence(code)) return silent(code)
    // A session holds its accelerator for whatever comes next, and the training is told where it stands.
    if (code.moved === false && effective(view.settings.interactive) === true)
      return silent('its training is told that it is never put on the accelerator')
    const byHand = effective(view.settings.interactive) === true
    const type = effective(instanceType)
    const machine = type === undefined ? undefined : instance(type)
    const cheaper = machine === undefined ? undefined : cheaperMachine(view, machine, options)
    const prefix = servicePrefix(type ?? '')
    const vcpus = cheaper === undefined ? undefined : cpuMachine(cheaper)?.vcpus
    const other =
      vcpus === undefined
        ? ''
        : ` ${prefix}${cheaper} has ${vcpus} vCPUs${vcpus === machine?.vcpus ? ' as well' : ''}.`
    const fixes = code.told !== undefined ? [] : processorsInstead(view, cheaper)
    report({
      at: type === undefined || instanceType === undefined ? gpus : instanceType,
      ...severityOf(code, serves, byHand),
      message: `${type ?? (byHand ? 'The session' : serves ? 'The service' : 'The job')} ${counted === undefined ? 'holds' : 'is paid for'} ${type === undefined ? '' : 'its '}${accelerators}, but ${code.name} ${code.does ?? 'uses only libraries that compute on the CPU'}.${other}`,
      saving: savedOnProcessors(view, cheaper === undefined ? undefined : `${prefix}${cheaper}`, options),
      fixes,
      ...(code.location === undefined
        ? {}
        : {
            related: [
              { location: code.location, message: serves ? 'serves on the CPU' : 'trains on the CPU' },
            ],
          }),
    })
  },
})

/** One with as many vCPUs, or half of them where that would cost more than the accelerators. */
function cheaperMachine(
  view: SubjectView<'Compute'>,
  { vcpus, provider }: { vcpus: number; provider: string },
  options: RuleOptions,
): string | undefined {
  for (const wanted of [vcpus, vcpus / 2]) {
    const found = processorMachine(wanted, provider)
    if (found !== undefined && isCheaper(view, found, options)) return found
  }
  return undefined
}

/** Whoever works in a session may leave its accelerator to other cells, and needs it but for hours. */
function severityOf({ told }: Trainer, serves: boolean, byHand: boolean): Pick<Report, 'severity'> {
  if (told !== undefined) return { severity: told }
  return byHand ? { severity: 'information' } : serves ? { severity: 'warning' } : {}
}

/** A server that cannot use the accelerators that each of its replicas holds. */
function servedOnProcessors(view: SubjectView<'Serving'>): Report | Silence {
  const { acceleratorLibrary, gpus, gpuModel, minReplicas, name } = view.settings
  const count = effective(gpus)
  if (gpus === undefined || count === undefined || count < 1)
    return unless(view, 'gpus', 'it holds no accelerators')
  if (acceleratorLibrary === undefined || effective(acceleratorLibrary) !== null)
    return unless(view, 'acceleratorLibrary', 'its server may compute on the accelerator')
  const title = effective(name)
  const replicas = effective(minReplicas) ?? 1
  return {
    at: gpus,
    message: `${title === undefined ? 'Each replica' : `Each replica of "${title}"`} holds ${count}×${effective(gpuModel) ?? 'GPU'} to serve a model of ${acceleratorLibrary.key}, whose server computes on the CPU${replicas > 1 ? `; ${replicas} run at all times` : ''}.`,
    saving: usuallySaved,
    fixes: [{ set: [{ claim: gpus, value: 0 }] }],
    related: [{ location: acceleratorLibrary.location, message: 'served on the CPU' }],
  }
}

/** An agent whose network is a few small layers, and that the code puts on an accelerator all the same. */
function needlesslyPlaced({ settings, subject }: SubjectView<'Fit'>): Report | Silence {
  const device = settings.needlesslyPlaced
  const network = effective(device)
  if (device === undefined || network === undefined)
    return { text: 'nothing puts it on an accelerator that it is too small for', besideThePoint: true }
  if (subject.evidence.role === 'test') return { text: 'it is a test' }
  return {
    at: device,
    severity: 'information',
    message: `The GPU is asked for to train ${network}: copying a few rows there and starting a kernel take longer than the work, so the processor is as fast and costs less.`,
    fixes: [{ set: [{ claim: device, value: null }] }],
  }
}

/** Its library could use an accelerator; its code says that it does not. */
function staysOnProcessor({ settings: { usesAccelerator, trains } }: SubjectView<'Program'>): boolean {
  return effective(trains) === true && effective(usesAccelerator) === false
}

/** How its model comes to stay on the CPU. */
function keptThere({ settings: { usesAccelerator } }: SubjectView<'Program'>): string {
  return usesAccelerator?.key === '.to(device)'
    ? 'trains on the CPU: nothing in it moves a model to an accelerator (`.to(device)`)'
    : 'puts its model on the CPU, and names no other device'
}

/** Every trainer object of the run is told to, in the code or in a file that a launch may replace. */
function trainerOnProcessor(run: Run): SubjectView | undefined {
  const trainings = subjectsOf(run, 'Training')
  const told = trainings.every(
    ({ subject, settings }) => effective(settings.managed) === true && subject.evidence.accelerator === 'cpu',
  )
  return told ? trainings[0] : undefined
}

interface Trainer {
  name: string
  /** Where it could use an accelerator and is told not to. */
  does?: string
  /** How sure that is; as often as not the code is what should change. */
  told?: 'warning' | 'information'
  location?: SubjectView['subject']['location']
  /** False: nothing puts it on an accelerator, though nothing forbids it. */
  moved?: false
}

/** `use_gpu=False`: its workers see none of those that the job holds. */
function askingForNone({
  settings: { asksForAccelerators: asks },
}: SubjectView<'Program'>): Partial<Trainer> {
  return asks !== undefined && effective(asks) === false
    ? { does: `asks for none (\`${asks.key}\`)`, location: asks.location }
    : {}
}

/** What trains or answers on the machine without being able to use its accelerators; else why nothing is known to. */
function onProcessors(view: SubjectView<'Compute'>, serves: boolean): Trainer | Silence {
  const { work, acceleratorLibrary } = view.settings
  if (work !== undefined) {
    if (effective(work)?.includes('train') !== true) return unless(view, 'work', 'its code does not train')
    return effective(acceleratorLibrary) === null
      ? { name: work.key }
      : unless(view, 'acceleratorLibrary', `its code uses ${effective(acceleratorLibrary)}`)
  }
  let trainer: Trainer | null = null
  for (const run of view.run.siblings) {
    const { launch } = run.job
    const unseen = hidden(run, 'accelerator')
    if (unseen !== undefined) return unseen
    if (run.script === null || launch === null) return { text: 'no script of the project is launched' }
    const program = subjectIn(run, 'Program')
    // It has no library that any reader knows, and no module of the project that has.
    if (program === undefined && subjectsOf(run, 'Program').length === 0) continue
    if (program === undefined) return { text: `nothing is known of what ${run.script} imports` }
    const claim = program.settings.acceleratorLibrary
    const library = effective(claim)
    const kept = claim?.key.startsWith('accelerator=') === true
    if (kept && !launch.complete) return { text: `the launch line hands ${run.script} what it is given` }
    const onCpu = library == null || !launch.complete ? undefined : trainerOnProcessor(run)
    const told = library != null && (staysOnProcessor(program) || onCpu !== undefined)
    if (library !== null && !told)
      return unless(program, 'acceleratorLibrary', `${run.script} uses ${library}`)
    // `tree_method=gpu_hist` on the launch line.
    if (Object.values(launch.flags).some(({ value }) => /gpu|cuda/i.test(String(value))))
      return { text: `the launch line tells ${run.script} to use a GPU` }
    if (
      effective(program.settings.work)?.some((one) => one === 'train' || (serves && one === 'evaluate')) ===
      true
    )
      trainer ??= {
        name: run.script,
        location: program.subject.location,
        ...(told ? { does: keptThere(program), told: 'warning' as const } : {}),
        ...(told && program.settings.usesAccelerator?.key === '.to(device)' ? { moved: false as const } : {}),
        ...(onCpu === undefined
          ? {}
          : {
              does: 'tells its trainer to compute on the CPU',
              told: 'information' as const,
              location: onCpu.subject.location,
            }),
        ...askingForNone(program),
        ...(kept ? { does: `trains on the CPU (\`${claim!.key}\`)` } : {}),
      }
  }
  return trainer ?? { text: serves ? 'it is a service' : 'no program of the job trains' }
}

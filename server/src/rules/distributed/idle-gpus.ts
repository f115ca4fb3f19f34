import { gpu } from '../../catalog/gpus.js'
import { instance } from '../../catalog/instances.js'
import { type Location, sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Run, SubjectView } from '../../workload/claim.js'
import { startsPlainly } from '../../workload/launches.js'
import type { ProgramSettings } from '../../workload/resource-kinds.js'
import { handedOut } from '../../workload/sharing.js'
import { usesAccelerator } from '../accelerator-use.js'
import { smallerMachine } from '../fewer-gpus.js'
import { machineOf } from '../hardware.js'
import { handsNothingOut, readsNothingOfOthers, sharedWith } from '../lifecycle/job-words.js'
import { defineRule, type FixRequest, type Report, type RuleOptions } from '../rule.js'
import { hidden, isSilence, notTraining, offAccelerator, type Silence, unless } from '../silence.js'
import { isViewOf, subjectIn, subjectsOf } from '../subject-view.js'

export default defineRule({
  name: 'distributed/idle-gpus',
  judges: ['Compute', 'Parallelism'],
  checklist: ['bottleneck/distributed-setup', 'rightsize/match-instance', 'baseline/utilization'],
  severity: 'error',
  finds: 'several GPUs requested, one used',
  summary: 'A job pays for several accelerators and its script uses one.',
  supersedes: ['compute/oversized-instance', 'distributed/needless-multi-node'],
  check(view, context) {
    const { report } = context
    if (isViewOf(view, 'Parallelism')) {
      const idle =
        effective(view.settings.method) === 'layers in turn' ? inTurn(view, context.options) : reserved(view)
      return isSilence(idle) ? context.silent(idle) : report(idle)
    }
    if (!isViewOf(view, 'Compute')) return context.silent('it asks for no machines')
    const part = partOfNode(view)
    const silent = (reason: Silence | string): void => (part === null ? context.silent(reason) : report(part))
    const { gpus, instanceType } = view.settings
    const each = effective(gpus)
    // What runs on all of its machines may say how many accelerators it takes in all.
    const shared = view.run.siblings.some((run) => devicesOf(run)?.of === 'job')
    const nodes = shared ? (effective(view.settings.nodes) ?? 1) : 1
    const count = each === undefined ? undefined : each * nodes
    if (gpus === undefined || count === undefined || count < 2)
      return silent(unless(view, 'gpus', `the job asks for ${count === 1 ? 'one GPU' : 'no GPU'}`))
    const other = otherDevices(view, shared)
    if (other !== undefined) return silent(other)
    const devices = new Set(view.run.siblings.map(deviceOf).filter((one) => one !== undefined))
    if (devices.size > 1 || devices.has(null)) return silent('its launches take devices of their own')
    const users = view.run.siblings.map((run) => usesMore(run) ?? userOf(run))
    const more = users.find(isSilence)
    if (more !== undefined) return silent(more)
    const trainer = users.find((user) => user !== null && !isSilence(user))
    if (trainer === undefined || trainer === null || isSilence(trainer))
      return silent('no program of the job is known to compute on a GPU')
    const { name, location, trains } = trainer
    const used = Math.max(...view.run.siblings.map((run) => devicesOf(run)?.count ?? 1))
    if (used >= count) return silent(`its program takes ${used} of ${count} GPUs`)

    const machine = effective(instanceType)
    const derived =
      instanceType !== undefined &&
      machine !== undefined &&
      sameLocation(instanceType.location, gpus.location)
    const idle = count - used
    const percent = Math.floor((100 * idle) / count)
    const shown = effective(view.settings.shown) === true
    const what = derived
      ? `${machine} has ${count} GPUs`
      : shown
        ? `The launch takes ${count} GPUs`
        : `The job asks for ${count} GPUs`
    const few = used === 1 ? 'one' : String(used)
    report({
      at: derived ? instanceType : gpus,
      // What the program does nobody can read here: its command line names one device. Others may use what is only shown.
      ...(trainer.unread || shown ? { severity: 'warning' as const } : {}),
      message: `${what} but ${name} uses ${few}: ${percent} % of the GPU rate is wasted.`,
      saving: {
        fraction: [percent / 100, percent / 100],
        usd: null,
        basis: `${idle} of ${count} GPUs are idle`,
      },
      fixes: meantForAll(view) ? [] : fewer(view, derived, used, nodes),
      related: [
        { location, message: `${trains ? 'trains' : 'computes'} on ${few} GPU${used === 1 ? '' : 's'}` },
      ],
    })
  },
})

/** A program for many processes, on several machines: it lacks the processes, and not the need for what it holds. */
function meantForAll({ run, settings: { nodes } }: SubjectView<'Compute'>): boolean {
  const each = run.siblings.map((one) => subjectIn(one, 'Program')?.settings.devicesEach)
  return (effective(nodes) ?? 1) > 1 && each.some((devices) => effective(devices) === 1)
}

/** It asks for some of the accelerators of a machine that its labels name: who takes the others cannot be seen. */
function partOfNode(view: SubjectView<'Compute'>): Report | null {
  const { gpus, instanceType, nodes, poolLabels } = view.settings
  const type = effective(instanceType)
  const each = effective(gpus)
  const whole = type === undefined ? undefined : instance(type)?.gpuCount
  const pinned = type !== undefined && Object.values(effective(poolLabels) ?? {}).includes(type)
  if (!pinned || gpus === undefined || each === undefined || whole === undefined) return null
  const asked = each * (effective(nodes) ?? 1)
  if (asked < 1 || asked >= whole) return null
  const share = (whole - asked) / whole
  return {
    at: gpus,
    severity: 'information',
    confidence: 'medium',
    message: `It asks for ${asked} of the ${whole} GPUs of ${type}, which it is bound to: ${whole - asked} of them are paid for and idle unless others run there too.`,
    saving: {
      fraction: [0, share],
      usd: null,
      basis: `${whole - asked} of ${whole} GPUs, where nothing else uses them`,
    },
  }
}

/** Accelerators that a library reserves for each of its processes, which compute on one. */
function reserved(view: SubjectView<'Parallelism'>): Report | Silence {
  const { reservedEach } = view.settings
  const count = effective(reservedEach)
  if (reservedEach === undefined || count === undefined || count < 2)
    return unless(view, 'reservedEach', 'one is reserved for each process')
  const percent = Math.floor((100 * (count - 1)) / count)
  return {
    at: reservedEach,
    message: `${count} GPUs are reserved for each ${reservedEach.key}, whose code uses one: ${percent} % of the GPU rate is wasted.`,
    saving: {
      fraction: [percent / 100, percent / 100],
      usd: null,
      basis: `${count - 1} of ${count} GPUs are idle`,
    },
    fixes: [{ set: [{ claim: reservedEach, value: 1 }] }],
  }
}

/** Layers that are spread over the devices of one process, which compute one after another. */
function inTurn(view: SubjectView<'Parallelism'>, options: RuleOptions): Report | Silence {
  const { method, devices } = view.settings
  const stopped = notTraining(view) ?? offAccelerator(view)
  if (stopped !== undefined) return stopped
  if (devices?.state === 'unknown') return unless(view, 'devices', '')
  const count = effective(devices) ?? machineOf(view, options).gpus
  if (count === null) return { text: 'how many GPUs it finds is not known' }
  if (count < 2) return { text: `the job has ${count === 1 ? 'one GPU' : 'no GPU'}` }
  const share = (count - 1) / count
  return {
    at: method!,
    severity: 'warning',
    message: `\`${method!.key}\` spreads the layers over ${count} GPUs, which compute one after another: up to ${Math.floor(100 * share)} % of the GPU rate is wasted. Start one process per GPU, with the whole model in each where it fits, else sharded (FSDP, ZeRO).`,
    saving: {
      fraction: [share / 2, share],
      usd: null,
      basis: `one of ${count} GPUs computes at a time; exchanging gradients or weights takes up to half of what is gained (assumption)`,
    },
  }
}

/** Asks for as many as are used: fewer on a machine, a smaller machine, or fewer machines. */
function fewer(view: SubjectView<'Compute'>, derived: boolean, used: number, nodes: number): FixRequest[] {
  const { gpus, nodes: machines } = view.settings
  if (derived) {
    const set = machineFor(view, used)
    return set === null ? [] : [{ set }]
  }
  if (nodes === 1) {
    const own = ownMachine(view, used)
    return own === null ? [] : [{ set: [...own, { claim: gpus!, value: used }] }]
  }
  const each = effective(gpus)!
  return machines !== undefined && used % each === 0
    ? [{ set: [{ claim: machines, value: used / each }] }]
    : []
}

/**
 * The machine to take where its type comes with all the accelerators that the job asks for; empty: a type that serves
 * other jobs with the rest. Null: there is none with fewer of them.
 */
function ownMachine(view: SubjectView<'Compute'>, used: number): FixRequest['set'] | null {
  const { instanceType, gpus, poolLabels } = view.settings
  const type = effective(instanceType)
  const now = type === undefined ? undefined : instance(type)
  if (instanceType === undefined || now?.gpu == null || now.gpuCount !== effective(gpus)) return []
  if (instanceType.site.target?.kind === 'pool' || poolLabels !== undefined) return []
  return machineFor(view, used)
}

/** Null: no machine with so few is known. */
function machineFor(
  { settings: { instanceType } }: SubjectView<'Compute'>,
  used: number,
): FixRequest['set'] | null {
  const type = effective(instanceType)
  const found = used === 1 && type !== undefined ? smallerMachine(type) : undefined
  return instanceType === undefined || found === undefined
    ? null
    : [{ claim: instanceType, value: found.type }]
}

/** How many accelerators its program says that it takes. */
function devicesOf(run: Run): ProgramSettings['devices'] | undefined {
  return effective(subjectIn(run, 'Program')?.settings.devices)
}

/** Why the accelerators of a job are not what a launcher of processes counts; undefined: they are. `shared`: its program takes them of a cluster. */
export function otherDevices(view: SubjectView<'Compute'>, shared = false): Silence | undefined {
  const { sharing, service, gpuModel } = view.settings
  const handed = (shared && effective(sharing) === handedOut) || handsNothingOut(view)
  if (sharing !== undefined && !handed && !readsNothingOfOthers(view)) return sharedWith(sharing)
  if (effective(service) === true) return { text: 'it is a service' }
  const model = effective(gpuModel)
  const isGpu = model !== undefined && ['nvidia', 'amd'].includes(gpu(model)?.vendor ?? '')
  const { accelerator } = view.subject.evidence
  // Of a machine that is one of several, only its name tells.
  if (accelerator !== 'gpu' && !(accelerator === 'maybe' && isGpu))
    return { text: 'its accelerators are no GPUs' }
  // Cores of Trainium and the like are not what CUDA code sees as devices.
  return model === undefined || isGpu ? undefined : { text: `${model} is no GPU that CUDA or ROCm code uses` }
}

/** The number of the only device that a launch sees or is told to use; null: it cannot be read. */
function deviceOf({ job: { launch } }: Run): string | null | undefined {
  if (launch === null) return undefined
  const seen = launch.environment.CUDA_VISIBLE_DEVICES
  if (seen === undefined) return launch.perDevice === true ? undefined : launch.device
  return seen.value === null ? null : /^\d+$/.test(String(seen.value)) ? String(seen.value) : undefined
}

/** Why this launch may use several accelerators of its node; undefined: it is certain that it uses one at most. */
function usesMore(run: Run): Silence | undefined {
  const { launch } = run.job
  const device = deviceOf(run)
  if (device != null && launch?.environment.CUDA_VISIBLE_DEVICES !== undefined) return undefined
  // Its code says how many, unless something starts a process for each.
  if (launch !== null && devicesOf(run) !== undefined && launch.perDevice !== true) return undefined
  const unseen = device == null ? hidden(run, 'devices') : undefined
  if (unseen !== undefined) return unseen
  if (launch === null) return { text: 'what it launches is not known' }
  if (device == null || launch.launcher === 'python' || launch.everyNode === true) {
    if (launch.processes !== 1)
      return {
        text:
          launch.processes === null
            ? `how many processes ${launch.launcher} starts is not known`
            : `${launch.launcher} starts ${launch.processes === 0 ? 'a process for each device' : `${launch.processes} processes`}`,
      }
    if (!/^(python|notebook)$/.test(launch.launcher) && launch.everyNode !== true)
      return { text: `${launch.launcher} may use several devices` }
  }
  const program = subjectIn(run, 'Program')
  // A helper without any library that could use an accelerator (it draws a chart, moves files).
  if (program === undefined)
    return subjectsOf(run, 'Program').length === 0
      ? undefined
      : { text: `a module that ${run.script} imports may use the devices` }
  const parallelism = effective(program.settings.parallelism)
  // One process is all that runs on the node, and it leaves the other devices to processes that nobody starts.
  const alone = launch !== null && startsPlainly(launch) && effective(program.settings.devicesEach) === 1
  return parallelism === 'none' || alone
    ? undefined
    : unless(program, 'parallelism', `${run.script} spreads its work: ${parallelism}`)
}

interface User {
  name: string
  location: Location
  trains: boolean
  unread?: true
}

/** The launch with what it trains, or the program that runs a model; null where it does something else. */
function userOf(run: Run): User | null {
  const { launch } = run.job
  const program = subjectIn(run, 'Program')
  const name = run.script ?? launch?.program.path ?? launch?.launcher ?? ''
  // What nobody can read here, and a device is named for it.
  if (program === undefined && launch !== null && deviceOf(run) != null && !isHelper(run))
    return launch.launcher === 'python'
      ? { name, location: launch.location, trains: false, unread: true }
      : { name: launch.launcher, location: launch.location, trains: true }
  if (program === undefined || usesAccelerator(run, program) !== true) return null
  const training = subjectIn(run, 'Training')
  if (effective(program.settings.trains) === true || (training !== undefined && devicesOf(run) !== undefined))
    return { name, location: (training ?? program).subject.location, trains: true }
  const { infers } = program.settings
  // A program that never names a GPU may well compute on the processor.
  if (infers === undefined || effective(infers) == null || program.subject.evidence.accelerator !== 'gpu')
    return null
  return { name, location: program.subject.location, trains: false }
}

/** A program of the project in which nothing could use an accelerator. */
function isHelper(run: Run): boolean {
  return run.script !== null && hidden(run, 'accelerator') === undefined
}

import { allInstances, instance } from '../../catalog/instances.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { FixRequest, Severity } from '../rule.js'
import { defineRule } from '../rule.js'
import { isSilence, type Silence, unless } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { costOf } from './job-price.js'
import { acceleratorsOf, duration } from './job-words.js'
import { missingForStore } from './store-in-use.js'

/** Seconds: at most this much is lost when a job that cannot continue is interrupted. */
const short = 7200
/** USD: a machine for less than this is one for small work. */
const cheapHour = 0.5
/** From this many nodes on, an interruption of any of them stops all. */
const manyNodes = 4

const promised = /(^|[^a-z])(prod|production|sla|release)([^a-z]|$)/i

export default defineRule({
  name: 'lifecycle/on-demand-interruptible',
  judges: 'Compute',
  checklist: ['rightsize/spot'],
  severity: 'warning',
  finds: 'jobs that could run on spot capacity and do not',
  summary: 'A job that may be interrupted pays the on-demand price.',
  tellsTogether: true,
  check(view, { report, silent, options, today }) {
    const { settings } = view
    const { spot, gpus, nodes, instanceType, timeLimit, maxWait, checkpointStore } = settings
    if (spot === undefined || effective(spot) !== false)
      return silent(unless(view, 'spot', 'it runs on spot capacity'))
    if (effective(settings.choosesCapacity) !== true)
      return silent(unless(view, 'choosesCapacity', 'the job cannot choose its capacity'))
    if (effective(settings.reserved) !== false)
      return silent(unless(view, 'reserved', 'its capacity is reserved'))
    const single = effective(settings.trains) === true
    if (!single && effective(settings.service) === true) return silent('it is a service')
    // Between several jobs they may well be worth it; spot capacity is never kept.
    const warm = settings.keepAlive !== undefined && effective(settings.keepAlive) !== null
    if (warm && effective(settings.jobsStarted) !== 1)
      return silent(unless(view, 'keepAlive', 'its machines are kept warm'))
    const name = effective(settings.name)
    if (name !== undefined && promised.test(name)) return silent(`"${name}" is named for production`)
    const type = effective(instanceType)
    // Some platforms are told the accelerators, and find the machine themselves; on some machines they are attached.
    const accelerators = acceleratorsOf(view)
    const bare = type !== undefined && instance(type)?.gpu === null && accelerators !== undefined
    const machine = bare ? `${type} with ${accelerators}` : (type ?? accelerators ?? 'its machine')
    if (instanceType === undefined && accelerators === undefined)
      return silent(unless(view, ['instanceType', 'gpus'], ''))
    const count = effective(nodes)
    const why = reason(view)
    if (isSilence(why)) return silent(why)
    const plain = (effective(gpus) ?? 0) < 1
    const severe = why.search && !plain && count !== undefined && count < manyNodes
    const priced = spotPriced(type, effective(settings.gpuModel))
    // Whoever can go on after an interruption pays twice for machines that cost many dollars an hour.
    const hourly =
      why.care === undefined && (count ?? 1) < manyNodes
        ? (costOf(view, 3600, options.prices, today)?.low ?? 0)
        : 0
    const dear = hourly / 2 >= options.money.warning
    // A single machine without accelerators has to work for a day before it saves a few dollars.
    const little =
      plain &&
      !why.search &&
      (count ?? 1) < 2 &&
      (costOf(view, 3600, options.prices, today)?.high ?? cheapHour) < cheapHour
    const severity: Severity =
      priced === false || little ? 'hint' : severe || dear ? 'warning' : 'information'
    const set: FixRequest['set'] = [{ claim: spot, value: true }]
    const limit = effective(timeLimit)
    if (maxWait !== undefined && typeof limit === 'number' && (effective(maxWait) ?? 0) < limit) {
      set.push({ claim: maxWait, value: limit * 2 })
    }
    let onlyIf = why.care === undefined ? undefined : 'an interrupted run may be repeated'
    if (checkpointStore !== undefined && effective(checkpointStore) === null) {
      onlyIf ??= missingForStore(view)
      set.push({ claim: checkpointStore, value: 'default' })
    }
    if (warm) set.push({ claim: settings.keepAlive!, value: null })
    report({
      at: spot,
      severity,
      message: `${why.says} Spot capacity for ${machine} is ${priced === true ? 'up to 90 % cheaper' : 'cheaper, where it is available'}${why.care ?? ''}.`,
      saving: {
        fraction: why.care === undefined ? [0.5, 0.65] : [0, 0.65],
        usd: null,
        basis:
          'half of 67 accelerated machine types cost 58 to 72 % less on spot (EC2, us-east-1); 5 % of the work repeated after interruptions, rounded down',
      },
      fixes: [{ set, ...(onlyIf === undefined ? {} : { onlyIf }) }],
      related: why.related,
      // How jobs are bought is decided once, not job by job.
      ...(why.care === undefined ? {} : { together: 'on demand' }),
    })
  },
})

/** A machine, or some machine with that accelerator, has a spot price; undefined: the machine is not known. */
function spotPriced(type: string | undefined, model: string | undefined): boolean | undefined {
  const machine = type === undefined ? undefined : instance(type)
  if (machine !== undefined && (machine.gpu !== null || model === undefined)) return machine.spotPriced
  if (model === undefined) return undefined
  return allInstances().some((one) => one.gpu?.name === model && one.spotPriced)
}

interface Reason {
  says: string
  search: boolean
  /** What an interruption costs, where nothing says that the job continues after one. */
  care?: string
  related: { location: SubjectView['subject']['location']; message: string }[]
}

/** Why the job may be interrupted; else why nothing says so. */
function reason(view: SubjectView<'Compute'>): Reason | Silence {
  const { trials, checkpointStore, timeLimit } = view.settings
  if (effective(trials) === true) {
    return {
      says: 'Every trial of this search runs on demand, though a trial that is interrupted is simply run again.',
      search: true,
      related: [],
    }
  }
  const programs = view.run.siblings.flatMap((run) =>
    subjectsOf(run, 'Program').filter(({ subject }) => subject.location.path === run.script),
  )
  const fromStart = programs.some((program) => effective(program.settings.resumes) === false)
  const store = effective(checkpointStore)
  if (typeof store === 'string' && !fromStart) {
    return {
      says: `This job keeps checkpoints (${checkpointStore!.key}) and still runs on demand.`,
      search: false,
      related: [],
    }
  }
  const resuming = programs.find((program) => effective(program.settings.resumes) === true)
  // A platform with a store of its own for checkpoints takes the rest away with the machine.
  const lost = store === null ? resuming?.settings.resultFolder : undefined
  if (resuming !== undefined && !fromStart && lost === undefined) {
    return {
      says: `${resuming.subject.location.path} continues from its checkpoints, and the job still runs on demand.`,
      search: false,
      related: [{ location: resuming.settings.resumes!.location, message: 'continues from a checkpoint' }],
    }
  }
  const limit = effective(timeLimit)
  if (timeLimit?.state === 'known' && typeof limit === 'number' && limit <= short && !fromStart) {
    return {
      says: `This job takes at most ${duration(limit)} (${timeLimit.key}) and runs on demand.`,
      search: false,
      related: [],
    }
  }
  const count = effective(view.settings.nodes) ?? 1
  const job = effective(view.settings.trains) === true ? 'This machine trains and' : 'This job'
  // Machines of a cluster for data take over from one another.
  if (count >= manyNodes && (effective(view.settings.gpus) ?? 0) > 0)
    return { text: `nothing says that it continues after an interruption of one of its ${count} machines` }
  return {
    says: `${job} runs on demand.`,
    search: false,
    care:
      lost !== undefined
        ? `; its checkpoints lie where only a job that ends by itself leaves them (\`${lost.key}\`), so an interruption starts it again`
        : fromStart
          ? '; it loads no checkpoint, so an interruption starts it again'
          : '; whether it continues after an interruption is not known',
    related: [],
  }
}

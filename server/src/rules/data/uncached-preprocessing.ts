import { formatCount } from '../../estimate/grid.js'
import { sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import type { PreprocessingSettings } from '../../workload/resource-kinds.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { isSilence, offAccelerator, otherRole, type Silence, unless } from '../silence.js'
import { listed, onGpuJob } from '../training/operation.js'

/** So few passes are soon done. */
const fewPasses = 3
/** To make copies of all pictures costs one of them. */
const severalPasses = 10
/** From so many on, work in compiled code counts as well. */
const manyPasses = 20
/** Steps over whole tables that make a preparation worth keeping. */
const severalSteps = 3

export default defineRule({
  name: 'data/uncached-preprocessing',
  judges: 'Preprocessing',
  checklist: [
    'waste/cache-features',
    'bottleneck/repeated-preprocessing',
    'waste/unchanged-transformations',
    'baseline/preprocessing-time',
  ],
  severity: 'warning',
  finds: 'features that are recomputed in every fold, trial, epoch or run',
  summary: 'Features that are the same every time need to be computed only once.',
  check(work, { report, silent }) {
    const { cached, steps, again } = work.settings
    const found = effective(steps)
    const repetition = effective(again)
    if (cached === undefined || effective(cached) !== false)
      return silent(unless(work, 'cached', 'what it prepares is kept'))
    if (cached.state !== 'known') return silent('what it prepares may be kept by the library')
    if (found === undefined || repetition === undefined) return silent(unless(work, ['steps', 'again'], ''))
    const severity = severityOf(work, repetition, found.length)
    if (isSilence(severity)) return silent(severity)
    report({
      at: cached,
      severity,
      message: messageOf(
        work,
        found.map(({ what }) => what),
        repetition,
      ),
      ...savingOf(repetition),
      fixes: [{ set: [{ claim: cached, value: true }] }],
      related: found
        .filter(({ location }) => !sameLocation(location, cached.location))
        .slice(0, 8)
        .map(({ what, location }) => ({ location, message: `${what}: the same each time` })),
    })
  },
})

type Again = PreprocessingSettings['again']

function severityOf(
  work: SubjectView<'Preprocessing'>,
  { per, times, unlessTold }: Again,
  steps: number,
): Severity | Silence {
  const weight = effective(work.settings.weight)
  const heavy = weight === 'heavy' || weight === 'dear'
  if (per === 'run') return atStart(work, heavy, steps)
  if (per === 'process') {
    if (times === null && onOneDevice(work)) return { text: 'its job holds one GPU, for one process' }
    return offAccelerator(work) ?? (onGpuJob(work) ? 'information' : 'hint')
  }
  if (work.subject.evidence.role === 'inference') return otherRole(work)
  if (per === 'action') return 'information'
  if (times !== null && times < (heavy ? 2 : fewPasses)) return { text: `the loop is short: ${times} passes` }
  // Tens of passes over what workers cannot hide cost more than the rest of the training, whatever a machine costs.
  if (isPerSample(work)) {
    const made = effective(work.settings.transformation)
    // A text is cut in a millisecond, beside a step of a network that reads it, and pictures are stored for the sake of many passes.
    const few = times === null ? made === 'tokens' : times < severalPasses
    if (few && (made === 'tokens' || made === 'smaller pictures')) return 'hint'
    return weight === 'dear' && (times ?? unlessTold ?? 0) >= manyPasses ? 'warning' : 'information'
  }
  if (heavy) return times !== null && times < fewPasses ? 'information' : 'warning'
  // Between the steps of a training the accelerator waits for it.
  if (per === 'epoch' && offAccelerator(work) === undefined) return 'information'
  // How many trials a search makes is left to its launch: mostly many.
  const many = times === null ? per === 'trial' : times >= manyPasses
  return many || steps >= severalSteps ? 'information' : 'hint'
}

function onOneDevice({ run }: SubjectView<'Preprocessing'>): boolean {
  const settings = run.job.compute?.settings
  return effective(settings?.gpus) === 1 && effective(settings?.nodes) === 1
}

/** Each sample of each epoch: workers may well hide it. */
function isPerSample(work: SubjectView<'Preprocessing'>): boolean {
  return effective(work.settings.overlapped) === true && effective(work.settings.again)?.per === 'epoch'
}

function atStart(work: SubjectView<'Preprocessing'>, heavy: boolean, steps: number): Severity | Silence {
  const stopped = offAccelerator(work)
  if (stopped !== undefined) return stopped
  if (!heavy && steps < severalSteps)
    return { text: `the preparation is light: ${steps} step${steps === 1 ? '' : 's'} in compiled code` }
  // A library cuts texts in compiled code, all at once.
  if (effective(work.settings.transformation) === 'tokens') return onGpuJob(work) ? 'information' : 'hint'
  // File by file, text by text: minutes, where a step over a table takes seconds.
  const eachTakesLong = effective(work.settings.weight) === 'dear'
  if (heavy && onGpuJob(work)) return eachTakesLong || steps >= severalSteps ? 'warning' : 'information'
  return heavy && (eachTakesLong || steps >= severalSteps) ? 'information' : 'hint'
}

function messageOf(work: SubjectView<'Preprocessing'>, names: string[], { per, times }: Again): string {
  const shown = [...new Set(names)].slice(0, 3).map((name) => `\`${name}\``)
  const rest = new Set(names).size - shown.length
  if (rest > 0) shown.push(`${rest} more`)
  const what = listed(shown)
  const several = shown.length > 1
  if (per === 'run') {
    const gpus = effective(work.run.job.compute?.settings.gpus)
    const held =
      gpus === undefined || gpus === 0
        ? 'the accelerator waits'
        : `${gpus} GPU${gpus === 1 ? ' waits' : 's wait'}`
    if (effective(work.settings.transformation) === 'saved data')
      return `${what} ${several ? 'prepare' : 'prepares'} the data at every start while ${held}, though what ${several ? 'they make' : 'it makes'} is saved: look whether it is there, and load it.`
    return `${what} ${several ? 'prepare' : 'prepares'} the data at every start while ${held}, and nothing keeps the result: save it once, and load it.`
  }
  if (per === 'process') {
    const all = times === null ? 'every process' : `each of ${formatCount(times)} processes`
    return `${what} ${several ? 'run' : 'runs'} in ${all} at once, which share the cores and compute the same: let one prepare the data, and the others read its cache.`
  }
  if (isPerSample(work)) {
    const epochs = times === null ? 'every epoch' : `each of ${formatCount(times)} epochs`
    if (effective(work.settings.transformation) === 'smaller pictures')
      return `${what} ${several ? 'make' : 'makes'} the same smaller picture of each file in ${epochs}: store the pictures at that size once, and load those.`
    if (effective(work.settings.transformation) === 'unpacked files')
      return `${what} ${several ? 'unpack or parse' : 'unpacks or parses'} the same file for a sample in ${epochs}: store what it holds once as a plain array, and load that.`
    if (effective(work.settings.transformation) === 'kept too early')
      return `${what} ${several ? 'produce' : 'produces'} the same result for a sample in ${epochs}, as the cache stands before and keeps only what goes in: put it behind.`
    return `${what} ${several ? 'produce' : 'produces'} the same result for a sample in ${epochs}: compute the features once, and load them.`
  }
  if (per === 'action')
    return `${what} ${several ? 'compute' : 'computes'} the same data from its source ${formatCount(times ?? 2)} times, as it is lazy and nothing keeps it: cache it before the first.`
  const pass = per === 'pass' ? 'pass of the loop' : per
  const each =
    times === null
      ? `every ${pass}`
      : `each of ${formatCount(times)} ${per === 'pass' ? 'passes of the loop' : `${per}s`}`
  if (effective(work.settings.transformation) === 'lazy data')
    return `${what} ${several ? 'are' : 'is'} computed again from the source in ${each}, as the data is lazy and nothing keeps it: cache it before the loop.`
  const where = per === 'trial' ? 'before the search starts' : 'before the loop'
  return `${what} ${several ? 'produce' : 'produces'} the same result in ${each}: compute ${several ? 'them' : 'it'} once, ${where}.`
}

function savingOf({ per, times }: Again): Pick<Report, 'saving'> {
  if (per === 'process') {
    const basis = 'assumes that sharing the cores adds up to 5 % to a first run; later ones read the cache'
    return { saving: { fraction: [0, 0.05], usd: null, basis } }
  }
  if (per === 'run' || times === null) {
    return {
      saving: {
        fraction: [0, 0.15],
        usd: null,
        basis:
          'assumes that preparing the data takes up to 15 % of a run; it is saved from the second time on',
      },
    }
  }
  return {
    saving: {
      fraction: [0, 1 - 1 / times],
      usd: null,
      basis: `up to ${formatCount(times - 1)} of ${formatCount(times)} preparations; the training remains`,
    },
  }
}

import type { Location } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type FixRequest } from '../rule.js'
import { notTraining, offAccelerator, unless, unlessUnread } from '../silence.js'
import { subjectsAround } from '../subject-view.js'

/** Share of a run that copies and restarts take. An assumption. */
const copying: [number, number] = [0.01, 0.05]

export default defineRule({
  name: 'data/slow-transfer',
  judges: 'InputPipeline',
  checklist: ['baseline/ingestion-time', 'baseline/idle-time'],
  overlaps: 'loading',
  severity: 'information',
  measuredBy: 'waiting',
  finds: 'copies from pageable memory, and workers that restart every epoch',
  summary: 'Copies from pageable memory, and workers that restart every epoch, make the accelerator wait.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const { settings } = view
    const { gathered } = settings
    const idle = notTraining(view) ?? offAccelerator(view)
    if (gathered !== undefined && idle === undefined && effective(settings.passes) !== 1) {
      report({ at: gathered, message: gatheringOf(effective(gathered)) })
      return
    }
    const workers = effective(settings.workers)
    // Without workers there are none to keep, and loading itself is what takes the time.
    if (settings.workers === undefined || (workers !== undefined && workers < 1))
      return silent(unless(view, 'workers', 'no workers load the data'))
    if (idle !== undefined) return silent(idle)
    if (effective(settings.feeds) !== 'training')
      return silent(unless(view, 'feeds', 'it feeds an evaluation'))
    if (effective(settings.work) === 'device') return silent('the samples lie on the accelerator already')
    const pinned = isOff(settings.pinnedMemory)
    const kept = isRepeated(view) && !isRemade(view)
    const persistent = kept ? isOff(settings.persistentWorkers) : null
    // From pageable memory a copy waits, whatever it says: pinning it is only half of the change.
    const waiting = copiesOf(pinned ?? settings.pinnedMemory, settings.waitingCopies)
    const first = pinned ?? persistent ?? waiting
    if (first === null)
      return silent(
        unlessUnread(
          view,
          ['pinnedMemory', 'persistentWorkers', 'passes'],
          'copies come from pinned memory, and workers stay or are started a few times',
        ),
      )
    const reasons: string[] = []
    if (pinned !== null)
      reasons.push(`Batches are copied to the accelerator from pageable memory (\`${pinned.key}\` is off)`)
    if (persistent !== null) reasons.push(restarts(persistent, workers, passesOf(view), pinned === null))
    if (waiting !== null && pinned === null) reasons.push(copiesSentence(waiting))
    report({
      at: first,
      severity:
        first === waiting ||
        (isSlight(settings) && !restartsOften(view, persistent)) ||
        isHardlyFelt(view, pinned, persistent)
          ? 'hint'
          : 'information',
      message: sentence(reasons),
      saving: {
        fraction: copying,
        usd: null,
        basis: 'assumes that copies and restarts take 1 to 5 % of a run; measure it with a profiler',
      },
      fixes: fixesFor(pinned, persistent, waiting),
    })
  },
})

function gatheringOf(what: 'on the accelerator' | 'all samples' | undefined): string {
  return what === 'all samples'
    ? 'Every epoch puts the whole data set together sample by sample, into a batch that is the same each time. Make it once, before the loop.'
    : 'The samples lie on the accelerator and are taken from it one by one: each batch costs a few kernels for every sample. Index whole batches: `data[order[i:i + n]]`.'
}

/** Texts and rows of a table: a batch of them is soon copied. */
function isSlight({ work, mayTakeLong }: SubjectView<'InputPipeline'>['settings']): boolean {
  const cost = effective(work)
  return cost === undefined ? effective(mayTakeLong) === false : cost !== 'decode' && cost !== 'light'
}

/** So often that starting workers adds up, whatever they load. */
const veryMany = 100

function restartsOften(view: SubjectView<'InputPipeline'>, persistent: Claim | null): boolean {
  return persistent !== null && (passesOf(view)?.least ?? 0) >= veryMany
}

/** So many epochs make minutes of starting workers. */
const several = 30

/** One of the two alone: copies overlap with steps, or workers are known to be started a few times. */
function isHardlyFelt(
  view: SubjectView<'InputPipeline'>,
  pinned: Claim | null,
  persistent: Claim | null,
): boolean {
  if (persistent === null) return true
  return pinned === null && (passesOf(view)?.least ?? several) < several
}

interface Passes {
  least: number
  most: number
}

/** Of the loader, else of the trainings that it may feed; undefined: one of them does not say. */
function passesOf({ run, settings }: SubjectView<'InputPipeline'>): Passes | undefined {
  const own = effective(settings.passes)
  const all =
    own === undefined ? subjectsAround(run, 'Training').map((one) => effective(one.settings.epochs)) : [own]
  const known = all.filter((epochs) => epochs !== undefined)
  return known.length === 0 || known.length < all.length
    ? undefined
    : { least: Math.min(...known), most: Math.max(...known) }
}

/** Workers end with their loader, which the training makes anew. */
function isRemade({ run }: SubjectView<'InputPipeline'>): boolean {
  return subjectsAround(run, 'Training').some(({ settings }) => effective(settings.remakesLoaders) === true)
}

/** Starting workers takes seconds: a few times of it are cents. */
const many = 10

/** The loader is gone through many times, as far as anything is said of it. */
function isRepeated(view: SubjectView<'InputPipeline'>): boolean {
  const passes = effective(view.settings.passes)
  if (passes !== undefined) return passes >= many
  const trainings = subjectsAround(view.run, 'Training').map(({ settings }) => effective(settings.epochs))
  return trainings.length === 0 || trainings.some((epochs) => epochs === undefined || epochs >= many)
}

function restarts(
  { key }: Claim,
  workers: number | undefined,
  passes: Passes | undefined,
  first: boolean,
): string {
  const the = first ? 'The' : 'the'
  const who =
    workers === undefined
      ? // None is what a loader has by itself.
        `workers, where there are any, are`
      : workers === 1
        ? `${the} worker is`
        : `${the} ${workers} workers are`
  return `${who} started again ${passes === undefined || passes.least < passes.most ? 'in every epoch' : `for each of ${passes.least} epochs`} (\`${key}\` is off)`
}

type Copies = Claim<{ what: string; location: Location }[]>

function copiesOf(pinned: Claim | undefined, copies: Copies | undefined): Copies | null {
  if (copies === undefined || (effective(copies)?.length ?? 0) === 0) return null
  // Only what is seen to be pinned, or can be, makes a difference.
  return pinned === undefined || pinned.state === 'unknown' || pinned.overridable ? null : copies
}

function copiesSentence(copies: Copies): string {
  const [first, ...rest] = effective(copies)!
  const more = rest.length === 0 ? '' : ` and ${rest.length} more`
  return `\`${first!.what}\`${more} ${rest.length === 0 ? 'waits' : 'wait'} for the copy from pinned memory (no \`${copies.key}\`)`
}

function sentence(reasons: string[]): string {
  const text = `${reasons.join(', and ')}.`
  return text[0]!.toUpperCase() + text.slice(1)
}

function fixesFor(...claims: (Claim | null)[]): FixRequest[] {
  const there = claims.filter((claim) => claim !== null)
  return [{ set: there.map((claim) => ({ claim, value: true })) }]
}

function isOff(claim: SubjectView<'InputPipeline'>['settings']['pinnedMemory']): Claim | null {
  return claim !== undefined && effective(claim) === false ? claim : null
}

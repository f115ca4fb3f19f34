import type { Location } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type FixRequest } from '../rule.js'
import { notTraining, offAccelerator, unless, unlessUnread } from '../silence.js'

/** Share of a run that copies and restarts take. An assumption. */
const copying: [number, number] = [0.01, 0.05]

export default defineRule({
  name: 'data/slow-transfer',
  judges: 'InputPipeline',
  checklist: ['baseline/ingestion-time', 'baseline/idle-time'],
  overlaps: 'loading',
  severity: 'hint',
  measuredBy: 'waiting',
  finds: 'copies from pageable memory, and workers that restart every epoch',
  summary: 'Copies from pageable memory, and workers that restart every epoch, make the accelerator wait.',
  oncePerProject: true,
  check(view, { report, silent }) {
    const { settings } = view
    const workers = effective(settings.workers)
    // Without workers there are none to keep, and loading itself is what takes the time.
    if (workers === undefined || workers < 1)
      return silent(unless(view, 'workers', 'no workers load the data'))
    // A launch that tries out workers says nothing about the code's own choices.
    if (settings.workers!.channel === 'launch flag') return silent('the launch line sets the workers')
    const stopped = notTraining(view) ?? offAccelerator(view)
    if (stopped !== undefined) return silent(stopped)
    if (effective(settings.feeds) !== 'training')
      return silent(unless(view, 'feeds', 'it feeds an evaluation'))
    if (effective(settings.work) === 'device') return silent('the samples lie on the accelerator already')
    const pinned = isOff(settings.pinnedMemory)
    const passes = effective(settings.passes)
    const persistent = passes !== undefined && passes > 1 ? isOff(settings.persistentWorkers) : null
    // From pageable memory a copy waits, whatever it says: pinning it is only half of the change.
    const waiting = copiesOf(pinned ?? settings.pinnedMemory, settings.waitingCopies)
    const first = pinned ?? persistent ?? waiting
    if (first === null)
      return silent(
        unlessUnread(
          view,
          ['pinnedMemory', 'persistentWorkers', 'passes'],
          'copies come from pinned memory, and workers stay or are needed once; or a launch may choose so',
        ),
      )
    const reasons: string[] = []
    if (pinned !== null)
      reasons.push(`Batches are copied to the accelerator from pageable memory (\`${pinned.key}\` is off)`)
    if (persistent !== null)
      reasons.push(
        `${pinned === null ? 'The' : 'the'} ${workers === 1 ? 'worker is' : `${workers} workers are`} started again for each of ${passes} epochs (\`${persistent.key}\` is off)`,
      )
    if (waiting !== null && pinned === null) reasons.push(copiesSentence(waiting))
    report({
      at: first,
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

/** Off, and no launch could turn it on. */
function isOff(claim: SubjectView<'InputPipeline'>['settings']['pinnedMemory']): Claim | null {
  if (claim === undefined || claim.state === 'unknown' || claim.overridable) return null
  return claim.value === false ? claim : null
}

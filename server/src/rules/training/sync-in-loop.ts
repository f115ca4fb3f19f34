import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, offAccelerator, otherOperation } from '../silence.js'
import { listed, onGpuJob, operationOf, otherPlaces, reinforcement } from './operation.js'

/** Share of a step that the accelerator waits after its queue has run empty. An assumption. */
const once: [number, number] = [0.01, 0.05]
const often: [number, number] = [0.03, 0.15]

/** Numbers that are read one after the other where the step ends: so many of them add up. */
const several = 4

export default defineRule({
  name: 'training/sync-in-loop',
  judges: 'Operation',
  checklist: ['baseline/idle-time', 'bottleneck/compute-bound', 'baseline/ingestion-time'],
  severity: 'warning',
  measuredBy: 'waiting',
  finds: 'values read from the GPU in every step, so that it has to wait',
  summary: 'Reading a value from the accelerator in every step makes it wait for the host.',
  check(view, { report, silent }) {
    const kind = operationOf(view, 'synchronise')
    if (kind === null) return silent(otherOperation)
    const stopped = offAccelerator(view) ?? notTraining(view)
    if (stopped !== undefined) return silent(stopped)
    // The environment needs each action on the host, but nothing sample by sample.
    const each = effective(view.settings.each)
    if (reinforcement(view) && (each === undefined || each === 'element'))
      return silent('an environment needs each action on the host')
    const places = effective(view.settings.places) ?? []
    const stalls = effective(view.settings.times) ?? 1
    // In the long steps of a real model the queue is filled again before it is missed, unless the reads multiply.
    const felt =
      effective(view.settings.weight) === 'severe' &&
      (each !== undefined || stalls > 1 || effective(view.settings.realModel) !== true)
    if (effective(view.settings.subject) === 'evaluation') {
      const names = listed(places.map((one) => one.what))
      report({
        at: kind,
        severity: severityOf(view),
        message: `${names} for each sample of a batch makes the host wait for the accelerator as often as the batch has samples. Copy the batch to the host once, or count on the accelerator.`,
        fixes: [{ set: [{ claim: kind, value: null }] }],
        related: otherPlaces(view, 'waits for each sample as well'),
      })
      return
    }
    report({
      at: kind,
      severity: severityOf(view),
      cents: isHardlyFelt(view, places.length),
      message: messageOf(
        places.map((one) => one.what),
        stalls,
        repeats[each ?? ''],
      ),
      saving: {
        fraction: felt ? often : once,
        usd: null,
        basis: felt
          ? 'assumes that the accelerator waits 3 to 15 % of a step; a profiler shows the gaps'
          : 'assumes that the accelerator waits 1 to 5 % of a step; a profiler shows the gaps',
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: otherPlaces(view, 'waits in the same step'),
    })
  },
})

/** One wait where the step ends takes a thousandth of one or so: it adds up with further reads, and in short steps on a card that is there for them. */
function isHardlyFelt(view: SubjectView<'Operation'>, reads: number): boolean {
  const { weight, realModel } = view.settings
  if (effective(weight) !== 'ordinary' || reads >= several) return false
  const short = effective(realModel) !== true && view.subject.evidence.accelerator === 'gpu'
  return !(short && reads > 1)
}

/** The longer a step, the less of it is the wait behind a read: only reads that multiply within a step are worth an interruption by themselves. */
function severityOf(view: SubjectView<'Operation'>): Severity {
  const real = effective(view.settings.realModel) === true || onGpuJob(view)
  const weight = effective(view.settings.weight)
  if (weight !== 'severe') return weight === 'ordinary' ? 'information' : 'hint'
  return real && effective(view.settings.each) !== undefined ? 'warning' : 'information'
}

/** What repeats the reads within a step, and what to do then. */
const repeats: Record<string, { dry: string; instead: string } | undefined> = {
  sample: {
    dry: 'as often as its batch has samples',
    instead: 'Copy the batch to the host once, or count on the accelerator',
  },
  parameter: {
    dry: 'once for each parameter of the network',
    instead: 'Put the values together on the accelerator, and read the result once',
  },
  element: {
    dry: 'each time that a loop inside of the step goes round',
    instead: 'Keep what the loop finds on the accelerator, and read it once behind the loop',
  },
}

function messageOf(names: string[], stalls: number, repeated: (typeof repeats)[string]): string {
  const count = names.length
  const seen =
    count === 1
      ? `${names[0]} makes the host wait for the accelerator in every step`
      : `${listed(names)}: ${count} reads make the host wait for the accelerator in every step`
  const dry =
    repeated !== undefined
      ? `, ${repeated.dry}`
      : stalls > 1
        ? `, and its queue runs dry ${stalls} times`
        : ''
  const instead = repeated?.instead ?? 'Keep the values on the accelerator and read them every 50 steps'
  return `${seen}${dry}. ${instead}.`
}

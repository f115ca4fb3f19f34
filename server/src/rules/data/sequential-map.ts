import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'
import { defineRule, type Severity } from '../rule.js'
import { notTraining, unless } from '../silence.js'

/** Share of a run that an accelerator waits for one core. An assumption. */
const waiting: [number, number] = [0.1, 0.4]

export default defineRule({
  name: 'data/sequential-map',
  judges: 'InputPipeline',
  checklist: ['bottleneck/compute-bound', 'baseline/preprocessing-time'],
  overlaps: 'loading',
  severity: 'warning',
  finds: 'samples that a single core prepares one at a time',
  summary: 'Preparing samples one at a time leaves all but one core idle.',
  check(pipeline, { report, silent }) {
    const { settings, subject } = pipeline
    const { concurrent } = settings
    const applied = effective(settings.applied)
    if (concurrent === undefined || effective(concurrent) !== false)
      return silent(unless(pipeline, 'concurrent', 'samples are prepared concurrently'))
    if (applied === undefined) return silent(unless(pipeline, 'applied', ''))
    const stopped = notTraining(pipeline)
    if (stopped !== undefined) return silent(stopped)
    if (subject.evidence.accelerator === 'cpu') return silent('it runs on the CPU')
    const severity = severityOf(pipeline)
    report({
      at: concurrent,
      severity,
      message: messageOf(pipeline, applied),
      ...(severity === 'hint'
        ? {}
        : {
            saving: {
              fraction: waiting,
              usd: null,
              basis:
                'assumes that the accelerator waits for a single core 10 to 40 % of a run; measure it with a profiler',
            },
          }),
      fixes: [{ set: [{ claim: concurrent, value: true }] }],
    })
  },
})

function severityOf({ settings }: SubjectView<'InputPipeline'>): Severity {
  if (effective(settings.feeds) === 'evaluation') return 'hint'
  // Who says no version gets the newest, which does it by itself.
  if (effective(settings.byItselfFrom) !== undefined) return 'hint'
  // Only the waiting of Python code overlaps.
  return effective(settings.interpreted) === true ? 'information' : 'warning'
}

function messageOf(
  { settings }: SubjectView<'InputPipeline'>,
  applied: { what: string; does: string },
): string {
  const key = settings.concurrent!.key
  const says = `\`${applied.what}\` ${applied.does}, on one core`
  const because = effective(settings.oneByOneBecause)
  if (effective(settings.interpreted) === true)
    return `${says}: ${because}. Use operations of the library instead, or overlap at least its waiting with \`${key}\`.`
  const from = effective(settings.byItselfFrom)
  if (from !== undefined) return `${says}, unless it runs on ${from} or newer: pass \`${key}\`.`
  return because === undefined ? `${says}: pass \`${key}\`.` : `${says}, since ${because}: pass \`${key}\`.`
}

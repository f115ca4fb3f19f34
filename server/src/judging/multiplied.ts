/** What is small once, and is multiplied: by devices that train it together, by epochs, by trials. */
import { subjectsAround, subjectsOf } from '../rules/subject-view.js'
import { effective } from '../values/value.js'
import type { Run, SubjectView } from '../workload/claim.js'
import { launched } from './launched-devices.js'

/** Epochs times devices, or times trials, from which even small data and a small network take hours of paid devices. */
const many = 500

/**
 * Known numbers make much of little: devices × epochs, epochs over pictures, or trials × epochs of five hundred and more. Rows of a table stay a matter of minutes
 * however often they are gone through, unless several devices are held for them.
 */
export function isMultiplied(view: SubjectView): boolean {
  if (takesManyDevices(view)) return true
  if (view.subject.evidence.wide === undefined) return false
  const { run } = view
  const epochs = epochsOf(run)
  if (epochs >= many) return true
  const trials = Math.max(
    1,
    ...subjectsOf(run, 'Search').map(({ settings }) =>
      effective(settings.unit) === 'fit' ? 1 : (effective(settings.trialCap) ?? 1),
    ),
  )
  return trials > 1 && trials * epochs >= many
}

/** Several devices are held for many epochs: what is a thousandth of one is dollars of all. */
export function takesManyDevices({ run }: SubjectView): boolean {
  const devices = devicesOf(run)
  return devices > 1 && devices * epochsOf(run) >= many
}

function epochsOf(run: Run): number {
  return Math.max(
    1,
    ...subjectsAround(run, 'Training').map(({ settings }) => effective(settings.epochs) ?? 1),
  )
}

function devicesOf(run: Run): number {
  const compute = run.job.compute?.settings
  const asked = (effective(compute?.gpus) ?? 0) * (effective(compute?.nodes) ?? 1)
  if (asked > 0) return asked
  const { gpus = 0, nodes = 1 } = launched(run)
  return gpus * (nodes ?? 1)
}

/** Loops whose number of epochs is given where it cannot be read. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'

/** What tells that a value comes from elsewhere, and nothing else. */
const elsewhere =
  /^(\.\w|the (parameter|name)\b|refers to itself|several values of|it is handed around|a value that|.* is (set|changed)\b)/

/** True for a run of so many epochs as something else says. */
export function hasUnreadEpochs(view: SubjectView<'Training'>): boolean {
  const { epochs, managed } = view.settings
  // A launch that gives it is judged with what it gives.
  if (epochs?.state !== 'unknown' || /\blaunch\b/.test(epochs.because)) return false
  if (!/epoch/i.test(`${epochs.key} ${epochs.because}`)) return false
  // Libraries have further ways to say when a run ends.
  return effective(managed) !== true || elsewhere.test(epochs.because)
}

/** The same of a loop of one's own that counts steps. */
export function hasUnreadSteps({
  settings: { epochs, managed, maxSteps },
}: SubjectView<'Training'>): boolean {
  if (epochs !== undefined || maxSteps?.state !== 'unknown' || effective(managed) === true) return false
  return !/\blaunch\b/.test(maxSteps.because) && elsewhere.test(maxSteps.because)
}

/** Something tells that they could be few: whoever trains a published network as it is may do so for a few passes. */
export function mayBeFew(view: SubjectView<'Training'>): boolean {
  const { fineTuning, model, ownNetwork } = view.settings
  const published = model !== undefined && effective(ownNetwork) !== true
  return effective(fineTuning) === true || published || view.subject.evidence.small !== null
}

/** Loops whose number of epochs is given where it cannot be read. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'

/** What tells that a value comes from elsewhere, and nothing else. */
const elsewhere = /^(\.\w|the parameter\b|refers to itself|several values of)/

/** True for a run of so many epochs as something else says, where nothing tells that they would be few. */
export function hasUnreadEpochs(view: SubjectView<'Training'>): boolean {
  const { epochs, fineTuning, managed, model, ownNetwork } = view.settings
  // A launch that gives it is judged with what it gives.
  if (epochs?.state !== 'unknown' || /\blaunch\b/.test(epochs.because)) return false
  if (!/epoch/i.test(`${epochs.key} ${epochs.because}`)) return false
  // Libraries have further ways to say when a run ends.
  if (effective(managed) === true && !elsewhere.test(epochs.because)) return false
  // Whoever trains a published network as it is may do so for a few passes.
  const published = model !== undefined && effective(ownNetwork) !== true
  return effective(fineTuning) !== true && !published && view.subject.evidence.small === null
}

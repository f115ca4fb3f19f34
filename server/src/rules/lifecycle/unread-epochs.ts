/** Loops whose number of epochs is given where it cannot be read. */
import { effective } from '../../values/value.js'
import type { SubjectView } from '../../workload/claim.js'

/** What tells that a value comes from elsewhere, and nothing else. */
const elsewhere = /^(\.\w|the parameter\b|refers to itself|several values of)/

/** True for a run of so many epochs as something else says, where nothing tells that they would be few. */
export function hasUnreadEpochs(view: SubjectView<'Training'>): boolean {
  const { epochs, fineTuning, managed, model } = view.settings
  // A launch that gives it is judged with what it gives.
  if (epochs?.state !== 'unknown' || /\blaunch\b/.test(epochs.because)) return false
  if (!/epoch/i.test(`${epochs.key} ${epochs.because}`)) return false
  // Libraries have further ways to say when a run ends.
  if (effective(managed) === true && !elsewhere.test(epochs.because)) return false
  return effective(fineTuning) !== true && model === undefined && view.subject.evidence.small === null
}

/** How runs of one branch can be kept apart without harm. */
import type { ParallelRuns } from '../../text/change-target.js'

/** Commands that are over as soon as the platform has taken the job, however long that runs. */
const leaving =
  /\baz ml job create\b|\bgcloud (beta )?ai (custom-jobs|hp-tuning-jobs) create\b|\baws sagemaker create-/
const following = /--stream\b|\bml job stream\b|\bstream-logs\b|\bsagemaker wait\b/

/** What must not be cut off halfway: a lock, or a half-written release, would stay. */
const publishing =
  /\b(deploy|publish|release|promote|register|apply)(s|ing|ment)?\b|\b(git|docker|dvc|podman) (image )?push\b|upload[-_ ]?(to|model)/i

/**
 * Cancelling a run stops a training that runs in it, not one that a platform has taken over. `texts`: commands and names of all
 * steps; `local`: the training runs on the machine of the step. Null: a run that waits would not wait for the training.
 */
export function keptApart(texts: readonly string[], local: boolean): ParallelRuns | null {
  const all = texts.join('\n')
  if (!local && leaving.test(all) && !following.test(all)) return null
  return local && !publishing.test(all) ? 'cancel' : 'wait'
}

/** What programs of TensorFlow go on from. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { loopHeader } from '../pytorch/loop.js'
import { runLoopOf } from '../pytorch/loop-facts.js'
import { resumeGap } from '../pytorch/resume-gaps.js'
import { claimUnread } from '../reads-back.js'
import { plainName } from './pipeline.js'

/** Sessions that save by themselves, every ten minutes, and go on from what they find. */
const monitored = /^tensorflow\.(\w+\.)*(MonitoredTrainingSession|Supervisor)$/
const folders: Record<string, string> = { MonitoredTrainingSession: 'checkpoint_dir', Supervisor: 'logdir' }

export function claimKept(python: PythonModule, loop: Loop, training: SubjectBuilder<'Training'>): void {
  const keeper = python.calls.find(({ name }) => monitored.test(plainName(name ?? '')))
  const run = runLoopOf(python, loop)
  const place = loopHeader(run ?? loop)
  if (keeper !== undefined && isGivenFolder(keeper)) {
    training.known('saves', keeper.method, 'while it runs', place)
    training.known('resumable', keeper.method, true, place)
    return
  }
  claimUnread(python, training, place)
  const gap = run === null ? null : resumeGap(python, run)
  if (gap?.misses === 'the epochs') training.known('resumesWithout', 'checkpoint', gap.misses, gap.place)
}

function isGivenFolder({ method, expr }: Call): boolean {
  return expr.args.some(({ name, star }) => star > 0 || name === lookUp(folders, method))
}

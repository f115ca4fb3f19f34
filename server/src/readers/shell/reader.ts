/** Launch lines in shell scripts, notebook shell cells and batch scripts. */

import { batchJobId } from '../batch/job.js'
import { defineReader } from '../reader.js'
import { slurmJobId } from '../slurm/job.js'
import { srunOptions } from '../slurm/srun.js'
import { slurmSteps } from '../slurm/steps.js'
import { torchxAsked } from '../torchx/run.js'
import { claimScriptCalls, claimShellLaunch, launchesOf, shellLaunchId } from './launches.js'

export const shellReader = defineReader({
  name: 'shell',
  languages: ['shell'],
  triggers: [
    'python',
    '.py',
    'torchrun',
    'accelerate',
    'deepspeed',
    'composer',
    'axolotl',
    'llamafactory',
    'tune',
    'yolo',
    'torchx run',
  ],
  read(facts, context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    const job = slurmJobId(facts.path, facts.unit, shell) ?? batchJobId(facts.path, facts.unit, shell)
    const launches = launchesOf(shell.commands, (span) => claims.locate(span))
    if (context.binding?.launch.shell !== undefined) {
      // Scripts that a called script calls.
      for (const command of shell.commands)
        claimScriptCalls(
          claims,
          [command],
          {
            job: null,
            id: `${shellLaunchId(claims, facts.unit, command)}:call`,
            place: { start: command.start, end: command.end },
          },
          (span) => claims.locate(span),
        )
    }
    for (const launch of launches) {
      const { command, parts } = launch
      const id = shellLaunchId(claims, facts.unit, command)
      const own = job === null ? srunOptions(parts) : null
      claimShellLaunch(claims, launch, {
        job: own === null && torchxAsked(command) === null ? job : id,
        id,
        place: { start: command.start, end: command.end },
        ...slurmSteps(parts, own ?? shell.directives),
      })
    }
  },
})

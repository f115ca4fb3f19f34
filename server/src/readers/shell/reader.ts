/** Launch lines in shell scripts, notebook shell cells and batch scripts. */

import { defineReader } from '../reader.js'
import { slurmJobId } from '../slurm/job.js'
import { slurmSteps } from '../slurm/steps.js'
import { claimShellLaunch, launchesOf } from './launches.js'

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
  ],
  read(facts, _context, claims) {
    const { shell } = facts
    if (shell === undefined) return
    const job = slurmJobId(facts.path, facts.unit, shell)
    const launches = launchesOf(shell.commands, (span) => claims.locate(span))
    for (const launch of launches) {
      const { command } = launch
      const { path, cell, start } = claims.locate(command)
      claimShellLaunch(claims, launch, {
        job,
        id: `${path}#launch@${facts.unit.index}:${cell ?? ''}:${start}`,
        place: { start: command.start, end: command.end },
        ...slurmSteps(launch.parts, shell.directives),
      })
    }
  },
})

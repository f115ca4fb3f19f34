/** Launch lines in shell scripts, notebook shell cells and batch scripts. */

import type { ShellCommand } from '../../config/shell-facts.js'
import { trainerWords } from '../../link/launchers.js'
import { serverWords } from '../../link/servers.js'
import { targetsAt } from '../../text/makefile.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import { batchJobId } from '../batch/job.js'
import { submittedToLsf } from '../batch/submitted.js'
import { byHand } from '../change-answer.js'
import { asMounted, containerHoldsGpus } from '../docker/run.js'
import { ownMachines } from '../gcloud/own-machine.js'
import { podJobId } from '../gpu-clouds/pod-script.js'
import { hydraSteps } from '../hydra/launcher.js'
import { notebookJob, runtimeOf } from '../notebooks/runtime.js'
import { defineReader } from '../reader.js'
import { holdsOwnGpus } from '../runai/submit.js'
import { changeJob } from '../slurm/change.js'
import { slurmJobId } from '../slurm/job.js'
import { isSubmitted, srunOptions } from '../slurm/srun.js'
import { slurmSteps } from '../slurm/steps.js'
import { withTorchxDefaults } from '../torchx/defaults.js'
import { torchxAsked } from '../torchx/run.js'
import { claimShellLaunch, launchesOf, shellLaunchId, workOf } from './launches.js'
import { claimScriptCalls } from './script-calls.js'
import { claimVisibleDevices, showFewer } from './visible-devices.js'

export const shellReader = defineReader({
  name: 'shell',
  languages: ['shell'],
  triggers: [
    'python',
    '.py',
    '.sh',
    'torchrun',
    'accelerate',
    'deepspeed',
    'wandb agent',
    'swift ',
    'composer',
    'axolotl',
    'llamafactory',
    'tune',
    'yolo',
    'torchx run',
    'papermill',
    'nbconvert',
    'jupyter execute',
    ...trainerWords,
    ...serverWords,
  ],
  read(facts, context, claims) {
    const shell = withTorchxDefaults(facts, claims)
    if (shell === undefined) return
    const launches = launchesOf(shell.commands, (span) => claims.locate(span))
    const job =
      slurmJobId(facts.path, facts.fragment, shell) ??
      batchJobId(facts.path, facts.fragment, shell) ??
      podJobId(facts.path, facts.fragment, shell, launches) ??
      (facts.fragment.origin === 'magic' && runtimeOf(facts.metadata) !== null
        ? notebookJob(facts.path)
        : null)
    const called = context.binding?.launch.shell !== undefined
    const work = called ? workOf(shell, launches) : null
    // What a script below it does is seen there.
    const besides = work === null ? undefined : work.sharedByScript ? null : work.sharing
    // Scripts that it calls, be it called itself or started by hand. Those of a job are the job's.
    if (besides !== undefined || job === null) {
      for (const command of shell.commands)
        claimScriptCalls(
          claims,
          [command],
          {
            job: null,
            id: `${shellLaunchId(claims, facts.fragment, command)}:call`,
            place: { start: command.start, end: command.end },
            ...(besides === undefined ? {} : { besides }),
            ...targetsOf(facts.fragment, command),
          },
          (span) => claims.locate(span),
        )
    }
    const machines = job === null ? [...ownMachines(facts, context).values()] : []
    for (const launch of launches) {
      const { command, parts } = launch
      const machine = machines.find(({ starts }) => starts.includes(command))
      const id = shellLaunchId(claims, facts.fragment, command)
      const own = job === null || isSubmitted(parts) ? srunOptions(parts) : null
      const hydra = hydraSteps(parts)
      const asks =
        own !== null ||
        hydra !== null ||
        torchxAsked(command) !== null ||
        holdsOwnGpus(command) ||
        (job === null && submittedToLsf(command) !== null) ||
        (job === null && containerHoldsGpus(command)) ||
        (job === null && besides === undefined && claimVisibleDevices(claims, launch, id))
      claimShellLaunch(
        claims,
        { command, parts: asMounted(command, parts) },
        {
          job: asks ? id : (machine?.job ?? job),
          id,
          place: { start: command.start, end: command.end },
          ...(besides === undefined ? {} : { besides }),
          ...targetsOf(facts.fragment, command),
          ...(hydra ?? slurmSteps(parts, own ?? shell.directives)),
        },
      )
    }
  },
  change: (claim, value, facts) =>
    claim.setting === 'processes'
      ? changeJob(claim, value, facts)
      : claim.setting === 'gpus'
        ? showFewer(claim, Number(value), facts)
        : byHand(claim),
})

/** In a Makefile: the targets of the recipe that the command stands in. */
function targetsOf({ rules }: SourceFragment, command: ShellCommand): { targets?: string[] } {
  return rules === undefined ? {} : { targets: [...targetsAt(rules, command.start)] }
}

/** Shell scripts of the project that a batch script runs: `srun bash train.sh`. */
import { schedulerVariables } from '../../config/scheduler-variables.js'
import type { ShellFacts } from '../../config/shell-facts.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { slurmSteps } from './steps.js'

export function claimBatchScripts(claims: ClaimBuilder, shell: ShellFacts, job: string): void {
  for (const command of shell.commands) {
    const place = { start: command.start, end: command.end }
    claimScriptCalls(
      claims,
      [command],
      { job, id: `${job}:${command.start}`, place, variables: schedulerVariables(shell.directives) },
      (span) => claims.locate(span),
      (parts) => slurmSteps(parts, shell.directives),
    )
  }
}

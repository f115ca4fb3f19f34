/** `sbatch --export=ALL,WORKERS=8 train.sbatch 4`: a batch script is read with what it is submitted with. */
import type { ShellCommand } from '../../config/shell-facts.js'
import { readOptions } from '../../link/launch-options.js'
import { sbatchOptions } from '../../link/slurm-options.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { shellLaunchId } from '../shell/launches.js'
import { scriptCall } from '../shell/script-calls.js'

export function claimSubmissions(
  claims: ClaimBuilder,
  fragment: SourceFragment,
  commands: readonly ShellCommand[],
): void {
  for (const command of commands) {
    const call = submittedScript(command)
    if (call === null) continue
    const id = `${shellLaunchId(claims, fragment, command)}:submitted`
    const launch = scriptCall(call, { job: null, id }, (span) => claims.locate(span))
    if (launch?.shell === undefined) continue
    const shell = { ...launch.shell, submitted: true as const }
    claims.launch({ ...launch, shell }, { start: command.start, end: command.end })
  }
}

/** The command as if it ran the script itself; null: it submits none. */
function submittedScript(command: ShellCommand): ShellCommand | null {
  const [first, ...rest] = command.words
  if (command.unreachable || first === undefined || !/(^|\/)sbatch$/.test(first.text ?? '')) return null
  const environment = [...command.environment]
  const { end } = readOptions(rest, sbatchOptions, [], (name, { value, span }) => {
    if (name !== 'export' || typeof value !== 'string') return
    for (const one of value.split(',')) {
      const match = /^(\w+)=([\s\S]*)$/.exec(one)
      if (match !== null) environment.push({ name: match[1]!, value: match[2]!, ...span })
    }
  })
  const shell = { ...first, text: 'bash', raw: 'bash' }
  return { ...command, words: [shell, ...rest.slice(end)], environment }
}

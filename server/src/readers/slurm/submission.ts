/** `sbatch --export=ALL,WORKERS=8 train.sbatch 4`: a batch script is read with what it is submitted with. */
import { directives as headerOf } from '../../config/directives.js'
import type { Directive, ShellCommand } from '../../config/shell-facts.js'
import { readOptions } from '../../link/launch-options.js'
import { sbatchOptions } from '../../link/slurm-options.js'
import type { SourceFragment } from '../../text/source-fragment.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { ReaderContext } from '../reader.js'
import { shellLaunchId } from '../shell/launches.js'
import { scriptCall } from '../shell/script-calls.js'
import { gpuRequest } from './job.js'

export function claimSubmission(
  claims: ClaimBuilder,
  fragment: SourceFragment,
  { command, call }: Submission,
): void {
  const id = `${shellLaunchId(claims, fragment, command)}:submitted`
  const launch = scriptCall(call, { job: null, id }, (span) => claims.locate(span))
  if (launch?.shell === undefined) return
  const shell = { ...launch.shell, submitted: true as const }
  claims.launch({ ...launch, shell }, { start: command.start, end: command.end })
}

/** Options of a header that say nothing of machines or of how long they are held. */
const plainOption = /^(job-name|output|error|mail-\w+|account|partition|comment|open-mode|chdir)$/

/**
 * The machines are asked for on the command line alone. 'plain': the script of the project has no header at all, so it runs
 * as any other. What a script that is not at hand asks for is not known.
 */
export function asksForAll(
  claims: ClaimBuilder,
  context: ReaderContext,
  { call, directives }: Submission,
): 'plain' | 'headed' | null {
  const asked = gpuRequest(directives)
  const path = call.words[1]?.text?.replace(/^\.\//, '')
  if (asked === null || asked.count === 0 || path === undefined) return null
  claims.namesText({ path })
  const text = context.textOf(path)?.text
  if (text === undefined) return null
  const header = headerOf(text).filter(({ scheduler }) => scheduler === 'SBATCH')
  if (header.length === 0) return 'plain'
  return header.every(({ name }) => plainOption.test(name)) ? 'headed' : null
}

export interface Submission {
  command: ShellCommand
  /** The command as if it ran the script itself. */
  call: ShellCommand
  /** What it says on the command line. */
  directives: Directive[]
}

export function isSubmission({ words: [first] }: ShellCommand): boolean {
  return /(^|\/)sbatch$/.test(first?.text ?? '')
}

/** Null: the command submits no script. */
export function submission(command: ShellCommand): Submission | null {
  const [first, ...rest] = command.words
  if (command.unreachable || first === undefined || !isSubmission(command)) return null
  const environment = [...command.environment]
  const directives: Directive[] = []
  const { end } = readOptions(rest, sbatchOptions, [], (name, { value, span, valueSpan }) => {
    directives.push({
      scheduler: 'SBATCH',
      name,
      value: typeof value === 'string' ? value : null,
      ...span,
      valueStart: valueSpan?.start ?? span.end,
      valueEnd: valueSpan?.end ?? span.end,
    })
    if (name !== 'export' || typeof value !== 'string') return
    for (const one of value.split(',')) {
      const match = /^(\w+)=([\s\S]*)$/.exec(one)
      if (match !== null) environment.push({ name: match[1]!, value: match[2]!, ...span })
    }
  })
  const shell = { ...first, text: 'bash', raw: 'bash' }
  const call = { ...command, words: [shell, ...rest.slice(end)], environment }
  return { command, call, directives }
}

/** A job that is given a script of the project as a file: what that starts is the job's. */
import type { NamedText } from '../text/named-text.js'
import type { ClaimBuilder, Place } from '../workload/builder.js'
import type { ReaderContext } from './reader.js'
import { claimJobOperations, type JobMachine } from './shell/job-operations.js'
import { launchesOf, type Work, workOf } from './shell/launches.js'
import { scriptCall } from './shell/script-calls.js'

export interface ScriptFile {
  script: NamedText
  /** Where the job names it. */
  place: Place
  job: string
  nodes: number | null
  /** What is put into the script before it runs. */
  variables?: Record<string, string | null>
  machine: JobMachine | null
}

export function claimScriptFile(claims: ClaimBuilder, context: ReaderContext, file: ScriptFile): Work {
  const { script, place, job, nodes, variables } = file
  const { start, end } = place
  const word = (text: string) => ({ text, raw: text, start, end })
  const command = {
    words: [word('bash'), word('start.sh')],
    environment: [],
    start,
    end,
    loops: [],
    background: false,
    failureIgnored: false,
    unreachable: false,
    folder: '',
  }
  const call = scriptCall(command, { job, id: job, nodes }, () => claims.locate(place))!
  const program = { ...call.program, path: script.path, bases: [''] }
  const shell = { ...call.shell!, ...(variables === undefined ? {} : { variables }) }
  claims.launch({ ...call, program, shell }, place)
  const facts = context.shell(script.text)
  const launches = launchesOf(facts.commands, () => claims.locate(place))
  if (file.machine !== null)
    claimJobOperations(claims, facts, launches, { ...file.machine, job }, script.text, () => place)
  return workOf(facts, launches)
}
